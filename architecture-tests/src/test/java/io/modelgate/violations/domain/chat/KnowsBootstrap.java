package io.modelgate.violations.domain.chat;

import io.modelgate.violations.bootstrap.InnocentWiring;

record KnowsBootstrap(InnocentWiring wiring) {}
