/**
 * Rate limits counted in this process alone, forgotten with it. Its door is {@link
 * io.modelgate.infrastructure.memory.InMemoryLimits}. The decision itself is {@link
 * io.modelgate.domain.access.RateLimits#decide}. Must not know Redis, SQL or HTTP.
 */
@NullMarked
package io.modelgate.infrastructure.memory;

import org.jspecify.annotations.NullMarked;
