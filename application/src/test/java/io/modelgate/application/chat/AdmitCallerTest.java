package io.modelgate.application.chat;

import static io.modelgate.testing.Samples.NOON;
import static io.modelgate.testing.Samples.aKey;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.chat.AdmitCaller.Admission;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.Refusal;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.testing.InMemoryApiKeys;
import io.modelgate.testing.SettableClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class AdmitCallerTest {
  private static final SecretHash PRESENTED = SecretHash.of("sk-mg-alice");
  private static final ApiKey ALICE = aKey("key_alice", "sk-mg-alice");

  private final InMemoryApiKeys keys = new InMemoryApiKeys();
  private final SettableClock clock = new SettableClock(NOON);
  private final AdmitCaller admitCaller = new AdmitCaller(keys, clock);

  @Test
  void letsAGoodKeyIn() {
    keys.add(aKey("key_bob", "sk-mg-bob"));
    keys.add(ALICE);

    assertThat(admitCaller.handle(PRESENTED)).isEqualTo(new Admission.Granted(ALICE));
  }

  @Test
  void doesNotKnowAStranger() {
    keys.add(aKey("key_bob", "sk-mg-bob"));

    assertThat(admitCaller.handle(PRESENTED))
        .isEqualTo(new Admission.Denied(new Refusal.UnknownKey()));
  }

  @Test
  void turnsADisabledKeyAwayFromTheNextCallOn() {
    keys.add(ALICE);
    keys.change(ALICE.id(), key -> key.withEnabled(false));

    assertThat(admitCaller.handle(PRESENTED))
        .isEqualTo(new Admission.Denied(new Refusal.DisabledKey()));
  }

  @Test
  void turnsAKeyAwayFromTheInstantOfItsExpiry() {
    keys.add(ALICE.withExpiry(NOON.plusMillis(1)));

    assertThat(admitCaller.handle(PRESENTED)).isInstanceOf(Admission.Granted.class);
    clock.advance(Duration.ofMillis(1));
    assertThat(admitCaller.handle(PRESENTED))
        .isEqualTo(new Admission.Denied(new Refusal.ExpiredKey()));
  }

  @Test
  void forgetsAKeyThatWasRemoved() {
    keys.add(ALICE);
    keys.remove(ALICE.id());

    assertThat(admitCaller.handle(PRESENTED))
        .isEqualTo(new Admission.Denied(new Refusal.UnknownKey()));
  }
}
