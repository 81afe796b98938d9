package io.modelgate.violations.infrastructure.http;

import io.modelgate.violations.application.port.ReplySink;
import io.modelgate.violations.infrastructure.json.InnocentScanner;
import io.modelgate.violations.infrastructure.server.InnocentServer;

record KeepsToTheSharedRooms(
    ReplySink sink, ReplySink.Gone gone, InnocentScanner scanner, InnocentServer server) {}
