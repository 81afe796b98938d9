@NullMarked
package io.modelgate.domain.access;

import org.jspecify.annotations.NullMarked;
