package io.modelgate.violations.infrastructure.store;

public final class FrontDoor {}
