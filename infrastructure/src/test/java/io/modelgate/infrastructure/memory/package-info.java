@NullMarked
package io.modelgate.infrastructure.memory;

import org.jspecify.annotations.NullMarked;
