/**
 * The backends as they are at this moment: who is well, who is busy, who waits. Behind the port
 * {@code Targets}; knows nothing of what is said to them.
 */
@NullMarked
package io.modelgate.infrastructure.routing;

import org.jspecify.annotations.NullMarked;
