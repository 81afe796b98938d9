package io.modelgate.infrastructure.store;

import static io.modelgate.testing.ModelRoutesContract.fullRoute;
import static io.modelgate.testing.Samples.DEED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nobody but the owner can look into what the store keeps. */
final class OwnerOnlyTest {
  @TempDir private Path directory;

  @BeforeEach
  void onlyWhereThereAreSuchPermissions() {
    assumeTrue(
        FileSystems.getDefault().supportedFileAttributeViews().contains("posix"),
        "this system has no POSIX permissions");
  }

  @Test
  void directoryAndFilesThatTheStoreMakesAreTheOwnersOnly() throws Exception {
    Path data = directory.resolve("new/data");
    try (SqlStore store = SqlStore.open(Stores.settings(data.resolve("modelgate.db")))) {
      store.modelRoutes().add(fullRoute("1", "a"), DEED);

      assertThat(permissions(data)).isEqualTo("rwx------");
      assertThat(filesOf(data))
          .containsOnlyKeys(
              "modelgate.db",
              "modelgate.db-shm",
              "modelgate.db-wal",
              "modelgate.db.lock",
              "secret-key")
          .allSatisfy((_, permissions) -> assertThat(permissions).isEqualTo("rw-------"));
    }
  }

  @Test
  void aDirectoryThatWasThereKeepsItsPermissions() throws Exception {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));

    SqlStore.open(Stores.settings(directory.resolve("modelgate.db"))).close();

    assertThat(permissions(directory)).isEqualTo("rwxr-xr-x");
    assertThat(filesOf(directory))
        .hasSize(3)
        .allSatisfy((_, permissions) -> assertThat(permissions).isEqualTo("rw-------"));
  }

  @Test
  void filesThatOthersCouldReadAreTightened() throws Exception {
    var settings = Stores.settings(directory.resolve("modelgate.db"));
    SqlStore.open(settings).close();
    for (String name : List.of("modelgate.db", "modelgate.db.lock", "secret-key")) {
      Files.setPosixFilePermissions(
          directory.resolve(name), PosixFilePermissions.fromString("rw-rw-rw-"));
    }

    try (SqlStore store = SqlStore.open(settings)) {
      store.modelRoutes().add(fullRoute("1", "a"), DEED);

      assertThat(filesOf(directory))
          .hasSize(5)
          .allSatisfy((_, permissions) -> assertThat(permissions).isEqualTo("rw-------"));
    }
  }

  private static Map<String, String> filesOf(Path directory) throws IOException {
    var found = new TreeMap<String, String>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        found.put(String.valueOf(file.getFileName()), permissions(file));
      }
    }
    return found;
  }

  private static String permissions(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
