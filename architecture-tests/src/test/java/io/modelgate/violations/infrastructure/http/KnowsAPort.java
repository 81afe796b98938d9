package io.modelgate.violations.infrastructure.http;

import io.modelgate.violations.application.port.InnocentPort;

record KnowsAPort(InnocentPort port) {}
