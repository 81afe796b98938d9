package io.modelgate.domain.routing;

import org.jspecify.annotations.Nullable;

/**
 * A server that models stand on: what is healthy or not, and has room or not, whichever of its
 * models is asked for.
 *
 * @param baseUrl null for the one that is built in, or when nobody has said where it is
 */
public record Engine(BackendKind kind, @Nullable BaseUrl baseUrl) {}
