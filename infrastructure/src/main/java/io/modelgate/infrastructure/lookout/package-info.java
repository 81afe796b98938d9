/** Ends waits whose time is up, without a timer for each; shared by adapters. */
@NullMarked
package io.modelgate.infrastructure.lookout;

import org.jspecify.annotations.NullMarked;
