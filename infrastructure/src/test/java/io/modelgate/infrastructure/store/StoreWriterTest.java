package io.modelgate.infrastructure.store;

import static io.modelgate.infrastructure.store.Stores.LONG;
import static io.modelgate.infrastructure.store.Stores.NOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.application.port.StoreUnavailable;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.QuotaPeriod;
import io.modelgate.infrastructure.store.Job.Decision;
import io.modelgate.infrastructure.store.StoreSettings.Durability;
import io.modelgate.infrastructure.store.StoreSettings.UsagePolicy;
import io.modelgate.testing.QuotasContract;
import io.modelgate.testing.SettableClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The writer when things go wrong under it. */
final class StoreWriterTest {
  private static final KeyId KEY = new KeyId("a");
  private static final Patience SHORT =
      new Patience(Duration.ofMillis(20), Duration.ofMillis(20), Duration.ofMillis(5));

  @TempDir private Path directory;
  private Path file;
  private SqliteDatabase database;
  private final List<StoreWriter> started = new ArrayList<>();

  @BeforeEach
  void makeDatabase() throws IOException, SQLException {
    file = directory.resolve("modelgate.db");
    OwnerOnly.file(file);
    database = new SqliteDatabase(file, Durability.NORMAL);
    try (Connection connection = database.connection()) {
      Migrations.ALL.apply(connection);
    }
  }

  @AfterEach
  void stop() throws SQLException {
    started.forEach(StoreWriter::close);
    new OnDisk(file).agrees();
  }

  private StoreWriter writer(Patience patience) {
    var writer =
        new StoreWriter(database, 0, patience, () -> UsagePolicy.DEFAULT, new SettableClock(NOON));
    started.add(writer);
    writer.start();
    return writer;
  }

  private static boolean charge(StoreWriter writer, long tokens) {
    return writer.settle(
        new Charge(
            QuotasContract.record(KEY, "req_" + tokens, NOON, tokens), new PeriodStarts(1, 2, 3)));
  }

  private long onDisk() throws SQLException {
    return new OnDisk(file).used(QuotaPeriod.TOTAL);
  }

  @Test
  void aFullDiskFailsAChangeWhichIsNotPublished() throws Exception {
    database.pragma("max_page_count = 1");
    StoreWriter writer = writer(LONG);
    var published = new AtomicBoolean();

    assertThatThrownBy(() -> writer.change("adding much", () -> large(published)))
        .isInstanceOf(StoreUnavailable.class)
        .hasMessageContaining("adding much")
        .hasStackTraceContaining("SQLITE_FULL");
    assertThat(published).isFalse();

    assertThat(writer.change("adding much", () -> large(published))).isEqualTo("added");
    assertThat(published).isTrue();
  }

  private static Decision<String> large(AtomicBoolean published) {
    return new Decision.Write<>(
        "added",
        execute ->
            execute.insert(
                "INSERT INTO api_keys (id, name, prefix, hash, status, created_at, updated_at)"
                    + " VALUES (?, '', '', zeroblob(32), 'active', 0, 0)",
                "x".repeat(20_000)),
        () -> published.set(true));
  }

  @Test
  void oneChangeThatFailsDoesNotHurtTheOthersOfItsBatch() throws Exception {
    StoreWriter writer = writer(LONG);
    var entered = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    var failure = new AtomicReference<RuntimeException>();
    Thread holding = Thread.ofVirtual().start(() -> writer.change("waiting", hold(entered, go)));
    entered.await();
    // These gather behind the one that holds the writer, so that it takes them together.
    Thread failing =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    writer.change("doing nonsense", StoreWriterTest::nonsense);
                  } catch (RuntimeException e) {
                    failure.set(e);
                  }
                });
    Thread charging = Thread.ofVirtual().start(() -> charge(writer, 3));
    untilWaiting(List.of(failing, charging));
    go.countDown();
    for (Thread thread : List.of(holding, failing, charging)) {
      thread.join();
    }

    assertThat(failure.get()).isInstanceOf(StoreUnavailable.class).hasMessageContaining("nonsense");
    assertThat(onDisk()).isEqualTo(3);
  }

  /** For the writer: changes wait with a timeout, and for nothing else; charges for themselves. */
  private static void untilWaiting(List<Thread> callers) {
    while (!callers.stream().allMatch(StoreWriterTest::isWaiting)) {
      Thread.onSpinWait();
    }
  }

  private static boolean isWaiting(Thread caller) {
    return caller.getState() == Thread.State.TIMED_WAITING
        || LockSupport.getBlocker(caller) instanceof Charge;
  }

  private static Decision<String> nonsense() {
    return new Decision.Write<>(
        "never", execute -> execute.insert("INSERT INTO nowhere VALUES (1)"), () -> {});
  }

  private static Supplier<Decision<String>> hold(CountDownLatch entered, CountDownLatch go) {
    return () -> {
      entered.countDown();
      try {
        go.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      return new Decision.Leave<>("held");
    };
  }

  @Test
  void anErrorInsideAChangeReachesItsCallerAndTheWriterLivesOn() throws Exception {
    StoreWriter writer = writer(LONG);

    assertThatThrownBy(
            () ->
                writer.change(
                    "breaking",
                    () -> {
                      throw new AssertionError("broken");
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasRootCauseMessage("broken");

    charge(writer, 3);
    assertThat(onDisk()).isEqualTo(3);
  }

  @Test
  void whoWaitsTooLongIsToldAndItsChangeDoesNotHappenLater() throws Exception {
    StoreWriter writer = writer(SHORT);
    var entered = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    var times = new AtomicInteger();
    var begun = new AtomicReference<RuntimeException>();
    Thread holding =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    writer.change("waiting", hold(entered, go));
                  } catch (RuntimeException e) {
                    begun.set(e);
                  }
                });
    entered.await();

    assertThatThrownBy(() -> writer.change("counting", () -> count(times)))
        .isInstanceOf(StoreUnavailable.class)
        .hasMessageEndingWith("counting")
        .hasCauseInstanceOf(TimeoutException.class);
    assertThat(charge(writer, 3)).isFalse();
    holding.join();
    assertThat(begun.get()).hasMessageContaining("may still come to pass");
    assertThat(writer.close()).isFalse();
    go.countDown();
    closeAndWait(writer);

    assertThat(times).hasValue(0);
    assertThat(onDisk()).as("a charge is made all the same").isEqualTo(3);
  }

  private static Decision<Integer> count(AtomicInteger times) {
    return new Decision.Leave<>(times.incrementAndGet());
  }

  private static void closeAndWait(StoreWriter writer) {
    boolean closed = writer.close();
    while (!closed) {
      closed = writer.close();
    }
  }

  @Test
  void aChargeIsMadeAndAwaitedEvenByAnInterruptedCaller() throws Exception {
    StoreWriter writer = writer(LONG);
    Thread.currentThread().interrupt();

    assertThat(charge(writer, 5)).isTrue();

    assertThat(Thread.interrupted()).isTrue();
    assertThat(onDisk()).isEqualTo(5);
  }

  @Test
  void anInterruptedCallerIsToldAndStaysInterrupted() throws Exception {
    StoreWriter writer = writer(LONG);
    var entered = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    var interrupted = new AtomicBoolean();
    var failure = new AtomicReference<RuntimeException>();
    Thread waiting =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    writer.change("waiting", hold(entered, go));
                  } catch (RuntimeException e) {
                    failure.set(e);
                    interrupted.set(Thread.currentThread().isInterrupted());
                  }
                });
    entered.await();
    waiting.interrupt();
    waiting.join();
    go.countDown();

    assertThat(failure.get()).isInstanceOf(StoreUnavailable.class);
    assertThat(interrupted).isTrue();
    charge(writer, 3);
    assertThat(onDisk()).isEqualTo(3);
  }

  @Test
  void whatWaitsWhenTheWriterIsClosedIsStillWritten() throws Exception {
    StoreWriter writer = writer(LONG);
    var entered = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    Thread holding = Thread.ofVirtual().start(() -> writer.change("waiting", hold(entered, go)));
    entered.await();
    var charging = new ArrayList<Thread>();
    for (int number = 0; number < 50; number++) {
      charging.add(Thread.ofVirtual().unstarted(() -> charge(writer, 3)));
    }
    charging.forEach(Thread::start);
    untilWaiting(charging);
    Thread closing = Thread.ofVirtual().start(writer::close);
    while (writer.isRunning()) {
      Thread.onSpinWait();
    }

    assertThat(charge(writer, 100)).isFalse();
    go.countDown();
    for (Thread thread : charging) {
      thread.join();
    }
    holding.join();
    closing.join();

    assertThat(onDisk()).isEqualTo(150);
  }

  @Test
  void aDatabaseDeletedOrReplacedWhileInUseIsNoticed() throws Exception {
    StoreWriter writer =
        writer(new Patience(Duration.ofSeconds(30), Duration.ofMillis(50), Duration.ofMillis(5)));
    assertThat(charge(writer, 1)).isTrue();
    Path moved = Files.move(file, directory.resolve("moved.db"));

    assertThat(charge(writer, 2)).isFalse();
    assertThatThrownBy(() -> writer.change("adding much", () -> large(new AtomicBoolean())))
        .isInstanceOf(StoreUnavailable.class)
        .hasStackTraceContaining("is gone");
    assertThat(file).as("no new database is made up").doesNotExist();
    Files.createFile(file);
    assertThat(charge(writer, 4)).isFalse();
    assertThatThrownBy(() -> writer.change("adding much", () -> large(new AtomicBoolean())))
        .isInstanceOf(StoreUnavailable.class)
        .hasStackTraceContaining("replaced");
    Files.move(moved, file, StandardCopyOption.REPLACE_EXISTING);
    while (!writer.isKeepingUp()) {
      Thread.onSpinWait();
    }

    assertThat(onDisk()).isEqualTo(7);
    assertThat(charge(writer, 8)).isTrue();
    assertThat(onDisk()).isEqualTo(15);
  }
}
