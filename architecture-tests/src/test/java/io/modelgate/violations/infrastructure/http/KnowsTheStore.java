package io.modelgate.violations.infrastructure.http;

import io.modelgate.violations.infrastructure.store.FrontDoor;

record KnowsTheStore(FrontDoor store) {}
