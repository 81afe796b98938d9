package io.modelgate.application.port;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a change is noted down as; the store writes it with the change, both or neither.
 *
 * @param time to the millisecond
 */
public record Deed(Action action, Author author, Instant time) {
  /** One of this moment, to the millisecond: what is shown now is what the store shows later. */
  public static Deed now(Action action, Author author, InstantSource clock) {
    return new Deed(action, author, clock.instant().truncatedTo(ChronoUnit.MILLIS));
  }

  /** What was done. */
  public enum Action {
    CREATE,
    UPDATE,
    DELETE,
    ROTATE,
    RESET_USAGE;

    /** As written in the store and in the admin API, e.g. {@code reset_usage}. */
    public String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Who did it.
   *
   * @param name {@code admin}, the id of a key whose holder it was, or {@code gateway}
   * @param address where the request came from; null when there was none or nobody can tell
   */
  public record Author(String name, @Nullable String address) {
    /** The program itself, as for what a demo brings along. */
    public static final Author GATEWAY = new Author("gateway", null);
  }
}
