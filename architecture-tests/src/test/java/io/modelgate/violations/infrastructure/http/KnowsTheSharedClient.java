package io.modelgate.violations.infrastructure.http;

import io.modelgate.violations.infrastructure.client.InnocentClient;

record KnowsTheSharedClient(InnocentClient client) {}
