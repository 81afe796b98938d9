package io.modelgate.violations.domain.chat;

import io.modelgate.violations.application.port.InnocentPort;

record KnowsAPort(InnocentPort port) {}
