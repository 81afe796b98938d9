package io.helidon.builder.api;

import io.helidon.common.config.Config;

/**
 * Stands in for an interface that Helidon's core dropped in 4.2 and that DbClient 4.1.7, the newest
 * one to be had, was compiled against: without it no client can be built: {@link
 * NoClassDefFoundError}. The dollar sign is the point: to the virtual machine this is the member
 * {@code ConfiguredBuilder} of {@link Prototype}.
 *
 * <p>Goes when a DbClient of 4.2 or later can be had; nothing of ours may use it. See
 * docs/adr/0004-dbclient-bridge.md.
 *
 * @param <B> the builder
 * @param <P> what it builds
 */
@SuppressWarnings("removal") // the configuration interface, too, is on its way out
public interface Prototype$ConfiguredBuilder<B, P> extends Prototype.Builder<B, P> {
  /** Sets what the configuration node holds. */
  B config(Config config);
}
