@NullMarked
package io.modelgate.violations.domain.access;

import org.jspecify.annotations.NullMarked;
