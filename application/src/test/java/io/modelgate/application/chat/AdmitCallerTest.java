package io.modelgate.application.chat;

import static io.modelgate.testing.Samples.DEED;
import static io.modelgate.testing.Samples.NOON;
import static io.modelgate.testing.Samples.aKey;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.chat.AdmitCaller.Admission;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyScope;
import io.modelgate.domain.access.Refusal;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.domain.net.Network;
import io.modelgate.testing.InMemoryApiKeys;
import io.modelgate.testing.SettableClock;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class AdmitCallerTest {
  private static final SecretHash PRESENTED = SecretHash.of("sk-mg-alice");
  private static final ApiKey ALICE = aKey("key_alice", "sk-mg-alice");

  private static final InetAddress HOME = InetAddress.ofLiteral("192.0.2.1");

  private final InMemoryApiKeys keys = new InMemoryApiKeys();
  private final SettableClock clock = new SettableClock(NOON);
  private final AdmitCaller admitCaller = new AdmitCaller(keys, clock);

  @Test
  void letsAGoodKeyIn() {
    keys.add(aKey("key_bob", "sk-mg-bob"), DEED);
    keys.add(ALICE, DEED);

    assertThat(admitCaller.handle(PRESENTED, HOME)).isEqualTo(new Admission.Granted(ALICE));
  }

  @Test
  void doesNotKnowAStranger() {
    keys.add(aKey("key_bob", "sk-mg-bob"), DEED);

    assertThat(admitCaller.handle(PRESENTED, HOME))
        .isEqualTo(new Admission.Denied(new Refusal.UnknownKey()));
  }

  @Test
  void turnsADisabledKeyAwayFromTheNextCallOn() {
    keys.add(ALICE, DEED);
    keys.change(ALICE.id(), key -> key.on(terms -> terms.withEnabled(false)), DEED);

    assertThat(admitCaller.handle(PRESENTED, HOME))
        .isEqualTo(new Admission.Denied(new Refusal.DisabledKey()));
  }

  @Test
  void turnsAKeyAwayFromTheInstantOfItsExpiry() {
    keys.add(ALICE.on(terms -> terms.withExpiry(NOON.plusMillis(1))), DEED);

    assertThat(admitCaller.handle(PRESENTED, HOME)).isInstanceOf(Admission.Granted.class);
    clock.advance(Duration.ofMillis(1));
    assertThat(admitCaller.handle(PRESENTED, HOME))
        .isEqualTo(new Admission.Denied(new Refusal.ExpiredKey()));
  }

  @Test
  void forgetsAKeyThatWasRemoved() {
    keys.add(ALICE, DEED);
    keys.remove(List.of(ALICE.id()), DEED);

    assertThat(admitCaller.handle(PRESENTED, HOME))
        .isEqualTo(new Admission.Denied(new Refusal.UnknownKey()));
  }

  @Test
  void turnsAKeyAwayThatComesFromElsewhere() {
    var fromHome =
        new KeyScope(List.of(), null, List.of(Network.of("192.0.2.0/24"), Network.of("::1")));
    keys.add(ALICE.on(terms -> terms.withScope(fromHome)), DEED);

    assertThat(admitCaller.handle(PRESENTED, HOME)).isInstanceOf(Admission.Granted.class);
    assertThat(admitCaller.handle(PRESENTED, InetAddress.ofLiteral("198.51.100.1")))
        .isEqualTo(new Admission.Denied(new Refusal.AddressNotAllowed()));
    assertThat(admitCaller.handle(PRESENTED, null))
        .isEqualTo(new Admission.Denied(new Refusal.AddressNotAllowed()));
  }
}
