package io.modelgate.infrastructure.store;

import static io.modelgate.testing.ApiKeysContract.key;
import static io.modelgate.testing.ModelRoutesContract.fullRoute;
import static io.modelgate.testing.Samples.DEED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.routing.ModelId;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Copies of a database, and the way back. */
@Timeout(120)
final class StoreBackupTest {
  private static final KeyId ALICE = new KeyId("alice");

  @TempDir private Path directory;
  private Path database;
  private Path backup;

  @BeforeEach
  void name() {
    database = directory.resolve("data/modelgate.db");
    backup = directory.resolve("backup.db");
  }

  @Test
  void isOneMomentsStateWhileAnotherProcessWrites() throws Exception {
    try (var other = StoreProcess.start(database)) {
      other.hear("opened");
      hear(other, 200);
      Thread listener = Thread.ofVirtual().start(() -> hearAll(other));
      for (int times = 0; times < 10; times++) {
        StoreBackup.write(database, backup, true);
        new OnDisk(backup).agrees();
      }
      other.kill();
      listener.join();
    }
    long copied = new OnDisk(backup).number("SELECT count(*) FROM usage");
    assertThat(copied).isBetween(100L, new OnDisk(database).number("SELECT count(*) FROM usage"));
  }

  @Test
  void isReadByItsOwnerAloneAndLeavesNothingBeside() throws Exception {
    fill();

    var held = StoreBackup.write(database, backup, false);

    assertThat(held).isEqualTo(new BackupSummary(Migrations.ALL.newest(), 1, 1, 1));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(backup)))
        .isEqualTo("rw-------");
    try (var files = Files.list(directory)) {
      assertThat(files.map(file -> Objects.requireNonNull(file.getFileName()).toString()))
          .containsExactlyInAnyOrder("data", "backup.db");
    }
  }

  @Test
  void replacesAFileOnlyWhenToldTo() throws Exception {
    fill();
    Files.writeString(backup, "precious");

    assertThatThrownBy(() -> StoreBackup.write(database, backup, false))
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining("--force");
    assertThat(Files.readString(backup)).isEqualTo("precious");

    StoreBackup.write(database, backup, true);
    assertThat(new OnDisk(backup).number("SELECT count(*) FROM api_keys")).isOne();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "modelgate.db",
        "modelgate.db-wal",
        "modelgate.db.lock",
        "secret-key",
        "secret-key.new",
        "admin-key",
        "demo-key"
      })
  void neverOverwritesTheDatabaseItself(String name) throws Exception {
    fill();
    Path own = database.resolveSibling(name);

    assertThatThrownBy(() -> StoreBackup.write(database, own, true))
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining("belongs to the database");
    try (SqlStore store = open()) {
      assertThat(store.apiKeys().all()).hasSize(1);
    }
  }

  @Test
  void neverOverwritesWhatIsTheDatabasesUnderAnotherName() throws Exception {
    fill();
    Path adminKey = Files.writeString(database.resolveSibling("admin-key"), "mg-admin-x");
    Files.createLink(backup, adminKey);

    assertThatThrownBy(() -> StoreBackup.write(database, backup, true))
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining("belongs to the database");
    assertThat(adminKey).hasContent("mg-admin-x");
  }

  @Test
  void replacesNothingButPlainFiles() throws Exception {
    fill();
    Path precious = Files.writeString(directory.resolve("precious"), "precious");
    for (Path odd :
        List.of(
            Files.createDirectory(directory.resolve("directory")),
            Files.createSymbolicLink(directory.resolve("link"), precious),
            Files.createSymbolicLink(directory.resolve("dangling"), directory.resolve("none")))) {
      assertThatThrownBy(() -> StoreBackup.write(database, odd, true))
          .isInstanceOf(StoreRefused.class)
          .hasMessageContaining("no plain file");
      assertThat(Files.exists(odd, LinkOption.NOFOLLOW_LINKS)).isTrue();
    }
    assertThat(precious).hasContent("precious");
  }

  @Test
  void needsADatabase() {
    assertThatThrownBy(() -> StoreBackup.write(database, backup, false))
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining("no database");
    assertThat(backup).doesNotExist();
  }

  @Test
  void comesBackWholeAndKeepsWhatItReplaces() throws Exception {
    fill();
    StoreBackup.write(database, backup, false);
    try (SqlStore store = open()) {
      store.apiKeys().add(key("later"), DEED);
      Stores.charge(store, ALICE, 5);
    }

    Path aside = Objects.requireNonNull(StoreBackup.restore(database, backup, null, Stores.NOON));

    try (SqlStore store = open()) {
      assertThat(store.apiKeys().all()).extracting(ApiKey::id).containsExactly(key("first").id());
      assertThat(store.modelRoutes().byId(new ModelId("1")).orElseThrow())
          .isEqualTo(fullRoute("1", "full"));
      assertThat(Stores.used(store, ALICE)).isEqualTo(40);
    }
    new OnDisk(database).agrees();
    assertThat(aside).hasFileName("modelgate.db.replaced-20261117T120000Z");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(aside)))
        .isEqualTo("rw-------");
    assertThat(new OnDisk(aside).number("SELECT count(*) FROM api_keys")).isEqualTo(2);
    assertThat(new OnDisk(aside).number("SELECT sum(total_tokens) FROM usage")).isEqualTo(45);
  }

  @Test
  void isNotMixedWithTheLogOfAKilledProcess() throws Exception {
    fill();
    StoreBackup.write(database, backup, false);
    try (var other = StoreProcess.start(database)) {
      other.hear("opened");
      hear(other, 200);
      other.kill();
    }
    assertThat(Files.size(database.resolveSibling("modelgate.db-wal"))).isPositive();

    StoreBackup.restore(database, backup, null, Stores.NOON);

    try (SqlStore store = open()) {
      assertThat(store.apiKeys().all()).hasSize(1);
      assertThat(Stores.used(store, ALICE)).isEqualTo(40);
    }
    assertThat(new OnDisk(database).texts("PRAGMA integrity_check")).containsExactly("ok");
  }

  @Test
  void comesBackWhereThereIsNoDatabase() throws Exception {
    fill();
    StoreBackup.write(database, backup, false);
    Path elsewhere = directory.resolve("elsewhere/modelgate.db");
    Files.createDirectory(directory.resolve("elsewhere"));
    Files.copy(database.resolveSibling("secret-key"), elsewhere.resolveSibling("secret-key"));

    assertThat(StoreBackup.restore(elsewhere, backup, null, Stores.NOON)).isNull();

    try (SqlStore store = SqlStore.open(Stores.settings(elsewhere))) {
      assertThat(store.modelRoutes().all()).containsExactly(fullRoute("1", "full"));
    }
  }

  @Test
  void doesNotComeBackWhileTheDatabaseIsInUse() throws Exception {
    fill();
    StoreBackup.write(database, backup, false);
    try (SqlStore store = open()) {
      assertThatThrownBy(() -> StoreBackup.restore(database, backup, null, Stores.NOON))
          .isInstanceOf(StoreRefused.class)
          .hasMessageContaining("already open");
      store.apiKeys().add(key("second"), DEED);
    }
  }

  @Test
  void doesNotComeBackWithoutTheKeyToItsCredentials() throws Exception {
    fill();
    StoreBackup.write(database, backup, false);

    refused("does not open the backup's credentials", "another key of sixteen characters");
    Files.delete(database.resolveSibling("secret-key"));
    refused("does not open the backup's credentials", null);
  }

  @Test
  void refusesWhatIsNoBackup() throws Exception {
    fill();
    refused("no backup", null);

    Files.writeString(backup, "dear diary, ".repeat(1000));
    refused("not a SQLite database", null);

    Files.delete(backup);
    new OnDisk(backup).run("CREATE TABLE bookmarks (url TEXT)");
    refused("another program", null);

    Files.write(backup, new byte[0]);
    refused("is empty", null);
  }

  @Test
  void refusesADamagedOneAndOneFromTheFuture() throws Exception {
    fill();
    StoreBackup.write(database, backup, false);
    new OnDisk(backup).run("INSERT INTO schema_version VALUES (99, 0)");
    refused("newer ModelGate", null);

    StoreBackup.write(database, backup, true);
    try (var file = new RandomAccessFile(backup.toFile(), "rw")) {
      file.seek(file.length() / 2);
      file.write(new byte[4096]);
    }
    refused("damaged", null);
  }

  private void refused(String because, @Nullable String secretKey) throws IOException {
    byte[] before = Files.readAllBytes(database);
    assertThatThrownBy(() -> StoreBackup.restore(database, backup, secretKey, Stores.NOON))
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining(because);
    assertThat(Files.readAllBytes(database)).isEqualTo(before);
    assertThat(database.resolveSibling("modelgate.db.restoring")).doesNotExist();
  }

  private void fill() {
    try (SqlStore store = open()) {
      store.apiKeys().add(key("first"), DEED);
      store.modelRoutes().add(fullRoute("1", "full"), DEED);
      Stores.charge(store, ALICE, 40);
    }
  }

  private SqlStore open() {
    return SqlStore.open(Stores.settings(database));
  }

  private static void hear(StoreProcess other, int lines) throws IOException {
    for (int line = 0; line < lines; line++) {
      other.hear("");
    }
  }

  /** So that it does not wait for somebody to listen. */
  private static void hearAll(StoreProcess other) {
    try {
      hear(other, Integer.MAX_VALUE);
    } catch (IOException | AssertionError _) {
      // it was killed
    }
  }
}
