package io.modelgate.violations.domain.routing;

import io.modelgate.violations.domain.access.KnowsRouting;

public record KnowsAccessBack(KnowsRouting other) {}
