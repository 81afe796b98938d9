package io.modelgate.violations.infrastructure.upstream;

import io.prometheus.metrics.core.metrics.Counter;

record CountsByItself(Counter calls) {}
