package io.modelgate.domain.chat;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.domain.chat.RetryPolicy.Verdict;
import io.modelgate.domain.chat.UpstreamFailure.Phase;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {
  private static final RetryPolicy CAREFUL =
      new RetryPolicy(3, Duration.ofMillis(100), Duration.ofSeconds(5), false);
  private static final RetryPolicy BOLD =
      new RetryPolicy(3, Duration.ofMillis(100), Duration.ofSeconds(5), true);
  private static final UpstreamError ERROR = new UpstreamError("no", null, null, null);
  private static final Verdict GIVE_UP = new Verdict.GiveUp();
  private static final UpstreamFailure UNREACHABLE = new UpstreamFailure.Unreachable("refused");

  @Test
  void triesAgainWhatSurelyCostNothing() {
    for (UpstreamFailure safe :
        List.of(UNREACHABLE, new UpstreamFailure.Reported(ERROR), rejected(503, null))) {
      assertThat(CAREFUL.after(safe, 1, 0)).isEqualTo(again(50));
    }
  }

  @Test
  void triesAgainWhatMayHaveCostTokensOnlyWhenToldTo() {
    for (UpstreamFailure ambiguous :
        List.of(
            new UpstreamFailure.Unanswered("reset"),
            new UpstreamFailure.TimedOut(Phase.HEAD, Duration.ofSeconds(1)),
            new UpstreamFailure.CutOff("eof"),
            new UpstreamFailure.Unintelligible("garbage"),
            rejected(500, null),
            rejected(502, null),
            rejected(504, null))) {
      assertThat(CAREFUL.after(ambiguous, 1, 0)).isEqualTo(GIVE_UP);
      assertThat(BOLD.after(ambiguous, 1, 0)).isEqualTo(again(50));
    }
  }

  @Test
  void neverTriesAgainWhatTheClientGotWrongOrTheOperatorSetWrong() {
    for (UpstreamFailure wrong :
        List.of(
            rejected(400, null),
            rejected(404, "1"),
            rejected(413, null),
            rejected(301, null),
            new UpstreamFailure.NotAuthorized(401))) {
      assertThat(BOLD.after(wrong, 1, 0)).isEqualTo(GIVE_UP);
    }
  }

  @Test
  void waitsAsLongAsABusyBackendAsksForUnlessThatIsTooLong() {
    assertThat(CAREFUL.after(rejected(429, "2"), 1, 0)).isEqualTo(again(2000));
    assertThat(CAREFUL.after(rejected(503, "2"), 1, 0)).isEqualTo(again(2000));
    assertThat(CAREFUL.after(rejected(429, "0"), 1, 0)).isEqualTo(again(50));
    assertThat(CAREFUL.after(rejected(429, "6"), 1, 0)).isEqualTo(elsewhere());
    assertThat(CAREFUL.after(rejected(503, "6"), 1, 0)).isEqualTo(elsewhere());
    assertThat(CAREFUL.after(rejected(429, null), 1, 0)).isEqualTo(elsewhere());
    assertThat(CAREFUL.after(rejected(429, "Wed, 21 Oct 2026 07:28:00 GMT"), 1, 0))
        .isEqualTo(elsewhere());
  }

  @Test
  void waitsTwiceAsLongEachTimeHalfOfItAtRandom() {
    assertThat(CAREFUL.after(UNREACHABLE, 1, 1)).isEqualTo(again(100));
    assertThat(CAREFUL.after(UNREACHABLE, 2, 0)).isEqualTo(again(100));
    assertThat(CAREFUL.after(UNREACHABLE, 2, 0.5)).isEqualTo(again(150));
  }

  @Test
  void stopsInTheEnd() {
    assertThat(CAREFUL.after(UNREACHABLE, 3, 0)).isEqualTo(GIVE_UP);
    assertThat(
            new RetryPolicy(1, Duration.ofMillis(1), Duration.ZERO, true).after(UNREACHABLE, 1, 0))
        .isEqualTo(GIVE_UP);
  }

  @Test
  void failuresKnowWhomTheySpeakAgainst() {
    assertThat(UNREACHABLE.isBackendsFault()).isTrue();
    assertThat(rejected(503, null).isBackendsFault()).isTrue();
    assertThat(rejected(429, null).isBackendsFault()).isFalse();
    assertThat(rejected(400, null).isBackendsFault()).isFalse();
    assertThat(new UpstreamFailure.NotAuthorized(403).isBackendsFault()).isFalse();
    assertThat(rejected(429, null).isAboutTheAccount()).isTrue();
    assertThat(new UpstreamFailure.NotAuthorized(403).isAboutTheAccount()).isTrue();
    assertThat(rejected(404, null).isAboutTheAccount()).isFalse();
  }

  private static UpstreamFailure rejected(int status, @Nullable String retryAfter) {
    return new UpstreamFailure.Rejected(status, ERROR, retryAfter);
  }

  private static Verdict again(long millis) {
    return new Verdict.Again(Duration.ofMillis(millis));
  }

  private static Verdict elsewhere() {
    return new Verdict.Again(null);
  }
}
