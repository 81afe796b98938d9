@NullMarked
package io.modelgate.violations.infrastructure.upstream;

import org.jspecify.annotations.NullMarked;
