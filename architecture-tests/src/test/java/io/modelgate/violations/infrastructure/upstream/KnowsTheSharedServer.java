package io.modelgate.violations.infrastructure.upstream;

import io.modelgate.violations.infrastructure.server.InnocentServer;

record KnowsTheSharedServer(InnocentServer server) {}
