package io.modelgate.infrastructure.server;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A block of IP addresses. IPv4 and IPv6 are strangers to each other, but for IPv4 addresses
 * written as IPv6 ones, which are IPv4.
 *
 * @param first its first address
 * @param prefix how many leading bits all of it have in common
 * @see <a href="https://www.rfc-editor.org/rfc/rfc4632#section-3.1">RFC 4632, 3.1: CIDR
 *     notation</a>
 */
public record Network(InetAddress first, int prefix) {
  /** How one is written. */
  public static final String ALLOWED = "10.0.0.0/8, 2001:db8::/32 or a single address";

  private static final Pattern IN_DIGITS = Pattern.compile("[0-9A-Fa-f:.]{2,45}");

  /** Reads {@code address/prefix} or {@code address}; empty when it is neither. */
  public static Optional<Network> of(String text) {
    int slash = text.indexOf('/');
    InetAddress address = address(slash < 0 ? text : text.substring(0, slash));
    if (address == null) {
      return Optional.empty();
    }
    int bits = address.getAddress().length * 8;
    if (slash < 0) {
      return Optional.of(new Network(address, bits));
    }
    String length = text.substring(slash + 1);
    return length.matches("\\d{1,3}") && Integer.parseInt(length) <= bits
        ? Optional.of(new Network(address, Integer.parseInt(length)))
        : Optional.empty();
  }

  /** An address in digits, never looked up; null when it is none. */
  static @Nullable InetAddress address(String text) {
    boolean v4 = text.indexOf(':') < 0;
    if (!IN_DIGITS.matcher(text).matches()
        || (v4 && text.chars().filter(c -> c == '.').count() != 3)) {
      return null;
    }
    try {
      return InetAddress.ofLiteral(text);
    } catch (IllegalArgumentException _) {
      return null;
    }
  }

  public boolean contains(InetAddress address) {
    byte[] wanted = first.getAddress();
    byte[] given = address.getAddress();
    if (wanted.length != given.length) {
      return false;
    }
    int whole = prefix / 8;
    for (int i = 0; i < whole; i++) {
      if (wanted[i] != given[i]) {
        return false;
      }
    }
    int rest = prefix % 8;
    return rest == 0 || (wanted[whole] ^ given[whole]) >> (8 - rest) == 0;
  }

  /** What counts as one client: of IPv6, where anyone has as many addresses as they like, a /64. */
  static InetAddress household(InetAddress address) {
    if (address instanceof Inet4Address) {
      return address;
    }
    byte[] bytes = address.getAddress();
    Arrays.fill(bytes, 8, 16, (byte) 0);
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("16 bytes are an address", e);
    }
  }

  @Override
  public String toString() {
    return first.getHostAddress() + "/" + prefix;
  }
}
