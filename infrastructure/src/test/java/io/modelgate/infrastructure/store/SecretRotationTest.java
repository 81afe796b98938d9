package io.modelgate.infrastructure.store;

import static io.modelgate.testing.ModelRoutesContract.fullRoute;
import static io.modelgate.testing.ModelRoutesContract.route;
import static io.modelgate.testing.Samples.DEED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.ModelId;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.infrastructure.store.KeptCredentials.Place;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Another secret key for the same credentials, wherever the process dies on the way. */
final class SecretRotationTest {
  private static final String OLD = "the old key of the gateway";
  private static final String NEW = "the new key of the gateway";
  private static final List<ModelRoute> ROUTES =
      List.of(fullRoute("1", "one"), fullRoute("2", "two"), route("3", "without"));

  @TempDir private Path directory;
  private Path database;
  private Path keyFile;

  @BeforeEach
  void name() {
    database = directory.resolve("modelgate.db");
    keyFile = directory.resolve("secret-key");
  }

  @Test
  void theNewKeyOpensAllAndTheOldOneNone() {
    fill(OLD);

    assertThat(SecretRotation.run(database, OLD, NEW)).isEqualTo(2);

    opens(NEW);
    refuses(OLD);
    assertThat(keyFile).doesNotExist();
  }

  @Test
  void aKeyInAFileIsReplacedByAFreshOne() throws Exception {
    fill(null);
    String before = Files.readString(keyFile);

    assertThat(SecretRotation.run(database, null, null)).isEqualTo(2);

    assertThat(Files.readString(keyFile)).isNotEqualTo(before).hasSize(44);
    assertThat(directory.resolve("secret-key.new")).doesNotExist();
    opens(null);
    refuses(before);
  }

  @Test
  void aKeyInAFileCanBeReplacedByAGivenOne() throws Exception {
    fill(null);

    SecretRotation.run(database, null, NEW);

    assertThat(Files.readString(keyFile)).isEqualTo(NEW + "\n");
    opens(null);
    opens(NEW);
  }

  @Test
  void diedBeforeTheCommitTheOldKeyIsRight() throws Exception {
    fill(null);
    String before = Files.readString(keyFile);
    try (var rotation = SecretRotation.open(database, null, NEW)) {
      rotation.propose();
    }

    opens(null);
    assertThat(Files.readString(keyFile)).isEqualTo(before);
    assertThat(SecretRotation.run(database, null, NEW)).isEqualTo(2);
    opens(null);
    opens(NEW);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "half a key"})
  void whatAKilledRotationOfAnOlderVersionLeftIsNoKey(String left) throws Exception {
    fill(null);
    String before = Files.readString(keyFile);
    Files.writeString(directory.resolve("secret-key.new"), left);

    opens(null);
    assertThat(Files.readString(keyFile)).isEqualTo(before);
    assertThat(SecretRotation.run(database, null, NEW)).isEqualTo(2);
    opens(NEW);
  }

  @Test
  void aProposalIsThereWholeOrNotAtAll() throws Exception {
    fill(null);
    Path proposal = directory.resolve("secret-key.new");
    Files.writeString(proposal, "what an earlier one proposed");
    try (var reader = Files.newBufferedReader(proposal);
        var rotation = SecretRotation.open(database, null, NEW)) {
      rotation.propose();

      assertThat(reader.readLine())
          .as("the file that was there is replaced, not written over")
          .isEqualTo("what an earlier one proposed");
      assertThat(Files.readString(proposal)).isEqualTo(NEW + "\n");
    }
  }

  @Test
  void diedAfterTheCommitTheNewKeyIsRight() throws Exception {
    fill(null);
    try (var rotation = SecretRotation.open(database, null, NEW)) {
      rotation.propose();
      assertThat(rotation.reseal()).isEqualTo(2);
    }

    opens(null);
    assertThat(Files.readString(keyFile)).isEqualTo(NEW + "\n");
    assertThat(directory.resolve("secret-key.new")).doesNotExist();
  }

  @Test
  void diedAfterTheCommitItCanAlsoBeRotatedOn() throws Exception {
    fill(null);
    try (var rotation = SecretRotation.open(database, null, NEW)) {
      rotation.propose();
      assertThat(rotation.reseal()).isEqualTo(2);
    }

    assertThat(SecretRotation.run(database, null, null)).isEqualTo(2);

    opens(null);
    refuses(NEW);
  }

  @Test
  void doneTwiceIsDoneOnce() {
    fill(OLD);

    assertThat(SecretRotation.run(database, OLD, NEW)).isEqualTo(2);
    assertThat(SecretRotation.run(database, OLD, NEW)).isEqualTo(2);

    opens(NEW);
  }

  @Test
  void aWrongOldKeyChangesNothing() {
    fill(OLD);

    assertThatThrownBy(() -> SecretRotation.run(database, "some other key, long enough", NEW))
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining("model 1")
        .hasMessageContaining("not the one");

    opens(OLD);
  }

  @Test
  void aWrongOldKeyInTheFileLeavesNoNewOneBehind() throws Exception {
    fill(OLD);
    Files.writeString(keyFile, "not the key of these credentials");

    assertThatThrownBy(() -> SecretRotation.run(database, null, NEW))
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining("not the one");

    assertThat(directory.resolve("secret-key.new")).doesNotExist();
    opens(OLD);
  }

  @Test
  void oneCredentialThatDoesNotOpenKeepsAllAsTheyAre() throws Exception {
    fill(OLD);
    set("x'01'", "2");

    assertThatThrownBy(() -> SecretRotation.run(database, OLD, NEW))
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining("model 2");

    set("NULL", "2");
    try (SqlStore store = SqlStore.open(Stores.settings(database, OLD))) {
      assertThat(store.modelRoutes().all()).contains(ROUTES.getFirst(), ROUTES.getLast());
    }
  }

  @Test
  void refusesWithoutADatabaseAKeyOrANewKey() {
    assertThatThrownBy(() -> SecretRotation.run(database, OLD, NEW))
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining("no database");
    fill(OLD);
    assertThatThrownBy(() -> SecretRotation.run(database, OLD, null))
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining("MG_NEW_SECRET_KEY");
    assertThatThrownBy(() -> SecretRotation.run(database, OLD, OLD))
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining("is the old one");
    assertThatThrownBy(() -> SecretRotation.run(database, OLD, "short"))
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining("at least 16");
    assertThatThrownBy(() -> SecretRotation.run(database, null, NEW))
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining("no secret key");
    opens(OLD);
  }

  @Test
  void refusesWhileAGatewayRuns() {
    fill(OLD);
    try (SqlStore store = SqlStore.open(Stores.settings(database, OLD))) {
      assertThatThrownBy(() -> SecretRotation.run(database, OLD, NEW))
          .isInstanceOf(StoreRefused.class)
          .hasMessageContaining("already open");
      assertThat(store.modelRoutes().remove(ROUTES.getLast().id(), DEED)).isTrue();
      store.modelRoutes().add(ROUTES.getLast(), DEED);
    }
    opens(OLD);
  }

  @Test
  void leavesNothingInTheFileThatTheOldKeyOpens() throws Exception {
    fill(OLD);
    Place place = place();
    String sealed =
        new OnDisk(database)
            .texts(
                "SELECT hex(%s) FROM %s WHERE %s = '1'"
                    .formatted(place.column(), place.table(), place.owner()))
            .getFirst();
    assertThat(bytes()).contains(sealed);

    SecretRotation.run(database, OLD, NEW);

    assertThat(bytes()).doesNotContain(sealed);
  }

  /** Whoever adds a column with credentials has to name it. */
  @Test
  void knowsEveryColumnThatHoldsCredentials() throws Exception {
    fill(OLD);
    List<String> columns =
        new OnDisk(database)
            .texts(
                """
                SELECT t.name || '.' || c.name FROM sqlite_schema t, pragma_table_info(t.name) c
                WHERE t.type = 'table' AND (c.name LIKE '%credential%' OR c.name LIKE '%api_key'
                  OR c.type = 'BLOB' AND c.name NOT LIKE '%hash' AND c.name <> 'hashes')
                """);

    assertThat(KeptCredentials.PLACES)
        .extracting((Place place) -> place.table() + "." + place.column())
        .containsAll(columns);
    assertThat(columns).isNotEmpty();
  }

  /** As it is from schema 3 on. */
  @Test
  void findsCredentialsByTheirRowsKeys() throws Exception {
    new OnDisk(database)
        .run(
            """
            CREATE TABLE model_targets (model_id TEXT, position INTEGER, credential BLOB,
              PRIMARY KEY (model_id, position)) STRICT, WITHOUT ROWID;
            """);
    var model = new ModelId("1");
    var old = CredentialCipher.of(OLD);
    var fresh = CredentialCipher.of(NEW);
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
        var insert = connection.prepareStatement("INSERT INTO model_targets VALUES ('1', ?, ?)")) {
      for (int position = 0; position < 3; position++) {
        insert.setInt(1, position);
        insert.setBytes(2, old.encrypt(model, new Credential("sk-" + position)));
        assertThat(insert.executeUpdate()).isOne();
      }

      assertThat(KeptCredentials.reseal(connection, old, fresh)).isEqualTo(3);

      assertThat(KeptCredentials.areOpenedBy(fresh, connection)).isTrue();
      try (var rows =
          connection
              .createStatement()
              .executeQuery("SELECT position, credential FROM model_targets")) {
        while (rows.next()) {
          assertThat(fresh.decrypt(model, rows.getBytes(2)))
              .isEqualTo(new Credential("sk-" + rows.getInt(1)));
        }
      }
    }
  }

  /** Changes a model's credential. */
  private void set(String value, String model) throws SQLException {
    Place place = place();
    new OnDisk(database)
        .run(
            "UPDATE %s SET %s = %s WHERE %s = '%s'"
                .formatted(place.table(), place.column(), value, place.owner(), model));
  }

  /** Where credentials stand in the newest schema. */
  private Place place() throws SQLException {
    for (Place place : KeptCredentials.PLACES) {
      String query =
          "SELECT count(*) FROM pragma_table_info('%s') WHERE name = '%s'"
              .formatted(place.table(), place.column());
      if (new OnDisk(database).number(query) == 1) {
        return place;
      }
    }
    throw new AssertionError("credentials stand nowhere");
  }

  private String bytes() throws Exception {
    var all = new StringBuilder();
    for (String name : List.of("modelgate.db", "modelgate.db-wal")) {
      Path file = directory.resolve(name);
      if (Files.exists(file)) {
        all.append(HexFormat.of().withUpperCase().formatHex(Files.readAllBytes(file)));
      }
    }
    return all.toString();
  }

  private void fill(@Nullable String secretKey) {
    try (SqlStore store = SqlStore.open(Stores.settings(database, secretKey))) {
      ROUTES.forEach(route -> store.modelRoutes().add(route, DEED));
    }
  }

  private void opens(@Nullable String secretKey) {
    try (SqlStore store = SqlStore.open(Stores.settings(database, secretKey))) {
      assertThat(store.modelRoutes().all()).containsExactlyElementsOf(ROUTES);
    }
  }

  private void refuses(String secretKey) {
    assertThatThrownBy(() -> SqlStore.open(Stores.settings(database, secretKey)))
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining("another secret key");
  }
}
