package io.modelgate.violations.infrastructure.upstream;

import io.modelgate.violations.infrastructure.client.InnocentClient;

record KeepsToItsClient(InnocentClient client) {}
