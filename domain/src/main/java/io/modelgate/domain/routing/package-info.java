/**
 * Where a call may go: model names, the backends behind them, and the overrides each carries. Knows
 * no keys and no sockets.
 */
@NullMarked
package io.modelgate.domain.routing;

import org.jspecify.annotations.NullMarked;
