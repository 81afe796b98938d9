package io.modelgate.infrastructure.routing;

import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.routing.CircuitBreaker;
import io.modelgate.domain.routing.CircuitBreaker.Pass;
import io.modelgate.domain.routing.CircuitBreaker.Rule;
import io.modelgate.domain.routing.CircuitBreaker.State;
import io.modelgate.domain.routing.Engine;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How calls to one model of one engine went, and whether more may follow. Thread-safe. */
final class TargetState {
  private static final Logger LOG = LoggerFactory.getLogger(TargetState.class);

  private final Key key;
  private final Supplier<Rule> rule;
  private final ReentrantLock lock = new ReentrantLock();
  private final CircuitBreaker breaker = new CircuitBreaker();
  private State told = State.CLOSED;
  private long attempts;
  private long failures;
  private @Nullable String lastFailure;

  /** What calls are counted together by. */
  record Key(Engine engine, String upstreamModel) {}

  /** What is known of it. */
  record Tally(
      State breaker,
      Duration untilTrial,
      long attempts,
      long failures,
      @Nullable String lastFailure) {}

  TargetState(Key key, Supplier<Rule> rule) {
    this.key = key;
    this.rule = rule;
  }

  boolean allows() {
    lock.lock();
    try {
      return breaker.allows(System.nanoTime());
    } finally {
      lock.unlock();
    }
  }

  Duration untilTrial() {
    lock.lock();
    try {
      return breaker.untilTrial(System.nanoTime());
    } finally {
      lock.unlock();
    }
  }

  Pass enter() {
    lock.lock();
    try {
      Pass pass = breaker.enter(System.nanoTime());
      tellChange();
      return pass;
    } finally {
      lock.unlock();
    }
  }

  /** A call came to its end there. */
  void ended(Pass pass, Delivery delivery) {
    switch (delivery) {
      case Delivery.Complete _, Delivery.CutShort _ -> succeeded(pass);
      case Delivery.Abandoned _ -> forgotten(pass);
      case Delivery.NoReply(UpstreamFailure failure) -> failed(pass, failure);
      case Delivery.BrokenOff(var _, UpstreamFailure failure) -> failed(pass, failure);
    }
  }

  private void succeeded(Pass pass) {
    lock.lock();
    try {
      attempts++;
      breaker.succeeded(pass, System.nanoTime(), rule.get());
      tellChange();
    } finally {
      lock.unlock();
    }
  }

  private void failed(Pass pass, UpstreamFailure failure) {
    lock.lock();
    try {
      attempts++;
      lastFailure = failure.word();
      if (failure.isBackendsFault()) {
        failures++;
        breaker.failed(pass, System.nanoTime(), rule.get());
      } else if (failure.isAboutTheAccount()) {
        breaker.forgotten(pass);
      } else {
        breaker.succeeded(pass, System.nanoTime(), rule.get()); // it answered
      }
      tellChange();
    } finally {
      lock.unlock();
    }
  }

  /** A call ended in a way that tells nothing. */
  void forgotten(Pass pass) {
    lock.lock();
    try {
      breaker.forgotten(pass);
      tellChange();
    } finally {
      lock.unlock();
    }
  }

  /** Its engine says that it is well. */
  void seemsWell() {
    lock.lock();
    try {
      breaker.seemsWell(System.nanoTime());
    } finally {
      lock.unlock();
    }
  }

  Tally tally() {
    lock.lock();
    try {
      long now = System.nanoTime();
      return new Tally(
          breaker.state(now), breaker.untilTrial(now), attempts, failures, lastFailure);
    } finally {
      lock.unlock();
    }
  }

  private void tellChange() {
    State now = breaker.state(System.nanoTime());
    if (now == told) {
      return;
    }
    told = now;
    String said = "the circuit breaker of {} at {} is {}";
    if (now == State.OPEN) {
      LOG.warn(
          said + ": {} failures of {} calls, the last {}; the next try is in {} s",
          key.upstreamModel(),
          key.engine().baseUrl(),
          now.wireName(),
          failures,
          attempts,
          lastFailure,
          breaker.untilTrial(System.nanoTime()).toSeconds());
    } else {
      LOG.info(said, key.upstreamModel(), key.engine().baseUrl(), now.wireName());
    }
  }
}
