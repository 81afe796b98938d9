package io.modelgate.infrastructure.admin;

import io.helidon.webserver.http.ServerRequest;
import io.modelgate.application.port.LastUses;
import io.modelgate.application.port.Quotas;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.ApiKey.Standing;
import io.modelgate.domain.access.QuotaStanding;
import io.modelgate.domain.access.Tier;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which keys a request wants to see, and in which order. All keys are in memory, and so is the work
 * on them.
 *
 * @param q in lower case; null for all
 * @param after where the page before ended; null for the first
 */
record KeyListing(
    @Nullable String q,
    @Nullable Status status,
    @Nullable Tier tier,
    Sort sort,
    boolean descending,
    int limit,
    @Nullable Cursor after) {
  private static final int LONGEST_SEARCH = 200;
  private static final long WHOLE = 1_000_000;
  private static final Set<String> PARAMETERS =
      Set.of("q", "status", "tier", "sort", "order", "limit", "after");

  /** How a key is. */
  enum Status {
    ACTIVE,
    DISABLED,
    EXPIRED,
    EXHAUSTED
  }

  /** What keys can be sorted by. */
  enum Sort {
    CREATED_AT,
    NAME,
    LAST_USED_AT,
    USED_TOKENS,
    QUOTA_USED
  }

  /** One page. */
  record Page(List<ApiKey> keys, @Nullable String next, int total) {}

  static KeyListing of(ServerRequest request) {
    Query query = Query.of(request, PARAMETERS);
    String q = query.text("q", LONGEST_SEARCH);
    Sort sort = query.oneOf("sort", List.of(Sort.values()), KeyListing::wireName);
    String order = query.oneOf("order", List.of("asc", "desc"), word -> word);
    return new KeyListing(
        q == null ? null : q.toLowerCase(Locale.ROOT),
        query.oneOf("status", List.of(Status.values()), KeyListing::wireName),
        query.oneOf("tier", Arrays.asList(Tier.values()), Tier::wireName),
        sort == null ? Sort.CREATED_AT : sort,
        "desc".equals(order),
        query.limit(),
        query.after());
  }

  private static String wireName(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  /** A key with what it is sorted by: one of the two, then its id. */
  private record Row(ApiKey key, String text, long number) {
    static final Comparator<Row> ORDER =
        Comparator.comparingLong(Row::number)
            .thenComparing(Row::text)
            .thenComparing(row -> row.key.id().value());
  }

  /**
   * The page of those keys.
   *
   * @param all oldest first
   */
  Page of(List<ApiKey> all, Quotas quotas, LastUses lastUses, Instant now) {
    List<Row> rows =
        all.stream()
            .filter(key -> isWanted(key, quotas, now))
            .map(key -> row(key, quotas, lastUses, now))
            .sorted(descending ? Row.ORDER.reversed() : Row.ORDER)
            .toList();
    List<Row> page = rows.stream().filter(this::isAfter).limit(limit + 1L).toList();
    boolean more = page.size() > limit;
    List<Row> shown = more ? page.subList(0, limit) : page;
    return new Page(
        shown.stream().map(Row::key).toList(),
        more ? cursor(shown.getLast()).text() : null,
        rows.size());
  }

  private boolean isWanted(ApiKey key, Quotas quotas, Instant now) {
    return (tier == null || key.terms().tier() == tier)
        && (status == null || has(status, key, quotas, now))
        && (q == null || matches(key, q));
  }

  private static boolean matches(ApiKey key, String q) {
    String note = key.terms().note();
    return key.terms().name().toLowerCase(Locale.ROOT).contains(q)
        || (note != null && note.toLowerCase(Locale.ROOT).contains(q))
        || key.secret().prefix().toLowerCase(Locale.ROOT).startsWith(q)
        || key.id().value().startsWith(q);
  }

  private static boolean has(Status status, ApiKey key, Quotas quotas, Instant now) {
    Standing standing = key.standing(now);
    return switch (status) {
      case ACTIVE -> standing == Standing.GOOD;
      case DISABLED -> standing == Standing.DISABLED;
      case EXPIRED -> standing == Standing.EXPIRED;
      case EXHAUSTED -> quotaUsed(quotas.standing(key.id(), key.terms().quota(), now)) >= WHOLE;
    };
  }

  /** In millionths; none of a quota that has no end. */
  static long quotaUsed(QuotaStanding standing) {
    Long limit = standing.quota().limit();
    if (limit == null) {
      return 0;
    }
    return limit == 0 ? WHOLE : Math.round((double) standing.used() / limit * WHOLE);
  }

  private Row row(ApiKey key, Quotas quotas, LastUses lastUses, Instant now) {
    return switch (sort) {
      case CREATED_AT -> new Row(key, "", key.createdAt().toEpochMilli());
      case NAME -> new Row(key, key.terms().name().toLowerCase(Locale.ROOT), 0);
      case LAST_USED_AT ->
          new Row(key, "", lastUses.of(key.id()).map(Instant::toEpochMilli).orElse(-1L));
      case USED_TOKENS ->
          new Row(key, "", quotas.standing(key.id(), key.terms().quota(), now).used());
      case QUOTA_USED ->
          new Row(key, "", quotaUsed(quotas.standing(key.id(), key.terms().quota(), now)));
    };
  }

  private static Cursor cursor(Row row) {
    return Cursor.create().with(row.number()).with(row.text()).with(row.key().id().value());
  }

  private boolean isAfter(Row row) {
    if (after == null) {
      return true;
    }
    int order =
        Comparator.comparingLong(Row::number)
            .thenComparing(Row::text)
            .compare(row, new Row(row.key(), after.text(1), after.number(0)));
    int place = order == 0 ? row.key().id().value().compareTo(after.text(2)) : order;
    return descending ? place < 0 : place > 0;
  }
}
