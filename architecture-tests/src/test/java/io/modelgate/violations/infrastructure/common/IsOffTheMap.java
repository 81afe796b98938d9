package io.modelgate.violations.infrastructure.common;

final class IsOffTheMap {}
