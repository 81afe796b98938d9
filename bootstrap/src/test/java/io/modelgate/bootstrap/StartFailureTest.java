package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.UnknownHostException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class StartFailureTest {
  private static final Settings.Server WANTED =
      new Settings.Server("10.0.0.1", 80, "127.0.0.1", null, Duration.ZERO, Duration.ofSeconds(30));

  @Test
  void aTakenPortIsNamedHoweverDeepTheReasonLies() {
    var failure =
        new IllegalStateException(
            "failed to start server", new UncheckedIOException(new BindException("in use")));

    assertThat(StartFailure.sentence(failure, WANTED))
        .isEqualTo(
            "it cannot listen on 10.0.0.1 port 80 (in use); choose with server.host and"
                + " server.port, or stop what is there");
  }

  @Test
  void anUnknownHostIsNamed() {
    var failure = new UncheckedIOException(new UnknownHostException("10.0.0.1"));

    assertThat(StartFailure.sentence(failure, WANTED))
        .isEqualTo("no such host to listen on: 10.0.0.1; set server.host");
  }

  @Test
  void aFailureMeantForTheOperatorSpeaksForItself() {
    var failure = new StartFailure("the store is locked", new IllegalStateException("inner"));

    assertThat(StartFailure.sentence(failure, WANTED)).isEqualTo("the store is locked");
    assertThat(StartFailure.sentence(new IllegalStateException("outer", failure), WANTED))
        .isEqualTo("the store is locked");
  }

  @Test
  void anythingElseIsOneLineAllTheSame() {
    assertThat(StartFailure.sentence(new IllegalStateException("first\nsecond"), WANTED))
        .isEqualTo("first");
    assertThat(StartFailure.sentence(new IllegalStateException(), WANTED))
        .isEqualTo("IllegalStateException");
  }
}
