package io.modelgate.violations.infrastructure.upstream;

import io.helidon.webserver.http.ServerResponse;

record KnowsTheServer(ServerResponse response) {}
