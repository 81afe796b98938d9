package io.modelgate.infrastructure.redis;

import io.modelgate.application.port.Limits.Verdict;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.LimitStanding;
import io.modelgate.domain.access.LimitState;
import io.modelgate.domain.access.RateLimits;
import io.modelgate.infrastructure.redis.Question.Used;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What this node holds and uses of one key's limits: calls begin from what is leased without asking
 * anybody, and what they use is told with the next question. Thread-safe; never blocks for longer
 * than a few instructions.
 *
 * <p>A question goes in two steps, {@link #ask} and {@link #heard}, for one thread at a time. What
 * is leased goes back with each, so that meanwhile others must wait for the answer; calls that end
 * meanwhile add to what is leased, which Redis still counts as theirs.
 */
final class KeyLease {
  /** How long Redis counts what a node holds after it was last heard of. */
  static final Duration LIFE = Duration.ofSeconds(5);

  /** How long a node itself counts on it: less, so that clocks may differ a little. */
  private static final long USABLE_NANOS = Duration.ofSeconds(4).toNanos();

  /** For so long what Redis refused is refused without asking again. */
  private static final long REFUSED_NANOS = Duration.ofMillis(50).toNanos();

  /** After so long what is leased and not used goes back, and what was used is told. */
  private static final long IDLE_NANOS = Duration.ofMillis(500).toNanos();

  /** After so long Redis hears that calls still run. */
  private static final long RENEW_NANOS = Duration.ofMillis(1_500).toNanos();

  /** No call uses more, whatever a backend says: sums stay far from overflow. */
  private static final long MOST_USED = LimitState.MOST_MINUTES_OWED * RateLimits.MAX_TPM;

  private final KeyId key;
  private final InstantSource clock;
  private final Consumer<KeyLease> whenScarce;
  private final ReentrantLock turn = new ReentrantLock();

  private RateLimits limits = RateLimits.UNLIMITED;
  private LimitState others;
  private Held leased = Held.NOTHING;
  private long running;
  private long taken;
  private Used used = Used.NOTHING;
  private Used told = Used.NOTHING;
  private long heardNanos = System.nanoTime();
  private long refusedNanos = heardNanos - REFUSED_NANOS;
  private boolean scarceIsTold;
  private int visitors;
  private boolean closed;

  /**
   * Holds nothing.
   *
   * @param whenScarce told when a call has ended of a key whose limits are mostly used, so that
   *     other nodes may be waiting for what it held; must not block
   */
  KeyLease(KeyId key, InstantSource clock, Consumer<KeyLease> whenScarce) {
    this.key = key;
    this.clock = clock;
    this.whenScarce = whenScarce;
    others = LimitState.empty(clock.millis());
  }

  KeyId key() {
    return key;
  }

  /** To be held from a question until its answer is taken in. */
  ReentrantLock turn() {
    return turn;
  }

  /** Keeps the lease from being closed until {@link #leave}; false when it is closed already. */
  synchronized boolean enter() {
    visitors += closed ? 0 : 1;
    return !closed;
  }

  synchronized void leave() {
    visitors--;
  }

  /** Closes it for ever if forgetting it changes nothing; whether it is closed. */
  synchronized boolean closeIfEmpty() {
    closed = closed || (visitors == 0 && running == 0 && isTold() && bucketsAreEmpty());
    return closed;
  }

  private boolean isTold() {
    return leased.equals(Held.NOTHING) && used.equals(told);
  }

  private boolean bucketsAreEmpty() {
    return new LimitState(others.limits(), others.at(), others.requests(), others.tokens(), 0, 0)
        .isEmpty(clock.millis());
  }

  /** Whether Redis should hear of it though no call wants anything. */
  synchronized boolean isDue() {
    long age = System.nanoTime() - heardNanos;
    return isTold()
        ? running > 0 && !limits.areUnlimited() && age >= RENEW_NANOS
        : age >= IDLE_NANOS;
  }

  /** The verdict, if no question is needed for it. */
  synchronized @Nullable Verdict decideHere(RateLimits inForce, long tokens) {
    if (inForce.areUnlimited()) {
      limits = inForce; // what ends from now on was never leased
      return begin(inForce, 0);
    }
    long wanted = inForce.tokensTaken(tokens);
    if (suffices(inForce, wanted)) {
      leased =
          new Held(
              leased.requests() - (inForce.rpm() == null ? 0 : 1),
              leased.tokens() - wanted,
              leased.slots() - (inForce.maxConcurrent() == null ? 0 : 1));
      used = new Used(used.requests() + (inForce.rpm() == null ? 0 : 1), used.tokens());
      return begin(inForce, wanted);
    }
    long now = clock.millis();
    return inForce.decide(state(), tokens, now) instanceof RateLimits.Verdict.Refused refused
            && (refused.breach().retryAfter() == null || refusedJustNow(inForce))
        ? new Verdict.Limited(refused.breach(), inForce.standing(refused.next(), now))
        : null;
  }

  private boolean suffices(RateLimits inForce, long wanted) {
    Long tpm = inForce.tpm();
    return inForce.equals(limits)
        && System.nanoTime() - heardNanos < USABLE_NANOS
        && (inForce.rpm() == null || leased.requests() > 0)
        && (tpm == null || (tpm > 0 && leased.tokens() >= wanted))
        && (inForce.maxConcurrent() == null || leased.slots() > 0);
  }

  private boolean refusedJustNow(RateLimits inForce) {
    return inForce.equals(limits) && System.nanoTime() - refusedNanos < REFUSED_NANOS;
  }

  private Verdict begin(RateLimits inForce, long wanted) {
    running++;
    taken += wanted;
    return new Verdict.Admitted(
        new LeasePass(this, wanted), inForce.standing(state(), clock.millis()));
  }

  /** Everything to be told, and a place for one more call. */
  synchronized Question ask(RateLimits inForce, long tokens) {
    limits = inForce;
    leased = Held.NOTHING;
    return new Question(inForce, true, inForce.tokensTaken(tokens), running, taken, used, told);
  }

  /** Everything to be told, and all back that is leased. */
  synchronized Question giveBack() {
    leased = Held.NOTHING;
    return new Question(limits, false, 0, running, taken, used, told);
  }

  /**
   * Takes the answer in.
   *
   * @param askedNanos when the question left
   */
  synchronized void heard(Question question, Answer answer, long askedNanos) {
    told = question.used();
    others =
        new LimitState(
            question.limits(),
            clock.millis(),
            answer.requests() + answer.others().requests() * LimitState.PARTS,
            answer.tokens(),
            answer.others().tokens(),
            answer.others().slots());
    heardNanos = askedNanos;
    scarceIsTold = false;
  }

  /**
   * Takes the answer in.
   *
   * @param askedNanos when the question left
   * @return what becomes of the call that was to begin
   */
  synchronized Verdict decided(Question question, Answer answer, long askedNanos) {
    heard(question, answer, askedNanos);
    if (!answer.granted()) {
      refusedNanos = System.nanoTime();
      return refusal(question);
    }
    leased =
        new Held(
            leased.requests() + answer.leased().requests(),
            leased.tokens() + answer.leased().tokens(),
            leased.slots() + answer.leased().slots());
    return begin(question.limits(), question.tokens());
  }

  /** With the figures that Redis had: calls may have ended meanwhile. */
  private Verdict refusal(Question question) {
    LimitState then =
        new LimitState(
            others.limits(),
            others.at(),
            others.requests(),
            others.tokens(),
            others.reserved() + question.taken(),
            others.running() + question.running());
    return switch (question.limits().decide(then, question.tokens(), then.at())) {
      case RateLimits.Verdict.Refused(var next, var breach) ->
          new Verdict.Limited(breach, question.limits().standing(next, then.at()));
      case RateLimits.Verdict.Pass _ ->
          throw new IllegalStateException(
              "the script refuses what the domain admits: " + question + " " + then);
    };
  }

  /** Takes back what a call had taken, which may serve the next one, and notes what it used. */
  void settle(long callTook, long callUsed) {
    if (end(callTook, Math.min(callUsed, MOST_USED))) {
      whenScarce.accept(this);
    }
  }

  private synchronized boolean end(long callTook, long callUsed) {
    running--;
    taken -= callTook;
    boolean tokensCount = limits.tpm() != null;
    used = new Used(used.requests(), used.tokens() + (tokensCount ? callUsed : 0));
    leased =
        new Held(
            leased.requests(),
            tokensCount ? Math.max(0, leased.tokens() + callTook - callUsed) : 0,
            limits.maxConcurrent() == null ? 0 : leased.slots() + 1);
    boolean tell = !scarceIsTold && isScarce();
    scarceIsTold |= tell;
    return tell;
  }

  /** Whether less than half of the places or tokens is left for others to take. */
  private boolean isScarce() {
    Long most = limits.maxConcurrent();
    Long tpm = limits.tpm();
    LimitState state = state();
    return (most != null && 2 * (most - state.running() - leased.slots()) < most)
        || (tpm != null
            && 2 * ((tpm - state.reserved() - leased.tokens()) * LimitState.PARTS - state.tokens())
                < tpm * LimitState.PARTS);
  }

  synchronized LimitStanding standing(RateLimits inForce) {
    return inForce.standing(state(), clock.millis());
  }

  /** Everything that counts against the key, as far as it is known here. */
  private LimitState state() {
    return new LimitState(
        others.limits(),
        others.at(),
        others.requests() + (used.requests() - told.requests()) * LimitState.PARTS,
        others.tokens() + (used.tokens() - told.tokens()) * LimitState.PARTS,
        others.reserved() + taken,
        others.running() + running);
  }
}
