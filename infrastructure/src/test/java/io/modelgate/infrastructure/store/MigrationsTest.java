package io.modelgate.infrastructure.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.KeySecret;
import io.modelgate.domain.access.KeyTerms;
import io.modelgate.domain.access.RateLimits;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.ModelId;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.domain.routing.StreamUsage;
import io.modelgate.domain.routing.Target;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class MigrationsTest {
  private static final String FIRST = Migrations.ALL.scripts().getFirst();

  @TempDir private Path directory;
  private StoreSettings settings;

  @BeforeEach
  void name() {
    settings = Stores.settings(directory.resolve("modelgate.db"));
  }

  @Test
  void everyScriptBesideTheClassIsKnownAndInOrder() throws IOException, URISyntaxException {
    URI home = Objects.requireNonNull(Migrations.class.getResource("/" + resource(FIRST))).toURI();
    try (Stream<Path> files = Files.list(Objects.requireNonNull(Path.of(home).getParent()))) {
      assertThat(files.map(file -> String.valueOf(file.getFileName())))
          .filteredOn(name -> name.endsWith(".sql"))
          .containsExactlyInAnyOrderElementsOf(Migrations.ALL.scripts());
    }
  }

  @Test
  void scriptsOutOfOrderAreABug() {
    assertThatThrownBy(() -> new Migrations(List.of("0002_second.sql")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  static IntStream earlierSchemas() {
    return IntStream.rangeClosed(1, Migrations.ALL.newest());
  }

  @ParameterizedTest
  @MethodSource("earlierSchemas")
  void everyEarlierSchemaIsBroughtForwardWithItsRows(int number) throws Exception {
    try (Connection connection = connect()) {
      new Migrations(Migrations.ALL.scripts().subList(0, number)).apply(connection);
      run(connection, text("rows-of-schema-%04d.sql".formatted(number)));
    }

    try (SqlStore store = SqlStore.open(settings)) {
      assertThat(store.apiKeys().all()).containsExactly(keyOfSchemaOne());
      assertThat(store.modelRoutes().all()).containsExactly(routeOfSchemaOne());
      assertThat(Stores.used(store, new KeyId("key_1"))).isEqualTo(5_000_000_000L);
    }
    assertThat(schemas()).isEqualTo(Migrations.ALL.newest());
  }

  @Test
  void theSecondSchemaPromisesOldKeysWhatTheyWereToldAndKeepsTheirUse() throws Exception {
    try (Connection connection = connect()) {
      new Migrations(Migrations.ALL.scripts().subList(0, 1)).apply(connection);
      run(connection, text("rows-of-schema-0001.sql"));
      run(connection, "INSERT INTO token_use (key_id, used) VALUES ('key_gone', 3)");
    }

    SqlStore.open(settings).close();

    assertThat(
            single(
                "SELECT rpm || ' ' || quota_period || ' ' || (burst IS NULL AND tpm IS NULL AND max_concurrent IS NULL) FROM api_keys"))
        .isEqualTo("60 total 1");
    assertThat(
            single(
                "SELECT group_concat(key_id || ' ' || period || ' ' || starts_at || ' ' || used, ', ') FROM quota_use"))
        .isEqualTo("key_1 total 0 5000000000, key_gone total 0 3");
    assertThat(single("SELECT count(*) FROM sqlite_schema WHERE name = 'token_use'"))
        .isEqualTo("0");
  }

  @Test
  void chargesGoOnFromTheLastNumber() throws Exception {
    try (Connection connection = connect()) {
      Migrations.ALL.apply(connection);
      run(connection, text("rows-of-schema-0005.sql"));
    }

    try (SqlStore store = SqlStore.open(settings)) {
      Stores.charge(store, new KeyId("key_1"), 1);
    }

    assertThat(single("SELECT max(sequence) FROM usage")).isEqualTo("42");
    assertThat(single("SELECT last FROM usage_mark")).isEqualTo("42");
  }

  @Test
  void aLaterScriptIsAppliedOnceToADatabaseOfTheNewestSchema() throws Exception {
    var more = followedBy("0006_that_adds_a_column.sql");
    SqlStore.open(settings).close();
    try (Connection connection = connect()) {
      run(connection, text("rows-of-schema-0005.sql"));
    }

    SqlStore.open(settings, more, Stores.LONG).close();
    SqlStore.open(settings, more, Stores.LONG).close();

    assertThat(schemas()).isEqualTo(Migrations.ALL.newest() + 1);
    assertThat(single("SELECT mood FROM api_keys")).isEqualTo("seen");
    assertThat(single("SELECT applied_at > 1700000000000 FROM schema_version WHERE number = 6"))
        .isEqualTo("1");
  }

  @Test
  void aScriptThatFailsLeavesTheDatabaseAsItWas() throws Exception {
    var broken = followedBy("0006_that_fails_half_way.sql");
    SqlStore.open(settings).close();
    try (Connection connection = connect()) {
      run(connection, text("rows-of-schema-0005.sql"));
    }

    assertThatThrownBy(() -> SqlStore.open(settings, broken, Stores.LONG))
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining("no_such_table");

    assertThat(single("SELECT count(*) FROM sqlite_schema WHERE name = 'half_way'")).isEqualTo("0");
    try (SqlStore store = SqlStore.open(settings)) {
      assertThat(store.apiKeys().all()).containsExactly(keyOfSchemaOne());
    }
  }

  @Test
  void aSchemaFromTheFutureIsRefused() throws Exception {
    SqlStore.open(settings).close();
    try (Connection connection = connect()) {
      run(connection, "INSERT INTO schema_version VALUES (99, 0)");
    }

    assertThatThrownBy(() -> SqlStore.open(settings))
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining("schema 99")
        .hasMessageContaining("newer ModelGate");
  }

  @Test
  void anotherProgramsDatabaseIsRefusedAndLeftAlone() throws Exception {
    try (Connection connection = connect()) {
      run(connection, "CREATE TABLE recipes (name TEXT)");
    }

    assertThatThrownBy(() -> SqlStore.open(settings))
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining("another program");

    assertThat(single("SELECT group_concat(name) FROM sqlite_schema")).isEqualTo("recipes");
  }

  private static ApiKey keyOfSchemaOne() {
    return new ApiKey(
        new KeyId("key_1"),
        new KeySecret("sk-mg-abc", SecretHash.ofDigest(new byte[32]), null),
        KeyTerms.unlimited("first")
            .withQuota(TokenQuota.of(1_000))
            .withLimits(RateLimits.ofRequests(60))
            .withEnabled(false)
            .withExpiry(Instant.ofEpochMilli(4_102_444_800_000L)),
        Instant.ofEpochMilli(1_700_000_000_001L),
        Instant.ofEpochMilli(1_700_000_000_002L));
  }

  private static ModelRoute routeOfSchemaOne() {
    return new ModelRoute(
        new ModelId("mdl_1"),
        new ModelName("org/model:7b"),
        List.of(new Target(BackendKind.VLLM, BaseUrl.of("http://gpu:8000"), "other", null)),
        List.of(),
        Duration.ofMillis(2_500),
        StreamUsage.NEVER,
        null,
        true,
        Instant.ofEpochMilli(1_700_000_000_003L),
        Instant.ofEpochMilli(1_700_000_000_004L));
  }

  private static Migrations followedBy(String script) {
    return new Migrations(
        Stream.concat(Migrations.ALL.scripts().stream(), Stream.of(script)).toList());
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + settings.database());
  }

  private int schemas() throws SQLException {
    return Integer.parseInt(single("SELECT count(*) FROM schema_version"));
  }

  private String single(String query) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(query)) {
      return result.getString(1);
    }
  }

  private static void run(Connection connection, String script) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate(script);
    }
  }

  private static String text(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(MigrationsTest.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String resource(String name) {
    return MigrationsTest.class.getPackageName().replace('.', '/') + "/" + name;
  }
}
