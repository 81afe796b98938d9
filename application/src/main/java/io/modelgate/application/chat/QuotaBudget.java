package io.modelgate.application.chat;

import io.modelgate.application.port.OutputBudget;
import io.modelgate.application.port.Quotas.Reservation;
import io.modelgate.domain.access.TokenQuota;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What was set aside for one call, topped up in blocks while there is more to be had. */
final class QuotaBudget implements OutputBudget {
  /** Enough for seconds of a fast engine, and little to take from a key's other calls. */
  private static final long BLOCK = 1024;

  private final Reservation reservation;
  private final long promptEstimate;
  private final @Nullable Long cap;
  private final Supplier<Optional<TokenQuota>> quota;
  private Duration spent = Duration.ZERO;

  /**
   * Over a reservation.
   *
   * @param quota the key's at that moment; empty when the key is gone, and with it its quota
   */
  QuotaBudget(
      Reservation reservation,
      long promptEstimate,
      @Nullable Long cap,
      Supplier<Optional<TokenQuota>> quota) {
    this.reservation = reservation;
    this.promptEstimate = promptEstimate;
    this.cap = cap;
    this.quota = quota;
  }

  /** For the next attempt, after others that took so long. */
  void spend(Duration onOthers) {
    spent = onOthers;
  }

  @Override
  public Duration spent() {
    return spent;
  }

  @Override
  public @Nullable Long cap() {
    return cap;
  }

  @Override
  public long promptEstimate() {
    return promptEstimate;
  }

  @Override
  public long granted() {
    return reservation.tokens() - promptEstimate;
  }

  @Override
  public boolean allows(long tokens) {
    long missing = tokens - granted();
    if (missing <= 0) {
      return true;
    }
    return quota
        .get()
        .map(current -> reservation.extend(current, Math.max(missing, BLOCK)) >= missing)
        .orElse(false);
  }
}
