package io.modelgate.violations.infrastructure.json;

public final class InnocentScanner {}
