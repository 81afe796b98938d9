/**
 * The listener that the OpenAI endpoints and the admin API stand on: starting and stopping, request
 * ids, the one log line per call, the metrics, the error body, and the answers to requests that
 * reach no endpoint. Knows neither use cases nor ports.
 */
@NullMarked
package io.modelgate.infrastructure.server;

import org.jspecify.annotations.NullMarked;
