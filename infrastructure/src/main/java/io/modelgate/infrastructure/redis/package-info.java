/**
 * Rate limits that all gateways share, in Redis. Its door is {@link
 * io.modelgate.infrastructure.redis.RedisLimits}. Redisson and Netty are known here alone, and
 * started only when the door is opened. Must not know SQL or HTTP.
 */
@NullMarked
package io.modelgate.infrastructure.redis;

import org.jspecify.annotations.NullMarked;
