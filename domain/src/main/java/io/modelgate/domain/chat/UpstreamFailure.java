package io.modelgate.domain.chat;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Why a call got no whole reply. {@code detail} is for the log alone: it may name addresses. */
public sealed interface UpstreamFailure {
  /** No connection came about: the call was not sent. */
  record Unreachable(String detail) implements UpstreamFailure {}

  /**
   * The connection ended after the call was sent and before any byte of a reply; the backend may
   * have worked on it.
   */
  record Unanswered(String detail) implements UpstreamFailure {}

  /** It took longer than allowed. */
  record TimedOut(Phase phase, Duration allowed) implements UpstreamFailure {}

  /**
   * It answered with an error status of its own, other than for the gateway's credential.
   *
   * @param status 300 to 599 as received
   * @param retryAfter its {@code Retry-After}, when it is a sane one
   */
  record Rejected(int status, UpstreamError error, @Nullable String retryAfter)
      implements UpstreamFailure {}

  /**
   * It did not accept the gateway's credential: 401, 403 or 407. Its words are dropped: such errors
   * repeat part of the credential, which belongs neither in a reply nor in a log.
   */
  record NotAuthorized(int status) implements UpstreamFailure {}

  /** What came was no reply of the protocol: no HTTP, no JSON, not UTF-8, too long. */
  record Unintelligible(String detail) implements UpstreamFailure {}

  /** The reply ended before it was complete. */
  record CutOff(String detail) implements UpstreamFailure {}

  /** It reported an error inside a reply that had begun well. */
  record Reported(UpstreamError error) implements UpstreamFailure {}

  /** The gateway stops and ended the call; the backend is not to blame. */
  record Stopped() implements UpstreamFailure {}

  /** The kind in a word, for the log, metrics and records, e.g. {@code timed_out}. */
  default String word() {
    return switch (this) {
      case Unreachable _ -> "unreachable";
      case Unanswered _ -> "unanswered";
      case TimedOut _ -> "timed_out";
      case Rejected _ -> "rejected";
      case NotAuthorized _ -> "not_authorized";
      case Unintelligible _ -> "unintelligible";
      case CutOff _ -> "cut_off";
      case Reported _ -> "reported";
      case Stopped _ -> "stopped";
    };
  }

  /**
   * Whether it speaks against the backend itself. A 4xx, and so a 429 or a credential that is not
   * accepted, does not: it is about this call, or this account.
   */
  default boolean isBackendsFault() {
    return switch (this) {
      case Unreachable _, Unanswered _, TimedOut _, Unintelligible _, CutOff _, Reported _ -> true;
      case Rejected rejected -> rejected.status() >= 500;
      case NotAuthorized _, Stopped _ -> false;
    };
  }

  /** Whether it is about the gateway's own account there: its credential, or how much it calls. */
  default boolean isAboutTheAccount() {
    return this instanceof NotAuthorized
        || (this instanceof Rejected rejected && rejected.status() == 429);
  }

  /** What was waited for when the time ran out. */
  enum Phase {
    CONNECT,
    /** The status line and headers, or the first event. */
    HEAD,
    /** The next bytes of a reply that had begun. */
    SILENCE,
    /** The whole of a reply that is not streamed. */
    WHOLE
  }
}
