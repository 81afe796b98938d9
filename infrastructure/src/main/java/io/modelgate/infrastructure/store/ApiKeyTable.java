package io.modelgate.infrastructure.store;

import io.helidon.dbclient.DbExecute;
import io.helidon.dbclient.DbRow;
import io.helidon.dbclient.DbStatementDml;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.KeyScope;
import io.modelgate.domain.access.KeySecret;
import io.modelgate.domain.access.KeyTerms;
import io.modelgate.domain.access.ModelPattern;
import io.modelgate.domain.access.QuotaPeriod;
import io.modelgate.domain.access.RateLimits;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.domain.access.Tier;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.domain.net.Network;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

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
                  (id, name, note, prefix, hash, former_hash, former_until, quota_tokens,
                   quota_period, rpm, burst, tpm, max_concurrent, allowed_models, default_model,
                   allowed_networks, tier, status, expires_at, created_at, updated_at)
                VALUES
                  (:id, :name, :note, :prefix, :hash, :former, :until, :quota,
                   :period, :rpm, :burst, :tpm, :concurrent, :models, :model,
                   :networks, :tier, :status, :expires, :created, :updated)
                """),
            key)
        .execute();
  }

  static void update(DbExecute execute, ApiKey key) {
    fill(
            execute.createUpdate(
                """
                UPDATE api_keys
                SET name = :name, note = :note, prefix = :prefix, hash = :hash,
                  former_hash = :former, former_until = :until, quota_tokens = :quota,
                  quota_period = :period, rpm = :rpm, burst = :burst, tpm = :tpm,
                  max_concurrent = :concurrent, allowed_models = :models, default_model = :model,
                  allowed_networks = :networks, tier = :tier, status = :status,
                  expires_at = :expires, created_at = :created, updated_at = :updated
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
    Instant expiry = key.terms().expiresAt();
    KeySecret secret = key.secret();
    KeySecret.Former former = secret.former();
    return new ApiKey(
        key.id(),
        former == null
            ? secret
            : new KeySecret(
                secret.prefix(),
                secret.hash(),
                new KeySecret.Former(former.hash(), Columns.kept(former.until()))),
        expiry == null ? key.terms() : key.terms().withExpiry(Columns.kept(expiry)),
        Columns.kept(key.createdAt()),
        Columns.kept(key.updatedAt()));
  }

  private static DbStatementDml fill(DbStatementDml statement, ApiKey key) {
    KeyTerms terms = key.terms();
    KeyScope scope = terms.scope();
    KeySecret.Former former = key.secret().former();
    return statement
        .addParam("id", key.id().value())
        .addParam("name", terms.name())
        .addParam("note", terms.note())
        .addParam("prefix", key.secret().prefix())
        .addParam("hash", key.secret().hash().digest())
        .addParam("former", former == null ? null : former.hash().digest())
        .addParam("until", former == null ? null : Columns.millis(former.until()))
        .addParam("quota", terms.quota().limit())
        .addParam("period", terms.quota().period().wireName())
        .addParam("rpm", terms.limits().rpm())
        .addParam("burst", terms.limits().burst())
        .addParam("tpm", terms.limits().tpm())
        .addParam("concurrent", terms.limits().maxConcurrent())
        .addParam("models", Columns.list(scope.models()))
        .addParam("model", scope.defaultModel())
        .addParam("networks", Columns.list(scope.networks()))
        .addParam("tier", terms.tier().wireName())
        .addParam("status", Columns.status(terms.enabled()))
        .addParam("expires", Columns.millis(terms.expiresAt()))
        .addParam("created", Columns.millis(key.createdAt()))
        .addParam("updated", Columns.millis(key.updatedAt()));
  }

  private static ApiKey key(DbRow row) {
    return new ApiKey(
        new KeyId(Columns.text(row, "id")),
        new KeySecret(
            Columns.text(row, "prefix"),
            SecretHash.ofDigest(Objects.requireNonNull(Columns.bytesOrNull(row, "hash"), "hash")),
            former(row)),
        new KeyTerms(
            Columns.text(row, "name"),
            Columns.textOrNull(row, "note"),
            new TokenQuota(
                Columns.numberOrNull(row, "quota_tokens"),
                QuotaPeriod.ofWireName(Columns.text(row, "quota_period")).orElseThrow()),
            new RateLimits(
                Columns.numberOrNull(row, "rpm"),
                Columns.numberOrNull(row, "burst"),
                Columns.numberOrNull(row, "tpm"),
                Columns.numberOrNull(row, "max_concurrent")),
            scope(row),
            Tier.ofWireName(Columns.text(row, "tier")).orElseThrow(),
            Columns.enabled(row),
            Columns.instantOrNull(row, "expires_at")),
        Columns.instant(row, "created_at"),
        Columns.instant(row, "updated_at"));
  }

  private static KeySecret.@Nullable Former former(DbRow row) {
    byte[] hash = Columns.bytesOrNull(row, "former_hash");
    return hash == null
        ? null
        : new KeySecret.Former(SecretHash.ofDigest(hash), Columns.instant(row, "former_until"));
  }

  private static KeyScope scope(DbRow row) {
    return new KeyScope(
        Columns.list(row, "allowed_models", ModelPattern::new),
        Columns.textOrNull(row, "default_model"),
        Columns.list(row, "allowed_networks", Network::of));
  }
}
