package io.modelgate.violations.infrastructure.store;

import io.helidon.http.Status;

record KnowsHttp(Status status) {}
