@NullMarked
package io.modelgate.domain.routing;

import org.jspecify.annotations.NullMarked;
