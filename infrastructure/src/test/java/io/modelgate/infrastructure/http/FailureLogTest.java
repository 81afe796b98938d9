package io.modelgate.infrastructure.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.domain.chat.UpstreamError;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.testing.ModelRoutesContract;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

class FailureLogTest {
  private static final ModelRoute ONE = ModelRoutesContract.route("mdl_1", "one");
  private static final ModelRoute OTHER = ModelRoutesContract.route("mdl_2", "other");
  private static final UpstreamFailure DEAD = new UpstreamFailure.Unreachable("refused");
  private static final UpstreamFailure CUT = new UpstreamFailure.CutOff("gone");

  private final AtomicLong nanos = new AtomicLong();
  private final FailureLog log = new FailureLog(nanos::get);

  @Test
  void warnsOfOneCauseOncePerMinute() {
    assertThat(log.level(ONE, DEAD)).isEqualTo(Level.WARN);
    nanos.addAndGet(Duration.ofSeconds(59).toNanos());
    assertThat(log.level(ONE, DEAD)).isEqualTo(Level.DEBUG);
    nanos.addAndGet(Duration.ofSeconds(1).toNanos());
    assertThat(log.level(ONE, DEAD)).isEqualTo(Level.WARN);
    nanos.addAndGet(1);
    assertThat(log.level(ONE, DEAD)).isEqualTo(Level.DEBUG);
  }

  @Test
  void warnsOfEveryModelAndEveryKindOfFailure() {
    assertThat(log.level(ONE, DEAD)).isEqualTo(Level.WARN);
    assertThat(log.level(OTHER, DEAD)).isEqualTo(Level.WARN);
    assertThat(log.level(ONE, CUT)).isEqualTo(Level.WARN);
  }

  @Test
  void doesNotWarnOfWhatAClientGotWrong() {
    var error = new UpstreamError("no", null, null, null);
    assertThat(log.level(ONE, new UpstreamFailure.Rejected(422, error, null)))
        .isEqualTo(Level.DEBUG);
    assertThat(log.level(ONE, new UpstreamFailure.Rejected(500, error, null)))
        .isEqualTo(Level.WARN);
  }

  @Test
  void blamesNoBackendForTheGatewaysEnd() {
    assertThat(log.level(ONE, new UpstreamFailure.Stopped())).isEqualTo(Level.DEBUG);
  }
}
