/**
 * What outlives the process, in SQLite: schema, snapshots for reading, one writer thread. Knows no
 * HTTP.
 */
@NullMarked
package io.modelgate.infrastructure.store;

import org.jspecify.annotations.NullMarked;
