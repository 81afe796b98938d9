package io.modelgate.violations.infrastructure.memory;

import io.netty.channel.Channel;

record KnowsNetty(Channel channel) {}
