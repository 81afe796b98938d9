package io.modelgate.violations.infrastructure.server;

public final class InnocentServer {}
