package io.modelgate.infrastructure.store;

import io.helidon.dbclient.DbExecute;
import io.helidon.dbclient.DbRow;
import io.helidon.dbclient.DbStatementDml;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.ModelId;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.domain.routing.StreamUsage;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The rows of {@code models}, with their credentials encrypted. */
final class ModelTable {
  private final CredentialCipher cipher;

  ModelTable(CredentialCipher cipher) {
    this.cipher = cipher;
  }

  /** Whether there is any credential, which needs the secret key it was encrypted with. */
  static boolean hasCredentials(DbExecute execute) {
    return execute.get("SELECT id FROM models WHERE credential IS NOT NULL LIMIT 1").isPresent();
  }

  /**
   * All routes in the order in which they were added.
   *
   * @throws StoreRefused when a credential does not open, or a row makes no sense
   */
  List<ModelRoute> all(DbExecute execute) {
    try (Stream<DbRow> rows = execute.query("SELECT * FROM models ORDER BY sequence")) {
      return rows.map(row -> Columns.read(row, "model", "id", this::route)).toList();
    }
  }

  void insert(DbExecute execute, ModelRoute route) {
    fill(
            execute.createInsert(
                """
                INSERT INTO models
                  (id, name, backend, base_url, upstream_model, credential, timeout_ms,
                   stream_usage, max_output_tokens, status, created_at, updated_at)
                VALUES
                  (:id, :name, :backend, :base, :upstream, :credential, :timeout,
                   :usage, :most, :status, :created, :updated)
                """),
            route)
        .execute();
  }

  void update(DbExecute execute, ModelRoute route) {
    fill(
            execute.createUpdate(
                """
                UPDATE models
                SET name = :name, backend = :backend, base_url = :base, upstream_model = :upstream,
                  credential = :credential, timeout_ms = :timeout, stream_usage = :usage,
                  max_output_tokens = :most,
                  status = :status, created_at = :created, updated_at = :updated
                WHERE id = :id
                """),
            route)
        .execute();
  }

  static void delete(DbExecute execute, ModelId id) {
    execute.createDelete("DELETE FROM models WHERE id = :id").addParam("id", id.value()).execute();
  }

  /** The route as it will be read back: to the millisecond, a timeout rounded up to one. */
  static ModelRoute kept(ModelRoute route) {
    Long millis = timeoutMillis(route.timeout());
    return new ModelRoute(
        route.id(),
        route.name(),
        route.backend(),
        route.baseUrl(),
        route.upstreamModel(),
        route.credential(),
        millis == null ? null : Duration.ofMillis(millis),
        route.streamUsage(),
        route.maxOutputTokens(),
        route.enabled(),
        Columns.kept(route.createdAt()),
        Columns.kept(route.updatedAt()));
  }

  private DbStatementDml fill(DbStatementDml statement, ModelRoute route) {
    BaseUrl base = route.baseUrl();
    Credential credential = route.credential();
    StreamUsage usage = route.streamUsage();
    return statement
        .addParam("id", route.id().value())
        .addParam("name", route.name().value())
        .addParam("backend", route.backend().wireName())
        .addParam("base", base == null ? null : base.toString())
        .addParam("upstream", route.upstreamModel())
        .addParam("credential", credential == null ? null : cipher.encrypt(route.id(), credential))
        .addParam("timeout", timeoutMillis(route.timeout()))
        .addParam("usage", usage == null ? null : usage.wireName())
        .addParam("most", route.maxOutputTokens())
        .addParam("status", Columns.status(route.enabled()))
        .addParam("created", Columns.millis(route.createdAt()))
        .addParam("updated", Columns.millis(route.updatedAt()));
  }

  private ModelRoute route(DbRow row) {
    var id = new ModelId(Columns.text(row, "id"));
    String base = Columns.textOrNull(row, "base_url");
    Long timeout = Columns.numberOrNull(row, "timeout_ms");
    String usage = Columns.textOrNull(row, "stream_usage");
    return new ModelRoute(
        id,
        new ModelName(Columns.text(row, "name")),
        backend(Columns.text(row, "backend")),
        base == null ? null : BaseUrl.of(base),
        Columns.textOrNull(row, "upstream_model"),
        credential(id, Columns.bytesOrNull(row, "credential")),
        timeout == null ? null : Duration.ofMillis(timeout),
        usage == null ? null : StreamUsage.ofWireName(usage).orElseThrow(),
        Columns.numberOrNull(row, "max_output_tokens"),
        Columns.enabled(row),
        Columns.instant(row, "created_at"),
        Columns.instant(row, "updated_at"));
  }

  private static BackendKind backend(String name) {
    return BackendKind.ofWireName(name)
        .orElseThrow(() -> new IllegalArgumentException("no kind of backend is called " + name));
  }

  private @Nullable Credential credential(ModelId id, byte @Nullable [] kept) {
    if (kept == null) {
      return null;
    }
    try {
      return cipher.decrypt(id, kept);
    } catch (GeneralSecurityException e) {
      throw new StoreRefused(
          "The credential of model %s cannot be decrypted: it was encrypted with another secret key. Set MG_SECRET_KEY, or the file secret-key beside the database, to the key it was encrypted with."
              .formatted(id),
          e);
    }
  }

  private static @Nullable Long timeoutMillis(@Nullable Duration timeout) {
    return timeout == null ? null : Math.max(1, timeout.toMillis());
  }
}
