package io.modelgate.violations.infrastructure.http;

import io.modelgate.violations.application.port.InnocentPort;

record KnowsTheInsideOfAPort(InnocentPort.Inside inside) {}
