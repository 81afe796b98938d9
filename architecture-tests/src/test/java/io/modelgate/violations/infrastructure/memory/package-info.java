@NullMarked
package io.modelgate.violations.infrastructure.memory;

import org.jspecify.annotations.NullMarked;
