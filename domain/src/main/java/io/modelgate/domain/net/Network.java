package io.modelgate.domain.net;

import java.net.InetAddress;
import java.util.Optional;

/**
 * The IP addresses that begin with the same bits. IPv4 and IPv6 are strangers to each other, but
 * for IPv4 addresses written as IPv6 ones, which are IPv4.
 *
 * @param first its first address, of either version
 * @param prefix how many leading bits all of it have in common
 * @see <a href="https://www.rfc-editor.org/rfc/rfc4632#section-3.1">RFC 4632, 3.1: CIDR
 *     notation</a>
 */
public record Network(InetAddress first, int prefix) {
  /** How one is written. */
  public static final String ALLOWED = "10.0.0.0/8, 2001:db8::/32 or a single address";

  public Network {
    if (prefix < 0 || prefix > 8 * first.getAddress().length) {
      throw new IllegalArgumentException("no such prefix: " + prefix);
    }
  }

  /** Reads {@code address/prefix}, or one address alone; empty when it is neither. */
  public static Optional<Network> parse(String text) {
    int slash = text.indexOf('/');
    return address(slash < 0 ? text : text.substring(0, slash))
        .flatMap(
            first -> {
              int bits = 8 * first.getAddress().length;
              String length = slash < 0 ? Integer.toString(bits) : text.substring(slash + 1);
              return length.matches("\\d{1,3}") && Integer.parseInt(length) <= bits
                  ? Optional.of(new Network(first, Integer.parseInt(length)))
                  : Optional.empty();
            });
  }

  /** One that is known to be well written. */
  public static Network of(String text) {
    return parse(text).orElseThrow(() -> new IllegalArgumentException("no network: " + text));
  }

  /**
   * Reads an address in digits; asks no name service. Of an IPv4 address there are many spellings
   * ({@code 127.1}), and one that people read: any other is none.
   */
  public static Optional<InetAddress> address(String text) {
    try {
      InetAddress address = InetAddress.ofLiteral(text);
      return text.indexOf(':') < 0 && !address.getHostAddress().equals(text)
          ? Optional.empty()
          : Optional.of(address);
    } catch (IllegalArgumentException _) {
      return Optional.empty();
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
    return rest == 0 || ((wanted[whole] ^ given[whole]) & 0xff) >> (8 - rest) == 0;
  }

  @Override
  public String toString() {
    return first.getHostAddress() + "/" + prefix;
  }
}
