package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.databind.JsonNode;
import io.modelgate.domain.access.KeyScope;
import io.modelgate.domain.access.KeyTerms;
import io.modelgate.domain.access.ModelPattern;
import io.modelgate.domain.access.QuotaPeriod;
import io.modelgate.domain.access.RateLimits;
import io.modelgate.domain.access.Tier;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.domain.net.Network;
import io.modelgate.domain.routing.ModelName;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a request says about a key. */
record KeyFields(
    Field<String> name,
    Field<@Nullable String> note,
    Field<@Nullable Instant> expiresAt,
    Field<@Nullable Long> quotaTokens,
    Field<QuotaPeriod> quotaPeriod,
    Field<@Nullable Long> rpm,
    Field<@Nullable Long> burst,
    Field<@Nullable Long> tpm,
    Field<@Nullable Long> maxConcurrent,
    Field<@Nullable List<ModelPattern>> allowedModels,
    Field<@Nullable String> defaultModel,
    Field<@Nullable List<Network>> allowedIps,
    Field<Tier> tier,
    Field<Boolean> enabled) {
  private static final List<String> NAMES =
      List.of(
          "name",
          "note",
          "expires_at",
          "quota_tokens",
          "quota_period",
          "rpm",
          "burst",
          "tpm",
          "max_concurrent",
          "allowed_models",
          "default_model",
          "allowed_ips",
          "tier",
          "enabled",
          "status");
  private static final String PERIODS =
      "one of "
          + Arrays.stream(QuotaPeriod.values())
              .map(QuotaPeriod::wireName)
              .collect(Collectors.joining(", "));

  /** 2^53-1, the largest whole number that survives every JSON library. */
  private static final long MAX_QUOTA = (1L << 53) - 1;

  static KeyFields of(JsonFields fields) {
    fields.allowOnly(NAMES);
    return new KeyFields(
        fields.value(
            "name",
            "text of 1 to " + KeyTerms.MAX_NAME_LENGTH + " characters on one line",
            node -> JsonFields.line(node, KeyTerms.MAX_NAME_LENGTH)),
        fields.nullable(
            "note",
            "text of 1 to " + KeyTerms.MAX_NOTE_LENGTH + " characters",
            node -> JsonFields.lines(node, KeyTerms.MAX_NOTE_LENGTH)),
        fields.nullable(
            "expires_at",
            "an RFC 3339 time, e.g. \"2030-12-31T23:59:59Z\"",
            node -> instant(node.textValue())),
        limit(fields, "quota_tokens", MAX_QUOTA),
        fields.value("quota_period", PERIODS, KeyFields::period),
        limit(fields, "rpm", RateLimits.MAX_RPM),
        limit(fields, "burst", RateLimits.MAX_RPM),
        limit(fields, "tpm", RateLimits.MAX_TPM),
        limit(fields, "max_concurrent", RateLimits.MAX_CONCURRENT),
        fields.list(
            "allowed_models",
            KeyScope.MOST,
            "the name of a model, in which * stands for any characters",
            KeyFields::pattern),
        fields.nullable(
            "default_model", "the name of a model", node -> modelName(node.textValue())),
        fields.list(
            "allowed_ips",
            KeyScope.MOST,
            "a network such as " + Network.ALLOWED,
            text -> Network.parse(text).orElse(null)),
        fields.value("tier", "\"free\" or \"paid\"", KeyFields::tier),
        fields.enabled());
  }

  /** A limit: 0 allows none, null has none. */
  private static Field<@Nullable Long> limit(JsonFields fields, String name, long most) {
    return fields.nullable(
        name, "a whole number from 0 to " + most, node -> JsonFields.wholeNumber(node, 0, most));
  }

  private static @Nullable QuotaPeriod period(JsonNode node) {
    String text = node.textValue();
    return text == null ? null : QuotaPeriod.ofWireName(text).orElse(null);
  }

  private static @Nullable Tier tier(JsonNode node) {
    String text = node.textValue();
    return text == null ? null : Tier.ofWireName(text).orElse(null);
  }

  /** What a new key is to be called. */
  String nameOfNew() {
    return name.orElseThrow(
        () -> Rejected.field("name", "'name' is missing: what the key is to be known by"));
  }

  /**
   * The terms of a new key.
   *
   * @param usual those of the installation
   * @param now a new key that has expired before then is taken for a slip of the pen and refused;
   *     an old key may be given any time, so that it can be made to expire at once
   */
  KeyTerms issue(KeyTerms usual, Instant now) {
    Instant expiry = expiresAt.or(null);
    if (expiry != null && !expiry.isAfter(now)) {
      throw Rejected.field("expires_at", "'expires_at' must be in the future for a new key");
    }
    return applyTo(usual);
  }

  /** The terms with what was said of them changed. */
  KeyTerms applyTo(KeyTerms terms) {
    return new KeyTerms(
        name.or(terms.name()),
        note.or(terms.note()),
        quota(terms.quota()),
        limits(terms.limits()),
        scope(terms.scope()),
        tier.or(terms.tier()),
        enabled.or(terms.enabled()),
        expiresAt.or(terms.expiresAt()));
  }

  private KeyScope scope(KeyScope before) {
    List<ModelPattern> models = allowedModels.or(before.models());
    List<Network> networks = allowedIps.or(before.networks());
    return new KeyScope(
        models == null ? List.of() : models,
        defaultModel.or(before.defaultModel()),
        networks == null ? List.of() : networks);
  }

  private TokenQuota quota(TokenQuota before) {
    return new TokenQuota(quotaTokens.or(before.limit()), quotaPeriod.or(before.period()));
  }

  private RateLimits limits(RateLimits before) {
    return new RateLimits(
        rpm.or(before.rpm()),
        burst.or(before.burst()),
        tpm.or(before.tpm()),
        maxConcurrent.or(before.maxConcurrent()));
  }

  private static @Nullable ModelPattern pattern(String text) {
    return ModelPattern.isValid(text) ? new ModelPattern(text) : null;
  }

  private static @Nullable String modelName(@Nullable String text) {
    return text != null && ModelName.isValid(text) ? text : null;
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
