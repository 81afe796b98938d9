package io.modelgate.application.chat;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.chat.NoteRefusal.TurnedAway;
import io.modelgate.application.port.RefusedCall;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.testing.Samples;
import io.modelgate.testing.SettableClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class NoteRefusalTest {
  private static final KeyId KEY = new KeyId("a");
  private static final TurnedAway CALL =
      new TurnedAway(
          "req_1",
          Endpoint.CHAT_COMPLETIONS,
          "x".repeat(500),
          false,
          429,
          "rpm",
          Duration.ofMillis(250));

  private final SettableClock clock = new SettableClock(Samples.NOON);
  private final List<RefusedCall> noted = new ArrayList<>();
  private final NoteRefusal noteRefusal = new NoteRefusal(noted::add, clock);

  @Test
  void saysWhenTheCallCameAndCutsWhatItAskedFor() {
    noteRefusal.handle(KEY, CALL);

    assertThat(noted.getFirst().time()).isEqualTo(Samples.NOON.minusMillis(250));
    assertThat(noted.getFirst().model()).hasSize(200);
  }

  @Test
  void notesTenOfAKeyInASecondAndCountsTheRest() {
    for (int i = 0; i < 25; i++) {
      noteRefusal.handle(KEY, CALL);
    }
    noteRefusal.handle(new KeyId("b"), CALL);

    assertThat(noted).hasSize(11);
    assertThat(noteRefusal.leftOut()).isEqualTo(15);

    clock.advance(Duration.ofSeconds(1));
    noteRefusal.handle(KEY, CALL);

    assertThat(noted).hasSize(12);
  }
}
