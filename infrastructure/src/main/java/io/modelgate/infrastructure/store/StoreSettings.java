package io.modelgate.infrastructure.store;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the store needs to know.
 *
 * @param database the SQLite file; made when missing, and its directory too. Beside it stand {@code
 *     -wal} and {@code -shm} while the store is open, {@code .lock}, and perhaps {@code secret-key}
 * @param secretKey what upstream credentials are encrypted with, any text of 16 characters or more
 *     that nobody can guess (for example {@code openssl rand -base64 32}); null to keep one in the
 *     file {@code secret-key} beside the database
 * @param durability of charges and usage records; keys and models are always kept {@link
 *     Durability#FULL}
 * @param zone whose midnights begin the quotas' days, weeks and months. After a change, periods
 *     that began at another instant in the old zone begin at nothing
 * @param usage asked again each time
 * @param clock tells which records are old
 */
public record StoreSettings(
    Path database,
    @Nullable String secretKey,
    Durability durability,
    ZoneId zone,
    Supplier<UsagePolicy> usage,
    InstantSource clock) {
  /** With days in UTC and everything else as it is by default. */
  public StoreSettings(Path database, @Nullable String secretKey, InstantSource clock) {
    this(database, secretKey, Durability.NORMAL, ZoneOffset.UTC, () -> UsagePolicy.DEFAULT, clock);
  }

  /** Shows where, never the key. */
  @Override
  public String toString() {
    return "StoreSettings[database=" + database + "]";
  }

  /** What a commit outlives. */
  public enum Durability {
    /** The death of the process; a power cut may take the last seconds. */
    NORMAL,
    /** A power cut too, at the price of a flush of the disk for each commit. */
    FULL
  }

  /**
   * How usage records are dealt with.
   *
   * @param retention how long the record of a single call is kept, longer than nothing; sums by
   *     hour and by day stay
   */
  public record UsagePolicy(OnStoreFailure onStoreFailure, Duration retention) {
    public static final UsagePolicy DEFAULT =
        new UsagePolicy(OnStoreFailure.REFUSE, Duration.ofDays(90));

    public UsagePolicy {
      if (!retention.isPositive()) {
        throw new IllegalArgumentException(
            "records are kept longer than nothing, got " + retention);
      }
    }
  }

  /** What becomes of new calls while records of earlier ones cannot be kept. */
  public enum OnStoreFailure {
    /** They are refused. */
    REFUSE,
    /**
     * They are served, and their records wait in memory, 100,000 at most; then calls are refused
     * all the same.
     */
    SERVE
  }
}
