package io.modelgate.infrastructure.store;

import static io.modelgate.testing.ApiKeysContract.key;
import static io.modelgate.testing.ModelRoutesContract.fullRoute;
import static io.modelgate.testing.ModelRoutesContract.route;
import static io.modelgate.testing.Samples.DEED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When the store does not open, the console says why, and the next try is not in its way. */
final class RefusedStartTest {
  private static final String SECRET = "a secret of enough length";

  @TempDir private Path directory;
  private Path database;

  @BeforeEach
  void name() {
    database = directory.resolve("modelgate.db");
  }

  @Test
  void aFileThatIsNoDatabaseIsRefusedAndLeftAlone() throws Exception {
    Files.writeString(database, "dear diary, ".repeat(100));

    assertThatThrownBy(this::open)
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining(database.toString())
        .hasMessageContaining("not a SQLite database");

    assertThat(Files.readString(database)).startsWith("dear diary, dear");
  }

  @Test
  void aDamagedDatabaseIsRefused() throws Exception {
    try (SqlStore store = open()) {
      for (int number = 0; number < 100; number++) {
        store.apiKeys().add(key("key-%030d".formatted(number)), DEED);
      }
    }
    try (var file = new RandomAccessFile(database.toFile(), "rw")) {
      file.setLength(file.length() / 2);
    }

    assertThatThrownBy(this::open).isInstanceOf(StoreRefused.class).hasMessageContaining("damaged");
  }

  @Test
  void aDirectoryThatIsNoneIsRefused() throws Exception {
    Path file = Files.createFile(directory.resolve("file"));

    assertThatThrownBy(() -> SqlStore.open(Stores.settings(file.resolve("modelgate.db"))))
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining("data directory");
  }

  @Test
  void aDatabaseThatIsADirectoryIsRefused() throws Exception {
    Files.createDirectory(database);

    assertThatThrownBy(this::open)
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining("is a directory");
  }

  @Test
  void aRowThatMakesNoSenseIsRefusedByName() throws Exception {
    try (SqlStore store = open()) {
      store.modelRoutes().add(route("1", "a"), DEED);
    }
    run("UPDATE model_targets SET backend = 'abacus'");

    assertThatThrownBy(this::open)
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining("model 1")
        .hasMessageContaining("abacus");
  }

  @Test
  void aProgramThatHoldsTheDatabaseIsNamedAsTheCause() throws Exception {
    open().close();
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA locking_mode = EXCLUSIVE");
      statement.execute("BEGIN EXCLUSIVE");

      assertThatThrownBy(this::open)
          .isInstanceOf(StoreRefused.class)
          .hasMessageContaining("locked by another program");
    }
    open().close();
  }

  @Test
  void aSecondStoreInThisProcessIsRefusedUntilTheFirstIsClosed() throws Exception {
    Path link = Files.createSymbolicLink(directory.resolve("link.db"), database);
    try (SqlStore first = open()) {
      assertThatThrownBy(this::open)
          .isInstanceOf(StoreRefused.class)
          .hasMessageContaining("already open");
      assertThatThrownBy(() -> SqlStore.open(Stores.settings(link)))
          .isInstanceOf(StoreRefused.class)
          .hasMessageContaining("already open");
      first.apiKeys().add(key("a"), DEED);
    }

    try (SqlStore second = open()) {
      assertThat(second.apiKeys().all()).containsExactly(key("a"));
    }
  }

  @Test
  void aRefusedStartLetsGoOfTheLock() throws Exception {
    Files.writeString(database, "no database at all");
    assertThatThrownBy(this::open).isInstanceOf(StoreRefused.class);
    Files.delete(database);

    open().close();
  }

  @Test
  void anotherSecretKeyIsRefusedWhenThereAreCredentials() {
    try (SqlStore store = open(SECRET)) {
      store.modelRoutes().add(fullRoute("1", "a"), DEED);
    }

    assertThatThrownBy(() -> open("another secret of enough length"))
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining("another secret key")
        .hasMessageNotContaining("another secret of");
    assertThatThrownBy(() -> open(null))
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining("secret key is missing");
    assertThat(directory.resolve("secret-key")).doesNotExist();
    try (SqlStore store = open(SECRET)) {
      assertThat(store.modelRoutes().all()).containsExactly(fullRoute("1", "a"));
    }
  }

  @Test
  void anotherSecretKeyIsFineWhenThereAreNoCredentials() {
    try (SqlStore store = open(SECRET)) {
      store.modelRoutes().add(route("1", "a"), DEED);
    }

    try (SqlStore store = open("another secret of enough length")) {
      assertThat(store.modelRoutes().all()).containsExactly(route("1", "a"));
    }
  }

  @Test
  void theSecretKeyFileIsMadeOnceAndItsTextCanBeMovedToTheSettings() throws Exception {
    try (SqlStore store = open()) {
      store.modelRoutes().add(fullRoute("1", "a"), DEED);
    }
    Path file = directory.resolve("secret-key");
    String secret = Files.readString(file);
    open().close();
    assertThat(Files.readString(file)).isEqualTo(secret).hasSizeGreaterThan(40);
    Files.delete(file);

    try (SqlStore store = open(secret)) {
      assertThat(store.modelRoutes().all()).containsExactly(fullRoute("1", "a"));
    }
  }

  @Test
  void aSecretKeyTooShortIsRefusedByTheNameOfItsSource() throws Exception {
    assertThatThrownBy(() -> open(""))
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining("MG_SECRET_KEY")
        .hasMessageContaining("at least 16");

    Files.writeString(directory.resolve("secret-key"), "short\n");
    assertThatThrownBy(this::open)
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining(directory.resolve("secret-key").toString())
        .hasMessageNotContaining("short\n");
  }

  @Test
  void aCredentialCopiedToAnotherModelIsRefused() throws Exception {
    try (SqlStore store = open()) {
      store.modelRoutes().add(fullRoute("1", "a"), DEED);
      store.modelRoutes().add(fullRoute("2", "b"), DEED);
    }
    run(
        "UPDATE model_targets SET credential = (SELECT credential FROM model_targets WHERE model_id = '1')");

    assertThatThrownBy(this::open)
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining("credential of model 2");
  }

  @Test
  void noFileShowsACredential() throws Exception {
    String secret = "sk-upstream-secret-of-1";
    try (SqlStore store = open()) {
      store.modelRoutes().add(fullRoute("1", "plainly-readable"), DEED);
      assertThat(everyByte()).contains("plainly-readable").doesNotContain(secret);
    }

    assertThat(everyByte()).contains("plainly-readable").doesNotContain(secret);
  }

  private String everyByte() throws Exception {
    var text = new StringBuilder();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        text.append(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
      }
    }
    return text.toString();
  }

  private SqlStore open() {
    return open(null);
  }

  private SqlStore open(@Nullable String secretKey) {
    return SqlStore.open(Stores.settings(database, secretKey));
  }

  private void run(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
        Statement statement = connection.createStatement()) {
      statement.executeUpdate(sql);
    }
  }
}
