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
import io.modelgate.domain.routing.ModelSource;
import io.modelgate.domain.routing.StreamUsage;
import io.modelgate.domain.routing.Target;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The rows of {@code models}, {@code model_targets} and {@code model_fallbacks}, with the
 * credentials encrypted.
 */
final class ModelTable {
  private final CredentialCipher cipher;

  ModelTable(CredentialCipher cipher) {
    this.cipher = cipher;
  }

  /** Whether there is any credential, which needs the secret key it was encrypted with. */
  static boolean hasCredentials(DbExecute execute) {
    return execute
        .get("SELECT position FROM model_targets WHERE credential IS NOT NULL LIMIT 1")
        .isPresent();
  }

  /**
   * All routes in the order in which they were added.
   *
   * @throws StoreRefused when a credential does not open, or a row makes no sense
   */
  List<ModelRoute> all(DbExecute execute) {
    Map<ModelId, List<Target>> targets = grouped(execute, "model_targets", this::target);
    Map<ModelId, List<ModelName>> fallbacks =
        grouped(execute, "model_fallbacks", row -> new ModelName(Columns.text(row, "name")));
    try (Stream<DbRow> rows = execute.query("SELECT * FROM models ORDER BY sequence")) {
      return rows.map(row -> Columns.read(row, "model", "id", of -> route(of, targets, fallbacks)))
          .toList();
    }
  }

  private static <T> Map<ModelId, List<T>> grouped(
      DbExecute execute, String table, Function<DbRow, T> reader) {
    try (Stream<DbRow> rows =
        execute.query("SELECT * FROM " + table + " ORDER BY model_id, position")) {
      return rows.collect(
          Collectors.groupingBy(
              row -> new ModelId(Columns.text(row, "model_id")),
              Collectors.mapping(
                  row -> Columns.read(row, "model", "model_id", reader), Collectors.toList())));
    }
  }

  void insert(DbExecute execute, ModelRoute route) {
    fill(
            execute.createInsert(
                """
                INSERT INTO models
                  (id, name, timeout_ms, stream_usage, max_output_tokens, source, status,
                   created_at, updated_at)
                VALUES
                  (:id, :name, :timeout, :usage, :most, :source, :status, :created, :updated)
                """),
            route)
        .execute();
    insertParts(execute, route);
  }

  void update(DbExecute execute, ModelRoute route) {
    fill(
            execute.createUpdate(
                """
                UPDATE models
                SET name = :name, timeout_ms = :timeout, stream_usage = :usage,
                  max_output_tokens = :most, source = :source, status = :status,
                  created_at = :created, updated_at = :updated
                WHERE id = :id
                """),
            route)
        .execute();
    deleteParts(execute, route.id());
    insertParts(execute, route);
  }

  static void delete(DbExecute execute, ModelId id) {
    execute.createDelete("DELETE FROM models WHERE id = :id").addParam("id", id.value()).execute();
    deleteParts(execute, id);
  }

  private void insertParts(DbExecute execute, ModelRoute route) {
    for (int i = 0; i < route.targets().size(); i++) {
      insert(execute, route.id(), i, route.targets().get(i));
    }
    for (int i = 0; i < route.fallbacks().size(); i++) {
      execute
          .createInsert("INSERT INTO model_fallbacks VALUES (:id, :position, :name)")
          .addParam("id", route.id().value())
          .addParam("position", i)
          .addParam("name", route.fallbacks().get(i).value())
          .execute();
    }
  }

  private void insert(DbExecute execute, ModelId model, int position, Target target) {
    BaseUrl base = target.baseUrl();
    Credential credential = target.credential();
    execute
        .createInsert(
            """
            INSERT INTO model_targets VALUES
              (:id, :position, :backend, :base, :upstream, :credential, :weight, :priority)
            """)
        .addParam("id", model.value())
        .addParam("position", position)
        .addParam("backend", target.backend().wireName())
        .addParam("base", base == null ? null : base.toString())
        .addParam("upstream", target.upstreamModel())
        .addParam("credential", credential == null ? null : cipher.encrypt(model, credential))
        .addParam("weight", target.weight())
        .addParam("priority", target.priority())
        .execute();
  }

  private static void deleteParts(DbExecute execute, ModelId id) {
    for (String table : List.of("model_targets", "model_fallbacks")) {
      execute
          .createDelete("DELETE FROM " + table + " WHERE model_id = :id")
          .addParam("id", id.value())
          .execute();
    }
  }

  /** The route as it will be read back: to the millisecond, a timeout rounded up to one. */
  static ModelRoute kept(ModelRoute route) {
    Long millis = timeoutMillis(route.timeout());
    return new ModelRoute(
        route.id(),
        route.name(),
        route.targets(),
        route.fallbacks(),
        millis == null ? null : Duration.ofMillis(millis),
        route.streamUsage(),
        route.maxOutputTokens(),
        route.source(),
        route.enabled(),
        Columns.kept(route.createdAt()),
        Columns.kept(route.updatedAt()));
  }

  private static DbStatementDml fill(DbStatementDml statement, ModelRoute route) {
    StreamUsage usage = route.streamUsage();
    return statement
        .addParam("id", route.id().value())
        .addParam("name", route.name().value())
        .addParam("timeout", timeoutMillis(route.timeout()))
        .addParam("usage", usage == null ? null : usage.wireName())
        .addParam("most", route.maxOutputTokens())
        .addParam("source", route.source().wireName())
        .addParam("status", Columns.status(route.enabled()))
        .addParam("created", Columns.millis(route.createdAt()))
        .addParam("updated", Columns.millis(route.updatedAt()));
  }

  private static ModelRoute route(
      DbRow row, Map<ModelId, List<Target>> targets, Map<ModelId, List<ModelName>> fallbacks) {
    var id = new ModelId(Columns.text(row, "id"));
    Long timeout = Columns.numberOrNull(row, "timeout_ms");
    String usage = Columns.textOrNull(row, "stream_usage");
    return new ModelRoute(
        id,
        new ModelName(Columns.text(row, "name")),
        targets.getOrDefault(id, List.of()),
        fallbacks.getOrDefault(id, List.of()),
        timeout == null ? null : Duration.ofMillis(timeout),
        usage == null ? null : StreamUsage.ofWireName(usage).orElseThrow(),
        Columns.numberOrNull(row, "max_output_tokens"),
        ModelSource.ofWireName(Columns.text(row, "source")).orElseThrow(),
        Columns.enabled(row),
        Columns.instant(row, "created_at"),
        Columns.instant(row, "updated_at"));
  }

  private Target target(DbRow row) {
    String base = Columns.textOrNull(row, "base_url");
    return new Target(
        backend(Columns.text(row, "backend")),
        base == null ? null : BaseUrl.of(base),
        Columns.textOrNull(row, "upstream_model"),
        credential(
            new ModelId(Columns.text(row, "model_id")), Columns.bytesOrNull(row, "credential")),
        Math.toIntExact(Columns.number(row, "weight")),
        Math.toIntExact(Columns.number(row, "priority")));
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
