package io.modelgate.domain.routing;

import java.net.InetAddress;
import java.util.Optional;

/**
 * The addresses that begin with the same bits (CIDR).
 *
 * @param first of either version
 * @param bits how many of its bits count, from the left
 * @see <a href="https://www.rfc-editor.org/rfc/rfc4632">RFC 4632</a>
 */
public record AddressRange(InetAddress first, int bits) {
  public AddressRange {
    if (bits < 0 || bits > 8 * first.getAddress().length) {
      throw new IllegalArgumentException("no such prefix: " + bits);
    }
  }

  /** Reads {@code 10.0.0.0/8}, {@code fd00::/8}, or one address alone; asks no name service. */
  public static Optional<AddressRange> parse(String text) {
    String[] parts = text.strip().split("/", -1);
    try {
      InetAddress first = InetAddress.ofLiteral(parts[0]);
      int all = 8 * first.getAddress().length;
      int bits = parts.length == 1 ? all : Integer.parseInt(parts[1]);
      return parts.length > 2 || isOddlyWritten(first, parts[0])
          ? Optional.empty()
          : Optional.of(new AddressRange(first, bits));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  static AddressRange of(String text) {
    return parse(text).orElseThrow(() -> new IllegalArgumentException("no range: " + text));
  }

  /**
   * Of one version 4 address there are many spellings ({@code 127.1}), and one that people read.
   */
  static boolean isOddlyWritten(InetAddress address, String text) {
    return text.indexOf(':') < 0 && !address.getHostAddress().equals(text);
  }

  public boolean contains(InetAddress address) {
    byte[] one = first.getAddress();
    byte[] other = address.getAddress();
    if (one.length != other.length) {
      return false;
    }
    for (int i = 0; i < bits; i++) {
      int mask = 0x80 >> (i % 8);
      if (((one[i / 8] ^ other[i / 8]) & mask) != 0) {
        return false;
      }
    }
    return true;
  }
}
