package io.modelgate.violations.domain.access;

import io.modelgate.violations.domain.routing.KnowsAccessBack;

public record KnowsRouting(KnowsAccessBack other) {}
