package io.modelgate.infrastructure.store;

import static io.modelgate.infrastructure.store.Stores.NOON;
import static io.modelgate.testing.QuotasContract.record;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.application.port.Deed;
import io.modelgate.application.port.Deed.Action;
import io.modelgate.application.port.Quotas;
import io.modelgate.application.port.Quotas.Verdict;
import io.modelgate.application.port.StoreUnavailable;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.QuotaPeriod;
import io.modelgate.domain.access.TokenDemand;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.infrastructure.store.Job.Decision;
import io.modelgate.infrastructure.store.StoreSettings.Durability;
import io.modelgate.infrastructure.store.StoreSettings.OnStoreFailure;
import io.modelgate.testing.Samples;
import io.modelgate.testing.SettableClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A quota that is given back while charges are not on the disk yet, or come there never. */
final class GivenBackTest {
  private static final ApiKey KEY = Samples.aKey("a", "sk-mg-a");
  private static final Deed DEED = new Deed(Action.RESET_USAGE, Samples.AUTHOR, NOON);

  @TempDir private Path directory;
  private Path file;
  private OnDisk disk;
  private StoreWriter writer;
  private Quotas quotas;

  @BeforeEach
  void open() throws IOException, SQLException {
    file = directory.resolve("modelgate.db");
    OwnerOnly.file(file);
    disk = new OnDisk(file);
    var database = new SqliteDatabase(file, Durability.NORMAL);
    try (Connection connection = database.connection()) {
      Migrations.ALL.apply(connection);
    }
    writer =
        new StoreWriter(
            database,
            0,
            Stores.LONG,
            () -> Stores.policy(OnStoreFailure.SERVE),
            new SettableClock(NOON));
    writer.start();
    quotas = new SqlQuotas(writer, ZoneOffset.UTC, List.of(), new RememberedUses(Map.of()));
  }

  @AfterEach
  void close() {
    writer.close();
  }

  private void charge(long tokens) {
    Verdict verdict =
        quotas.reserve(KEY.id(), TokenQuota.UNLIMITED, new TokenDemand(0, 1, tokens), NOON);
    ((Verdict.Reserved) verdict).reservation().settle(record(KEY.id(), "req", NOON, tokens));
  }

  /**
   * Holds the writer up after what it has to do so far.
   *
   * @return lets it go on
   */
  private Runnable hold(CountDownLatch held) {
    var goOn = new CountDownLatch(1);
    queue(
        () ->
            writer.change(
                "waiting",
                () -> {
                  held.countDown();
                  await(goOn);
                  return new Decision.Leave<>(true);
                }));
    return goOn::countDown;
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Has something done that waits for the writer, behind all else that does. */
  private Thread queue(Runnable work) {
    int before = writer.queued();
    Thread caller = Thread.ofVirtual().start(work);
    while (writer.queued() == before && caller.isAlive()) {
      Thread.onSpinWait();
    }
    return caller;
  }

  private long used() {
    return quotas.standing(KEY.id(), TokenQuota.UNLIMITED, NOON).used();
  }

  @Test
  void chargesThatAreOwedComeToTheDiskLaterAndThenBothSayWhatWasChargedSince() throws Exception {
    charge(60);
    var held = new CountDownLatch(1);
    Runnable goOn = hold(held);
    await(held);
    Thread before = queue(() -> charge(40));
    Thread reset = queue(() -> quotas.reset(KEY, NOON, DEED));
    assertThat(used()).isEqualTo(100);

    goOn.run();
    reset.join();
    before.join();

    assertThat(used()).isZero();
    assertThat(disk.givenBack()).isEqualTo(100);
    charge(7);
    assertThat(used()).isEqualTo(7);
    assertThat(disk.used(QuotaPeriod.TOTAL)).isEqualTo(7);
    assertThat(disk.used(QuotaPeriod.DAY)).isEqualTo(107);
    disk.agrees();
  }

  /** The process is gone between the two, as a copy of the file shows it. */
  @Test
  void whatWasGivenBackOfChargesThatAreLostIsNotToBeHadASecondTime() throws Exception {
    charge(60);
    var held = new CountDownLatch(1);
    Runnable goOn = hold(held);
    await(held);
    queue(() -> charge(40));
    queue(() -> quotas.reset(KEY, NOON, DEED));
    var heldAgain = new CountDownLatch(1);
    Runnable goOnAgain = hold(heldAgain);
    goOn.run();
    await(heldAgain);
    assertThat(disk.used(QuotaPeriod.TOTAL)).as("less what is still to come").isEqualTo(-40);
    Path left = Files.createDirectory(directory.resolve("left")).resolve("modelgate.db");
    disk.run("VACUUM INTO '" + left + "'");
    goOnAgain.run();

    try (var store = SqlStore.open(Stores.settings(left))) {
      assertThat(Stores.used(store, KEY.id())).isZero();
      Stores.charge(store, KEY.id(), 7);
    }

    assertThat(new OnDisk(left).used(QuotaPeriod.TOTAL)).isEqualTo(7);
    try (var store = SqlStore.open(Stores.settings(left))) {
      assertThat(Stores.used(store, KEY.id())).isEqualTo(7);
    }
  }

  @Test
  void nothingIsGivenBackThatCannotBeNoted() throws Exception {
    charge(60);
    disk.run(
        """
        CREATE TRIGGER refusal BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END
        """);

    assertThatThrownBy(() -> quotas.reset(KEY, NOON, DEED)).isInstanceOf(StoreUnavailable.class);

    assertThat(used()).isEqualTo(60);
    assertThat(disk.used(QuotaPeriod.TOTAL)).isEqualTo(60);
    charge(1);
    disk.agrees();
  }

  @Test
  void severalKeysAreChangedAllOrNone() throws Exception {
    var keys = new SqlApiKeys(writer, List.of());
    List<KeyId> both = List.of(KEY.id(), new KeyId("b"));
    both.forEach(id -> keys.add(Samples.aKey(id.value(), "sk-mg-" + id.value()), Samples.DEED));
    disk.run(
        """
        CREATE TRIGGER refusal BEFORE UPDATE ON api_keys WHEN old.id = 'b'
        BEGIN SELECT RAISE(ABORT, 'no'); END
        """);

    assertThatThrownBy(
            () -> keys.change(both, key -> key.on(terms -> terms.withEnabled(false)), Samples.DEED))
        .isInstanceOf(StoreUnavailable.class);

    assertThat(disk.number("SELECT count(*) FROM api_keys WHERE status = 'active'")).isEqualTo(2);
    assertThat(disk.number("SELECT count(*) FROM audit")).as("two additions").isEqualTo(2);
    assertThat(keys.byId(KEY.id()).orElseThrow().terms().enabled()).isTrue();
  }
}
