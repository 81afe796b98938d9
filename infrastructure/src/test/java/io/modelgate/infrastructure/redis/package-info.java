@NullMarked
package io.modelgate.infrastructure.redis;

import org.jspecify.annotations.NullMarked;
