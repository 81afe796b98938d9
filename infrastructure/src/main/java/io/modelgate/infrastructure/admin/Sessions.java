package io.modelgate.infrastructure.admin;

import io.modelgate.domain.access.SecretHash;
import io.modelgate.infrastructure.admin.AdminApi.SessionLifetime;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Who has logged in from a page. A session is worth what the secret is that it was opened with: it
 * is asked again at each request, so a session ends with its key. Lives in memory alone, at most
 * ten thousand at once, the one longest unused forgotten first. Thread-safe.
 */
final class Sessions {
  private static final int MOST = 10_000;

  private final Supplier<SessionLifetime> lifetime;
  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();
  private final ReentrantLock lock = new ReentrantLock();

  /** By the hash of the cookie; the one used last comes last. */
  private final Map<SecretHash, Session> sessions = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * None yet.
   *
   * @param lifetime asked each time
   */
  Sessions(Supplier<SessionLifetime> lifetime, InstantSource clock) {
    this.lifetime = lifetime;
    this.clock = clock;
  }

  /**
   * One session.
   *
   * @param secret what it was opened with
   * @param csrfToken what a page must show to change something
   * @param expiresAt when it ends in any case
   */
  record Session(SecretHash secret, String csrfToken, Instant expiresAt, Instant usedAt) {}

  /** A session just opened; {@code cookie} is told nowhere else. */
  record Opened(String cookie, Session session) {
    @Override
    public String toString() {
      return "Opened";
    }
  }

  Opened open(SecretHash secret) {
    Instant now = clock.instant();
    String cookie = randomText();
    var session = new Session(secret, randomText(), now.plus(lifetime.get().atMost()), now);
    lock.lock();
    try {
      sessions.put(SecretHash.of(cookie), session);
      if (sessions.size() > MOST) {
        sessions.remove(sessions.keySet().iterator().next());
      }
    } finally {
      lock.unlock();
    }
    return new Opened(cookie, session);
  }

  /** The session of a cookie, which is used by that; empty when it has ended, or there was none. */
  Optional<Session> find(String cookie) {
    SecretHash id = SecretHash.of(cookie);
    Instant now = clock.instant();
    lock.lock();
    try {
      Session session = sessions.get(id);
      if (session == null) {
        return Optional.empty();
      }
      if (!now.isBefore(session.expiresAt)
          || !now.isBefore(session.usedAt.plus(lifetime.get().idle()))) {
        sessions.remove(id);
        return Optional.empty();
      }
      sessions.put(id, new Session(session.secret, session.csrfToken, session.expiresAt, now));
      return Optional.of(session);
    } finally {
      lock.unlock();
    }
  }

  /** The session goes on with another secret, which took the place of its own. */
  void reopen(String cookie, SecretHash secret) {
    lock.lock();
    try {
      sessions.computeIfPresent(
          SecretHash.of(cookie),
          (_, session) ->
              new Session(secret, session.csrfToken, session.expiresAt, session.usedAt));
    } finally {
      lock.unlock();
    }
  }

  void end(String cookie) {
    lock.lock();
    try {
      sessions.remove(SecretHash.of(cookie));
    } finally {
      lock.unlock();
    }
  }

  Duration idle() {
    return lifetime.get().idle();
  }

  private String randomText() {
    byte[] bytes = new byte[32];
    random.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
