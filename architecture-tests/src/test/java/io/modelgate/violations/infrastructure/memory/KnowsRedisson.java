package io.modelgate.violations.infrastructure.memory;

import org.redisson.api.RedissonClient;

record KnowsRedisson(RedissonClient client) {}
