package io.modelgate.infrastructure.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.infrastructure.server.WrongKeys.Door;
import java.net.InetAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class WrongKeysTest {
  private static final InetAddress HOME = InetAddress.ofLiteral("192.0.2.1");
  private long now = 7;
  private final WrongKeys wrongKeys = new WrongKeys(3L, () -> now);

  private boolean mayBeWrong(InetAddress address) {
    return wrongKeys.count(Door.ADMIN, address).isZero();
  }

  /** How many it may be until it is told to wait. */
  private int wrongInARow() {
    int wrong = 0;
    while (mayBeWrong(HOME)) {
      wrong++;
    }
    return wrong;
  }

  private void passes(Duration time) {
    now += time.toNanos();
  }

  @Test
  void letsSomeBeWrongAndThenSoManyAMinute() {
    assertThat(wrongInARow()).isEqualTo(3);
    assertThat(wrongKeys.count(Door.ADMIN, HOME)).isEqualTo(Duration.ofSeconds(20));
    assertThat(wrongKeys.wait(Door.ADMIN, HOME))
        .as("asking costs nothing")
        .isEqualTo(Duration.ofSeconds(20));

    passes(Duration.ofSeconds(20));

    assertThat(wrongKeys.wait(Door.ADMIN, HOME)).isZero();
    assertThat(mayBeWrong(HOME)).isTrue();
    assertThat(mayBeWrong(HOME)).isFalse();
  }

  @Test
  void keepsClientsOfAnAddressApartFromItsAdministrator() {
    for (int i = 0; i < 1000; i++) {
      wrongKeys.count(Door.CLIENTS, HOME);
    }

    assertThat(wrongKeys.wait(Door.CLIENTS, HOME)).isPositive();
    assertThat(wrongKeys.wait(Door.ADMIN, HOME)).isZero();
    assertThat(wrongInARow()).isEqualTo(3);
  }

  @Test
  void forgivesInAMinute() {
    for (int i = 0; i < 1000; i++) {
      mayBeWrong(HOME);
    }
    passes(Duration.ofMinutes(1));

    assertThat(wrongInARow()).isEqualTo(3);
  }

  @Test
  void takesAHouseholdOfIpv6ForOneAndItsNeighboursForOthers() {
    for (int i = 0; i < 3; i++) {
      assertThat(mayBeWrong(InetAddress.ofLiteral("2001:db8:0:1::" + i))).isTrue();
    }

    assertThat(mayBeWrong(InetAddress.ofLiteral("2001:db8:0:1:ffff::1"))).isFalse();
    assertThat(mayBeWrong(InetAddress.ofLiteral("2001:db8:0:2::1"))).isTrue();
    assertThat(mayBeWrong(HOME)).isTrue();
  }

  @Test
  void remembersABoundedNumberOfAddresses() {
    for (int i = 0; i < 3; i++) {
      mayBeWrong(HOME);
    }
    for (int i = 0; i < 10_000; i++) {
      mayBeWrong(InetAddress.ofLiteral("10.0." + (i >> 8) + "." + (i & 255)));
    }

    assertThat(wrongKeys.wait(Door.ADMIN, HOME)).as("forgotten").isZero();
  }

  @Test
  void mayHaveNoBound() {
    var unbounded = WrongKeys.unbounded();
    for (int i = 0; i < 1000; i++) {
      assertThat(unbounded.count(Door.CLIENTS, null)).isZero();
    }
  }
}
