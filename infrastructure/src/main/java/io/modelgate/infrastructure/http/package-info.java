/**
 * The OpenAI endpoints on Helidon's server: reads a request once, hands it to one use case, writes
 * the reply. Knows no port but the reply's sink, no SQL, no upstream.
 */
@NullMarked
package io.modelgate.infrastructure.http;

import org.jspecify.annotations.NullMarked;
