package io.modelgate.violations.application.chat;

import io.helidon.webserver.http.ServerRequest;

record KnowsTheServer(ServerRequest request) {}
