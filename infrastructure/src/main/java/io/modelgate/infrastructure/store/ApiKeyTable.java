package io.modelgate.infrastructure.store;

import io.helidon.dbclient.DbExecute;
import io.helidon.dbclient.DbRow;
import io.helidon.dbclient.DbStatementDml;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.QuotaPeriod;
import io.modelgate.domain.access.RateLimits;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.domain.access.Tier;
import io.modelgate.domain.access.TokenQuota;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The rows of {@code api_keys}. */
final class ApiKeyTable {
  private ApiKeyTable() {}

  /** In the order in which they were added. */
  static List<ApiKey> all(DbExecute execute) {
    try (Stream<DbRow> rows = execute.query("SELECT * FROM api_keys ORDER BY sequence")) {
      return rows.map(row -> Columns.read(row, "key", "id", ApiKeyTable::key)).toList();
    }
  }

  static void insert(DbExecute execute, ApiKey key) {
    fill(
            execute.createInsert(
                """
                INSERT INTO api_keys
                  (id, name, prefix, hash, quota_tokens, quota_period, rpm, burst, tpm, max_concurrent,
                   tier, status, expires_at, created_at, updated_at)
                VALUES
                  (:id, :name, :prefix, :hash, :quota, :period, :rpm, :burst, :tpm, :concurrent,
                   :tier, :status, :expires, :created, :updated)
                """),
            key)
        .execute();
  }

  static void update(DbExecute execute, ApiKey key) {
    fill(
            execute.createUpdate(
                """
                UPDATE api_keys
                SET name = :name, prefix = :prefix, hash = :hash, quota_tokens = :quota,
                  quota_period = :period, rpm = :rpm, burst = :burst, tpm = :tpm,
                  max_concurrent = :concurrent, tier = :tier, status = :status, expires_at = :expires, created_at = :created,
                  updated_at = :updated
                WHERE id = :id
                """),
            key)
        .execute();
  }

  static void delete(DbExecute execute, KeyId id) {
    execute
        .createDelete("DELETE FROM api_keys WHERE id = :id")
        .addParam("id", id.value())
        .execute();
  }

  /** The key as it will be read back: to the millisecond. */
  static ApiKey kept(ApiKey key) {
    Instant expiry = key.expiresAt();
    return new ApiKey(
        key.id(),
        key.name(),
        key.prefix(),
        key.hash(),
        key.quota(),
        key.limits(),
        key.tier(),
        key.enabled(),
        expiry == null ? null : Columns.kept(expiry),
        Columns.kept(key.createdAt()),
        Columns.kept(key.updatedAt()));
  }

  private static DbStatementDml fill(DbStatementDml statement, ApiKey key) {
    return statement
        .addParam("id", key.id().value())
        .addParam("name", key.name())
        .addParam("prefix", key.prefix())
        .addParam("hash", key.hash().digest())
        .addParam("quota", key.quota().limit())
        .addParam("period", key.quota().period().wireName())
        .addParam("rpm", key.limits().rpm())
        .addParam("burst", key.limits().burst())
        .addParam("tpm", key.limits().tpm())
        .addParam("concurrent", key.limits().maxConcurrent())
        .addParam("tier", key.tier().wireName())
        .addParam("status", Columns.status(key.enabled()))
        .addParam("expires", Columns.millis(key.expiresAt()))
        .addParam("created", Columns.millis(key.createdAt()))
        .addParam("updated", Columns.millis(key.updatedAt()));
  }

  private static ApiKey key(DbRow row) {
    return new ApiKey(
        new KeyId(Columns.text(row, "id")),
        Columns.text(row, "name"),
        Columns.text(row, "prefix"),
        SecretHash.ofDigest(Objects.requireNonNull(Columns.bytesOrNull(row, "hash"), "hash")),
        new TokenQuota(
            Columns.numberOrNull(row, "quota_tokens"),
            QuotaPeriod.ofWireName(Columns.text(row, "quota_period")).orElseThrow()),
        new RateLimits(
            Columns.numberOrNull(row, "rpm"),
            Columns.numberOrNull(row, "burst"),
            Columns.numberOrNull(row, "tpm"),
            Columns.numberOrNull(row, "max_concurrent")),
        Tier.ofWireName(Columns.text(row, "tier")).orElseThrow(),
        Columns.enabled(row),
        Columns.instantOrNull(row, "expires_at"),
        Columns.instant(row, "created_at"),
        Columns.instant(row, "updated_at"));
  }
}
