package io.modelgate.violations.infrastructure.server;

import ch.qos.logback.classic.Logger;

record KnowsTheLoggingBackEnd(Logger logger) {}
