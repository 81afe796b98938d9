/** A backend played on a real socket, for every module's tests. */
@NullMarked
package io.modelgate.testing.backend;

import org.jspecify.annotations.NullMarked;
