@NullMarked
package io.modelgate.violations.infrastructure.store;

import org.jspecify.annotations.NullMarked;
