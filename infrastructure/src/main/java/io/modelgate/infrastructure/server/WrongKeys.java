package io.modelgate.infrastructure.server;

import io.helidon.webserver.http.ServerRequest;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Counts wrong keys by the door they are tried at and the address they come from: so many at once,
 * then as many a minute. Of IPv6 a /64 is one address. Only wrong keys cost anything; it remembers
 * the latest ten thousand at most. Thread-safe.
 */
public final class WrongKeys {
  /** What the key was to open. A client with an old key must not keep the administrator out. */
  public enum Door {
    /** The OpenAI endpoints. */
    CLIENTS,
    /** What is for operators: the admin API and the metrics. */
    ADMIN
  }

  private static final int MOST_GUESSERS = 10_000;
  private static final long WINDOW = Duration.ofMinutes(1).toNanos();

  private final @Nullable Long perMinute;
  private final LongSupplier nanos;
  private final ReentrantLock lock = new ReentrantLock();

  /** Theoretical arrival times, as of GCRA; the one counted last comes last. */
  private final Map<Guesser, Long> arrivals =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Guesser, Long> eldest) {
          return size() > MOST_GUESSERS;
        }
      };

  /**
   * Nothing counted yet.
   *
   * @param perMinute at least 1; null for no bound
   * @param nanos as {@link System#nanoTime()}
   */
  public WrongKeys(@Nullable Long perMinute, LongSupplier nanos) {
    this.perMinute = perMinute;
    this.nanos = nanos;
  }

  /** One that never has anybody wait. */
  static WrongKeys unbounded() {
    return new WrongKeys(null, System::nanoTime);
  }

  /** The one of the listener that a request came to. */
  public static WrongKeys of(ServerRequest request) {
    return request
        .context()
        .get(WrongKeys.class)
        .orElseThrow(() -> new IllegalStateException("every listener has one"));
  }

  /**
   * Counts a wrong key.
   *
   * @param address null when there is none to tell: all such are one
   * @return zero when it may be told so; else when the address may try again
   */
  public Duration count(Door door, @Nullable InetAddress address) {
    return decide(door, address, true);
  }

  /** As {@link #count}, but counts nothing: how long the address must not try at all. */
  public Duration wait(Door door, @Nullable InetAddress address) {
    return decide(door, address, false);
  }

  private Duration decide(Door door, @Nullable InetAddress address, boolean counts) {
    if (perMinute == null) {
      return Duration.ZERO;
    }
    var guesser = new Guesser(door, address == null ? null : household(address));
    long step = WINDOW / perMinute;
    lock.lock();
    try {
      long now = nanos.getAsLong();
      Long stored = counts ? arrivals.get(guesser) : arrivals.getOrDefault(guesser, now);
      long start = stored == null || stored - now < 0 ? now : stored;
      long early = start - now - (WINDOW - step);
      if (early > 0) {
        return Duration.ofNanos(early);
      }
      if (counts) {
        arrivals.put(guesser, start + step);
      }
      return Duration.ZERO;
    } finally {
      lock.unlock();
    }
  }

  /** What counts as one client: of IPv6, where anyone has as many addresses as they like, a /64. */
  private static InetAddress household(InetAddress address) {
    if (address instanceof Inet4Address) {
      return address;
    }
    byte[] bytes = address.getAddress();
    Arrays.fill(bytes, 8, 16, (byte) 0);
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("16 bytes are an address", e);
    }
  }

  private record Guesser(Door door, @Nullable InetAddress household) {}
}
