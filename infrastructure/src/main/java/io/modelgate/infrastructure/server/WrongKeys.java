package io.modelgate.infrastructure.server;

import io.helidon.webserver.http.ServerRequest;
import java.net.InetAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Counts wrong keys by the address they come from: so many at once, then as many a minute. Of IPv6
 * a /64 is one address. Only wrong keys cost anything; it remembers the latest ten thousand
 * addresses at most. Thread-safe.
 */
public final class WrongKeys {
  private static final int MOST_ADDRESSES = 10_000;
  private static final long WINDOW = Duration.ofMinutes(1).toNanos();

  private final @Nullable Long perMinute;
  private final LongSupplier nanos;
  private final ReentrantLock lock = new ReentrantLock();

  /** Theoretical arrival times, as of GCRA; the one counted last comes last. */
  private final Map<InetAddress, Long> arrivals =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<InetAddress, Long> eldest) {
          return size() > MOST_ADDRESSES;
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
  public Duration count(@Nullable InetAddress address) {
    return decide(address, true);
  }

  /** As {@link #count}, but counts nothing: how long the address must not try at all. */
  public Duration wait(@Nullable InetAddress address) {
    return decide(address, false);
  }

  private Duration decide(@Nullable InetAddress address, boolean counts) {
    if (perMinute == null) {
      return Duration.ZERO;
    }
    InetAddress household =
        address == null ? InetAddress.ofLiteral("0.0.0.0") : Network.household(address);
    long step = WINDOW / perMinute;
    lock.lock();
    try {
      long now = nanos.getAsLong();
      Long stored = counts ? arrivals.get(household) : arrivals.getOrDefault(household, now);
      long start = stored == null || stored - now < 0 ? now : stored;
      long early = start - now - (WINDOW - step);
      if (early > 0) {
        return Duration.ofNanos(early);
      }
      if (counts) {
        arrivals.put(household, start + step);
      }
      return Duration.ZERO;
    } finally {
      lock.unlock();
    }
  }
}
