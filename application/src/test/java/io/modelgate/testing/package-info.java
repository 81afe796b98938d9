/** Doubles of the ports and named fixtures, shared by every module's tests. */
@NullMarked
package io.modelgate.testing;

import org.jspecify.annotations.NullMarked;
