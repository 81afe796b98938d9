@NullMarked
package io.modelgate.infrastructure.lookout;

import org.jspecify.annotations.NullMarked;
