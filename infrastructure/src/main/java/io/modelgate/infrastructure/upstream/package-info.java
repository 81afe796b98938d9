/**
 * The way to the backends: connections, the relay of replies, the tap on token counts. Knows no
 * keys, no limits and no server classes.
 */
@NullMarked
package io.modelgate.infrastructure.upstream;

import org.jspecify.annotations.NullMarked;
