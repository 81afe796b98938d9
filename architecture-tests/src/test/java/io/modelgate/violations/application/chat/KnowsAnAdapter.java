package io.modelgate.violations.application.chat;

import io.modelgate.violations.infrastructure.store.FrontDoor;

record KnowsAnAdapter(FrontDoor store) {}
