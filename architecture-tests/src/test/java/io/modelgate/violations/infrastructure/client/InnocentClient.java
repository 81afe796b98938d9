package io.modelgate.violations.infrastructure.client;

public record InnocentClient() {}
