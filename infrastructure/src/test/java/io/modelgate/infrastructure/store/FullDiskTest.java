package io.modelgate.infrastructure.store;

import static io.modelgate.testing.Samples.DEED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.application.port.Quotas.Reservation;
import io.modelgate.application.port.Quotas.Settlement;
import io.modelgate.application.port.Quotas.Verdict;
import io.modelgate.application.port.StoreUnavailable;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.QuotaPeriod;
import io.modelgate.domain.access.TokenDemand;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.infrastructure.store.StoreSettings.OnStoreFailure;
import io.modelgate.testing.ApiKeysContract;
import io.modelgate.testing.QuotasContract;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A disk that is really full: a small file system in memory, which only root can mount. */
@Timeout(60)
final class FullDiskTest {
  private static final Logger LOG = LoggerFactory.getLogger(FullDiskTest.class);
  private static final KeyId KEY = new KeyId("a");
  private static final Patience PATIENCE =
      new Patience(Duration.ofSeconds(5), Duration.ofMillis(200), Duration.ofMillis(20));

  @TempDir private Path disk;
  private boolean mounted;

  @BeforeEach
  void mount() throws IOException, InterruptedException {
    mounted = run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk.toString());
    if (!mounted) {
      LOG.warn("skipped: no file system can be mounted here, which takes root on Linux");
    }
    Assumptions.assumeTrue(mounted, "a file system can be mounted");
  }

  @AfterEach
  void unmount() throws IOException, InterruptedException {
    if (mounted) {
      assertThat(run("umount", disk.toString())).isTrue();
    }
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      byte[] said = process.getInputStream().readAllBytes();
      boolean done = process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
      if (!done) {
        LOG.debug("{}: {}", command[0], said.length);
      }
      return done;
    } catch (IOException e) {
      LOG.debug("{}", command[0], e);
      return false;
    }
  }

  /** Takes every byte that is left. */
  private Path fill() throws IOException {
    Path filling = disk.resolve("filling");
    byte[] block = new byte[4_096];
    try (OutputStream out = Files.newOutputStream(filling)) {
      while (true) {
        out.write(block);
      }
    } catch (IOException _) {
      return filling;
    }
  }

  private SqlStore open(OnStoreFailure onStoreFailure) {
    return SqlStore.open(
        Stores.settings(disk.resolve("modelgate.db"), onStoreFailure), Migrations.ALL, PATIENCE);
  }

  private static Verdict knock(SqlStore store) {
    return store.quotas().reserve(KEY, TokenQuota.UNLIMITED, new TokenDemand(1, 1, 1), Stores.NOON);
  }

  @Test
  void callsUnderWayAreOwedOthersRefusedAndAllIsKeptWhenThereIsRoomAgain() throws Exception {
    try (SqlStore store = open(OnStoreFailure.REFUSE)) {
      Stores.charge(store, KEY, 1);
      List<Reservation> underWay =
          IntStream.range(0, 500).mapToObj(_ -> Stores.reserve(store, KEY)).toList();
      Path filling = fill();

      List<Thread> calls =
          underWay.stream().map(call -> Thread.ofVirtual().start(() -> settle(call))).toList();
      for (Thread call : calls) {
        call.join();
      }

      assertThat(store.isKeepingUp()).isFalse();
      assertThat(knock(store)).isEqualTo(new Verdict.Unavailable());
      assertThat(store.takesCharges()).isFalse();
      assertThat(store.owed()).isPositive();
      assertThatThrownBy(() -> store.apiKeys().add(ApiKeysContract.key("k"), DEED))
          .isInstanceOf(StoreUnavailable.class);
      assertThat(Stores.used(store, KEY)).isEqualTo(501);
      Files.delete(filling);
      untilKept(store);

      assertThat(store.owed()).isZero();
      assertThat(store.takesCharges()).isTrue();
      assertThat(Stores.charge(store, KEY, "req", 1)).isEqualTo(Settlement.DURABLE);
      store.apiKeys().add(ApiKeysContract.key("k"), DEED);
    }
    var found = new OnDisk(disk.resolve("modelgate.db"));
    found.agrees();
    assertThat(found.used(QuotaPeriod.TOTAL)).isEqualTo(502);
    assertThat(found.requests()).hasSize(502);
  }

  private static void settle(Reservation call) {
    Settlement _ = call.settle(QuotasContract.record(KEY, "req", Stores.NOON, 1));
  }

  @Test
  void whereCallsAreServedAllTheSameTheirRecordsWait() throws Exception {
    try (SqlStore store = open(OnStoreFailure.SERVE)) {
      Path filling = fill();
      int calls = 0;
      while (store.isKeepingUp()) {
        Settlement _ = Stores.charge(store, KEY, "req_" + calls++, 1);
      }

      for (int more = 0; more < 20_000; more++) {
        assertThat(Stores.charge(store, KEY, "req_" + calls++, 1)).isEqualTo(Settlement.OWED);
      }

      assertThat(store.owed()).isGreaterThanOrEqualTo(20_000);
      assertThat(store.takesCharges()).isTrue();
      run("mount", "-o", "remount,size=32m", disk.toString());
      Files.delete(filling);
      untilKept(store);
      assertThat(new OnDisk(disk.resolve("modelgate.db")).number("SELECT count(*) FROM usage"))
          .isEqualTo(calls);
    }
    new OnDisk(disk.resolve("modelgate.db")).agrees();
  }

  @Test
  void aBackupThatFindsNoRoomSaysSoAndLeavesNothing(@TempDir Path elsewhere) throws Exception {
    Path database = elsewhere.resolve("modelgate.db");
    SqlStore.open(Stores.settings(database)).close();
    Path filling = fill();
    Path backup = disk.resolve("backup.db");

    assertThatThrownBy(() -> StoreBackup.write(database, backup, false))
        .isInstanceOf(StoreRefused.class)
        .hasMessageContaining("no room")
        .hasMessageContaining(backup.toString());

    assertThat(disk.toFile().list()).containsExactly(String.valueOf(filling.getFileName()));
  }

  private static void untilKept(SqlStore store) {
    while (!store.isKeepingUp()) {
      Thread.onSpinWait();
    }
  }
}
