/**
 * HTTP/1.1 to the backends, over pooled blocking sockets: every phase of a call has a deadline, and
 * another thread can cancel it. Knows nothing of what is said over it; used by {@code upstream}
 * alone.
 */
@NullMarked
package io.modelgate.infrastructure.client;

import org.jspecify.annotations.NullMarked;
