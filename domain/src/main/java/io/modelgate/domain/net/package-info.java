/** IP addresses: networks in CIDR notation. Knows no sockets and no names. */
@NullMarked
package io.modelgate.domain.net;

import org.jspecify.annotations.NullMarked;
