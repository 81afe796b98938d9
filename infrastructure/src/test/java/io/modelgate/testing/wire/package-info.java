/** Clients and backends on real sockets, for tests that must see every byte. */
@NullMarked
package io.modelgate.testing.wire;

import org.jspecify.annotations.NullMarked;
