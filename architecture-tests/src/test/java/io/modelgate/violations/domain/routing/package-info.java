@NullMarked
package io.modelgate.violations.domain.routing;

import org.jspecify.annotations.NullMarked;
