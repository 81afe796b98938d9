package io.modelgate.infrastructure.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.domain.net.Network;
import io.modelgate.testing.wire.RawConnection;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Two listeners that say whom they take a client for: one behind proxies, one that trusts nobody.
 */
class ClientAddressesTest {
  @SuppressWarnings("NullAway.Init")
  private static ApiServer behindProxies;

  @SuppressWarnings("NullAway.Init")
  private static ApiServer trustingNobody;

  @BeforeAll
  static void start() {
    behindProxies = trusting("127.0.0.0/8", "10.0.0.0/8", "2001:db8:1::/48");
    trustingNobody = trusting();
  }

  @AfterAll
  static void stop() {
    behindProxies.close();
    trustingNobody.close();
  }

  private static ApiServer trusting(String... trusted) {
    return ApiServer.start(
        new ServerSettings(
            "127.0.0.1",
            0,
            1000,
            Duration.ZERO,
            Stream.of(trusted).map(Network::of).toList(),
            WrongKeys.unbounded(),
            Set.of(),
            ConnectionLimits.USUAL,
            null),
        new ApiErrors(false),
        Metrics.create("test"),
        routing ->
            routing.get(
                "/who",
                (request, response) ->
                    response.send(
                        Objects.requireNonNull(CallLog.of(request).clientAddress())
                            .getHostAddress())));
  }

  private static String who(ApiServer server, String headers) throws IOException {
    try (var client = RawConnection.to(server.port())) {
      String lines = headers.isEmpty() ? "" : headers.replace("; ;", "\r\n") + "\r\n";
      return client.send("GET /who HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n").reply().text();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                                                          | 127.0.0.1",
        "X-Forwarded-For: 192.0.2.7                                  | 192.0.2.7",
        "x-forwarded-for: 192.0.2.7:4711                             | 192.0.2.7",
        "X-Forwarded-For: 2001:db8::7                                | 2001:db8:0:0:0:0:0:7",
        "X-Forwarded-For: [2001:db8::7]:80                           | 2001:db8:0:0:0:0:0:7",
        "X-Forwarded-For: ::ffff:192.0.2.7                           | 192.0.2.7",
        "X-Forwarded-For: 6.6.6.6, 192.0.2.7                         | 192.0.2.7",
        "X-Forwarded-For: 6.6.6.6, 192.0.2.7, 10.1.2.3               | 192.0.2.7",
        "X-Forwarded-For: 6.6.6.6; ;X-Forwarded-For: 192.0.2.7, 10.0.0.1 | 192.0.2.7",
        "X-Forwarded-For: 10.9.9.9, 10.0.0.1                         | 10.9.9.9",
        "X-Forwarded-For: 192.0.2.7, 2001:db8:1::1                   | 192.0.2.7",
        "X-Forwarded-For: 192.0.2.7, nonsense                        | 127.0.0.1",
        "X-Forwarded-For: 192.0.2.7, nonsense, 10.0.0.1              | 10.0.0.1",
        "X-Forwarded-For: localhost                                  | 127.0.0.1",
        "X-Forwarded-For: 192.0.2                                    | 127.0.0.1",
        "X-Forwarded-For: 0x7f000001                                 | 127.0.0.1",
        "Forwarded: for=192.0.2.7;proto=https                        | 192.0.2.7",
        "Forwarded: proto=https;FOR=\"192.0.2.7:80\"                 | 192.0.2.7",
        "Forwarded: for=\"[2001:db8::7]:80\"                         | 2001:db8:0:0:0:0:0:7",
        "Forwarded: for=6.6.6.6, for=192.0.2.7, for=10.0.0.1         | 192.0.2.7",
        "Forwarded: for=192.0.2.7;host=\"a,for=6.6.6.6\"              | 192.0.2.7",
        "Forwarded: for=192.0.2.7;host=\"a\\\",for=6.6.6.6\"            | 192.0.2.7",
        "Forwarded: host=\"a;for=6.6.6.6\";for=192.0.2.7              | 192.0.2.7",
        "Forwarded: for=6.6.6.6;host=\"a, for=192.0.2.7               | 127.0.0.1",
        "Forwarded: for=192.0.2.7;for=6.6.6.6                        | 127.0.0.1",
        "Forwarded: xfor=6.6.6.6                                     | 127.0.0.1",
        "Forwarded: for=6.6.6.6;x y, for=10.0.0.1                    | 10.0.0.1",
        "Forwarded: for=_hidden                                      | 127.0.0.1",
        "Forwarded: for=unknown, for=10.0.0.1                        | 10.0.0.1",
        "Forwarded: for=192.0.2.7; ;X-Forwarded-For: 6.6.6.6         | 192.0.2.7",
        "Forwarded: by=10.0.0.1; ;X-Forwarded-For: 6.6.6.6           | 127.0.0.1",
      })
  void goesBackToTheFirstThatNobodyTrusts(String headers, String client) throws IOException {
    assertThat(who(behindProxies, headers)).isEqualTo(client);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "X-Forwarded-For: 192.0.2.7",
        "Forwarded: for=192.0.2.7",
        "X-Forwarded-For: 192.0.2.7, 127.0.0.1",
        "X-Real-IP: 192.0.2.7"
      })
  void believesNobodyElse(String spoofed) throws IOException {
    assertThat(who(trustingNobody, spoofed)).isEqualTo("127.0.0.1");
  }

  @Test
  void looksAtABoundedNumberOfHops() throws IOException {
    String hops = "10.0.0.1, ".repeat(2000) + "10.0.0.2";
    assertThat(who(behindProxies, "X-Forwarded-For: 192.0.2.7, " + hops)).isEqualTo("10.0.0.1");
  }
}
