package io.modelgate.application.port;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Driven port: who changed what. Changes of keys and models note themselves, see {@link Deed}.
 * Thread-safe; blocks.
 */
public interface AuditTrail {
  /**
   * Notes that the admin key is replaced.
   *
   * @throws StoreUnavailable when it could not be kept
   */
  void noteAdminKey(Deed deed);

  /**
   * Looks changes up, the latest first.
   *
   * @param before only those with a smaller number; null for the latest
   * @param limit how many at most
   * @throws StoreUnavailable when they cannot be read
   */
  List<Entry> page(Wish wish, @Nullable Long before, int limit);

  /**
   * Which ones.
   *
   * @param from the first instant; null for the beginning
   * @param to the first instant after them; null for no end
   * @param kind {@code key}, {@code model} or {@code admin_key}; null for all
   * @param objectId of one key or model; null for all
   */
  record Wish(
      @Nullable Instant from,
      @Nullable Instant to,
      @Nullable String kind,
      @Nullable String objectId) {}

  /**
   * One change.
   *
   * @param before the fields that it changed as they were, a JSON object; null when there was
   *     nothing
   * @param after as they are since, a JSON object; null when there is nothing any more
   */
  record Entry(
      long number,
      Instant time,
      String actor,
      @Nullable String address,
      String action,
      String kind,
      @Nullable String objectId,
      @Nullable String objectName,
      @Nullable String before,
      @Nullable String after) {}
}
