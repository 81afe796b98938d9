package io.modelgate.domain.routing;

import io.modelgate.domain.net.Network;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Which addresses may be called. Those of this machine and of private networks may, for that is
 * where engines are; those may not that no engine has and that a cloud trusts: link-local ones and
 * the metadata services, in every spelling. Otherwise whoever may add a model could have the
 * gateway fetch the machine's own credentials.
 *
 * @param allowed may be called although they are among those
 */
public record BackendAddresses(List<Network> allowed) {
  /** Without an exception. */
  public static final BackendAddresses USUAL = new BackendAddresses(List.of());

  private static final List<Network> REFUSED =
      Stream.of(
              "0.0.0.0/8", // "this host": connects to it
              "169.254.0.0/16", // link-local; metadata of AWS, Google, Azure and most others
              "100.100.100.200", // metadata of Alibaba
              "168.63.129.16", // Azure's wire server
              "192.0.0.192", // metadata of Oracle
              "224.0.0.0/4", // multicast
              "240.0.0.0/4", // reserved, and broadcast
              "::", // unspecified
              "fe80::/10", // link-local
              "ff00::/8", // multicast
              "fd00:ec2::254", // metadata of AWS
              "fd20:ce::254") // metadata of Google
          .map(Network::of)
          .toList();

  /** Ranges whose addresses hold one of version 4, and at which byte it begins. */
  private static final List<Embedding> EMBEDDINGS =
      List.of(
          new Embedding(Network.of("::/96"), 12), // compatible; with ::1, which is 0.0.0.1
          new Embedding(Network.of("::ffff:0:0:0/96"), 12), // translated
          new Embedding(Network.of("64:ff9b::/96"), 12), // NAT64, RFC 6052
          new Embedding(Network.of("64:ff9b:1::/48"), 12), // NAT64, RFC 8215
          new Embedding(Network.of("2002::/16"), 2)); // 6to4, RFC 3056

  private static final InetAddress LOOPBACK_6 = InetAddress.ofLiteral("::1");

  /** A host that ends so is no name. */
  private static final Pattern NUMBER = Pattern.compile("(.*\\.)?([0-9]+|0[xX][0-9A-Fa-f]*)\\.?");

  public BackendAddresses {
    allowed = List.copyOf(allowed);
  }

  private record Embedding(Network range, int at) {}

  /** Whether a connection may go there. */
  public boolean permits(InetAddress address) {
    if (allowed.stream().anyMatch(range -> range.contains(address))) {
      return true;
    }
    return REFUSED.stream().noneMatch(range -> range.contains(address))
        && (address.equals(LOOPBACK_6)
            || EMBEDDINGS.stream()
                .filter(embedding -> embedding.range().contains(address))
                .allMatch(embedding -> permits(embedded(address, embedding.at()))));
  }

  /**
   * Whether a URL's host may be called, as far as that can be told without a look-up: a name may,
   * an address as above, and nothing that is neither and that some look-ups take for an address,
   * such as {@code 0xA9FEA9FE}.
   *
   * @param host an IPv6 address with its brackets or without
   */
  public boolean permits(String host) {
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    String bare = bracketed ? host.substring(1, host.length() - 1) : host;
    if (bare.indexOf(':') < 0 && !NUMBER.matcher(bare).matches()) {
      return true;
    }
    return Network.address(bare).map(this::permits).orElse(false);
  }

  private static InetAddress embedded(InetAddress address, int at) {
    try {
      return InetAddress.getByAddress(Arrays.copyOfRange(address.getAddress(), at, at + 4));
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four bytes are an address", e);
    }
  }
}
