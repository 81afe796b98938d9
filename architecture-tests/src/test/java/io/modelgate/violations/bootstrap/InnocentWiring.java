package io.modelgate.violations.bootstrap;

public final class InnocentWiring {}
