package io.modelgate.infrastructure.routing;

import io.modelgate.application.port.ReplySink;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.Checkup;
import io.modelgate.domain.routing.Engine;
import io.modelgate.domain.routing.FairLine;
import io.modelgate.infrastructure.routing.RoutingSettings.Places;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How one engine is, and the places there with the line before them. Thread-safe. */
final class EngineState {
  private static final Logger LOG = LoggerFactory.getLogger(EngineState.class);
  private static final Duration LONGEST_ESTIMATE = Duration.ofMinutes(1);
  private static final double WEIGHT_OF_THE_LAST = 0.2;

  private final Engine engine;
  private final Supplier<Places> places;
  private final ReentrantLock lock = new ReentrantLock();
  private final FairLine<KeyId, Waiter> line = new FairLine<>();
  private int running;
  private double usualNanos;

  /** Replaced by whoever asked; one at a time. */
  private volatile Seen seen;

  /** What was last seen of it. */
  record Seen(Checkup checkup, @Nullable Instant at) {}

  /**
   * Nobody is there yet.
   *
   * @param places asked each time
   */
  EngineState(Engine engine, Supplier<Places> places) {
    this.engine = engine;
    this.places = places;
    this.seen = new Seen(isBuiltIn() ? Checkup.BUILT_IN : Checkup.NONE, null);
  }

  /** What came of asking for a place. */
  sealed interface Entry {
    /** It is taken, to be given back with {@link #leave}. */
    record Taken(Duration waited) implements Entry {}

    /** None is free, and the line is full, or the wait was too long. */
    record Full(Duration retryAfter) implements Entry {}

    /** The client hung up. */
    record Gone() implements Entry {}
  }

  Engine engine() {
    return engine;
  }

  /** There is nobody to ask. */
  boolean isBuiltIn() {
    return engine.kind() == BackendKind.ECHO;
  }

  Seen seen() {
    return seen;
  }

  /** One line for each change. */
  void see(Checkup checkup, Instant at) {
    Checkup before = seen.checkup();
    seen = new Seen(checkup, at);
    if (before.health() != checkup.health()) {
      String said = "{} at {} is {}: {}";
      String kind = engine.kind().wireName();
      String health = checkup.health().wireName();
      if (checkup.health().isFit()) {
        LOG.info(said, kind, engine.baseUrl(), health, checkup.reason());
      } else {
        LOG.warn(said, kind, engine.baseUrl(), health, checkup.reason());
      }
    }
  }

  /** How many calls are there, or wait for it. */
  int busy() {
    lock.lock();
    try {
      return running + line.waiting();
    } finally {
      lock.unlock();
    }
  }

  boolean hasRoom() {
    lock.lock();
    try {
      return running < most() && line.waiting() == 0;
    } finally {
      lock.unlock();
    }
  }

  int running() {
    lock.lock();
    try {
      return running;
    } finally {
      lock.unlock();
    }
  }

  @Nullable Long places() {
    return places.get().maxConcurrent();
  }

  /**
   * Takes a place, waiting for it if need be.
   *
   * @param patience for how long, where the line does not allow for less
   * @param sink whose client may hang up meanwhile
   */
  Entry enter(KeyId key, double weight, Duration patience, ReplySink sink) {
    Places limits = places.get();
    Waiter waiter;
    lock.lock();
    try {
      if (running < most() && line.waiting() == 0) {
        line.enter(key, weight);
        running++;
        return new Entry.Taken(Duration.ZERO);
      }
      if (line.waiting() >= limits.maxQueue()) {
        return new Entry.Full(estimate());
      }
      waiter = new Waiter();
      line.add(key, weight, waiter);
    } finally {
      lock.unlock();
    }
    long began = System.nanoTime();
    sink.whenGone(waiter::leave);
    Duration wait = patience.compareTo(limits.maxWait()) < 0 ? patience : limits.maxWait();
    waiter.await(began + wait.toNanos());
    return cameToAnEnd(key, waiter, Duration.ofNanos(System.nanoTime() - began));
  }

  private Entry cameToAnEnd(KeyId key, Waiter waiter, Duration waited) {
    lock.lock();
    try {
      if (!waiter.isCalled()) {
        line.remove(key, waiter);
        return waiter.isGone() ? new Entry.Gone() : new Entry.Full(estimate());
      }
      if (waiter.isGone()) {
        giveBack(key);
        return new Entry.Gone();
      }
      return new Entry.Taken(waited);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Gives a place back.
   *
   * @param took how long the call was there; null when it was not sent after all
   */
  void leave(KeyId key, @Nullable Duration took) {
    lock.lock();
    try {
      if (took != null) {
        usualNanos += WEIGHT_OF_THE_LAST * (took.toNanos() - usualNanos);
      }
      giveBack(key);
    } finally {
      lock.unlock();
    }
  }

  /** There may be more places than there were. */
  void lookAtThePlaces() {
    lock.lock();
    try {
      callNext();
    } finally {
      lock.unlock();
    }
  }

  private void giveBack(KeyId key) {
    line.leave(key);
    running--;
    callNext();
  }

  private void callNext() {
    while (running < most()) {
      Waiter next = line.next();
      if (next == null) {
        return;
      }
      running++;
      next.call();
    }
  }

  private long most() {
    Long most = places.get().maxConcurrent();
    return most == null ? Long.MAX_VALUE : most;
  }

  /** Until the line as it is now has gone by; whole seconds, from 1. */
  private Duration estimate() {
    double nanos = usualNanos * (line.waiting() + 1) / Math.max(1, Math.min(most(), 1 << 20));
    long seconds = Math.clamp((long) Math.ceil(nanos / 1e9), 1, LONGEST_ESTIMATE.toSeconds());
    return Duration.ofSeconds(seconds);
  }
}
