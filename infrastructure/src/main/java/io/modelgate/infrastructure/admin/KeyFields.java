package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.databind.JsonNode;
import io.modelgate.application.admin.IssueApiKey.NewKey;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.TokenQuota;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a request says about a key. */
record KeyFields(
    Field<String> name,
    Field<@Nullable Instant> expiresAt,
    Field<TokenQuota> quota,
    Field<Boolean> enabled) {
  private static final List<String> NAMES =
      List.of("name", "expires_at", "quota_tokens", "enabled", "status");

  /** 2^53-1, the largest whole number that survives every JSON library. */
  private static final long MAX_QUOTA = (1L << 53) - 1;

  static KeyFields of(JsonFields fields) {
    fields.allowOnly(NAMES);
    return new KeyFields(
        fields.value(
            "name",
            "text of 1 to " + ApiKey.MAX_NAME_LENGTH + " characters on one line",
            node -> JsonFields.line(node, ApiKey.MAX_NAME_LENGTH)),
        fields.nullable(
            "expires_at",
            "an RFC 3339 time, e.g. \"2030-12-31T23:59:59Z\"",
            node -> instant(node.textValue())),
        fields.value(
            "quota_tokens",
            "a whole number from 0 to " + MAX_QUOTA + ", or null for no limit",
            KeyFields::quota),
        fields.enabled());
  }

  /**
   * The key to issue.
   *
   * @param now a new key that has expired before then is taken for a slip of the pen and refused;
   *     an old key may be given any time, so that it can be made to expire at once
   */
  NewKey toIssue(Instant now) {
    Instant expiry = expiresAt.or(null);
    if (expiry != null && !expiry.isAfter(now)) {
      throw Rejected.field("expires_at", "'expires_at' must be in the future for a new key");
    }
    return new NewKey(
        switch (name) {
          case Field.Given<String>(String given) -> given;
          case Field.Absent<String> _ ->
              throw Rejected.field("name", "'name' is missing: what the key is to be known by");
        },
        expiry,
        switch (quota) {
          case Field.Given<TokenQuota>(TokenQuota given) -> given;
          case Field.Absent<TokenQuota> _ -> null;
        },
        enabled.or(true));
  }

  /** The key with what was said of it changed. */
  ApiKey applyTo(ApiKey key) {
    return key.withName(name.or(key.name()))
        .withExpiry(expiresAt.or(key.expiresAt()))
        .withQuota(quota.or(key.quota()))
        .withEnabled(enabled.or(key.enabled()));
  }

  private static @Nullable TokenQuota quota(JsonNode node) {
    if (node.isNull()) {
      return TokenQuota.UNLIMITED;
    }
    Long limit = JsonFields.wholeNumber(node, 0, MAX_QUOTA);
    return limit == null ? null : TokenQuota.of(limit);
  }

  /** Kept to the millisecond, from the year 1 to 9999 (RFC 3339 knows no others). */
  private static @Nullable Instant instant(@Nullable String text) {
    if (text == null) {
      return null;
    }
    try {
      OffsetDateTime utc = OffsetDateTime.parse(text).withOffsetSameInstant(ZoneOffset.UTC);
      return utc.getYear() < 1 || utc.getYear() > 9999
          ? null
          : utc.toInstant().truncatedTo(ChronoUnit.MILLIS);
    } catch (DateTimeException _) {
      return null;
    }
  }
}
