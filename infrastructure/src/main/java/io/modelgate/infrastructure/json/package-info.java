/**
 * A byte scanner for the few JSON fields the gateway looks at; the only package adapters share.
 * Knows nothing of what the fields mean.
 */
@NullMarked
package io.modelgate.infrastructure.json;

import org.jspecify.annotations.NullMarked;
