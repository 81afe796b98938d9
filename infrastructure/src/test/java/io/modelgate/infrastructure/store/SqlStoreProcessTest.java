package io.modelgate.infrastructure.store;

import static io.modelgate.testing.ApiKeysContract.key;
import static io.modelgate.testing.Samples.DEED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two processes and one database. */
@Timeout(120)
final class SqlStoreProcessTest {
  @TempDir private Path directory;
  private StoreSettings settings;

  @BeforeEach
  void name() {
    settings = Stores.settings(directory.resolve("modelgate.db"));
  }

  @Test
  void aSecondProcessIsRefusedEvenAfterThisOneTriedAgain() throws Exception {
    try (SqlStore store = SqlStore.open(settings)) {
      // Closing any descriptor of the lock file would let go of this process's lock.
      assertThatThrownBy(() -> SqlStore.open(settings)).isInstanceOf(StoreRefused.class);

      try (var other = StoreProcess.start(settings.database())) {
        assertThat(other.hear("refused"))
            .contains(settings.database().toString())
            .contains("process id " + ProcessHandle.current().pid());
      }
      store.apiKeys().add(key("a"), DEED);
      assertThat(store.takesCharges()).isTrue();
    }

    try (var other = StoreProcess.start(settings.database())) {
      other.hear("opened");
      other.kill();
    }
  }

  @Test
  void aKilledProcessLosesNothingItAcknowledgedAndNotItsLock() throws Exception {
    var charged = new ArrayList<String>();
    var added = new ArrayList<KeyId>();
    var heard = new ArrayList<String>();
    try (var other = StoreProcess.start(settings.database())) {
      other.hear("opened");
      assertThatThrownBy(() -> SqlStore.open(settings))
          .isInstanceOf(StoreRefused.class)
          .hasMessageContaining("process id " + other.pid());
      for (int times = 0; times < 3_000; times++) {
        heard.add(other.hear(""));
      }
      heard.addAll(other.kill());
    }
    for (String line : heard) {
      if (line.startsWith("charged ")) {
        charged.add(line.substring("charged ".length()));
      } else if (line.startsWith("added ")) {
        added.add(new KeyId(line.substring("added ".length())));
      }
    }
    assertThat(charged).hasSizeGreaterThan(500);
    assertThat(added).isNotEmpty();

    var disk = new OnDisk(settings.database());
    try (SqlStore store = SqlStore.open(settings)) {
      List<String> recorded = disk.requests();
      assertThat(recorded)
          .as("what was acknowledged, and at most one more for each thread that was charging")
          .doesNotHaveDuplicates()
          .containsAll(charged)
          .hasSizeLessThanOrEqualTo(charged.size() + StoreProcess.CHARGING_THREADS);
      assertThat(Stores.used(store, StoreProcess.CHARGED)).isEqualTo(3L * recorded.size());
      disk.agrees();
      List<KeyId> kept = store.apiKeys().all().stream().map(ApiKey::id).toList();
      assertThat(kept)
          .startsWith(added.toArray(KeyId[]::new))
          .hasSizeBetween(added.size(), added.size() + 1);
    }
  }
}
