package io.modelgate.infrastructure.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.application.port.StoreUnavailable;
import io.modelgate.domain.access.KeyId;
import io.modelgate.infrastructure.store.Job.Decision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The writer when things go wrong under it. */
final class StoreWriterTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofMillis(20);
  private static final KeyId KEY = new KeyId("a");

  @TempDir private Path directory;
  private Path file;
  private SqliteDatabase database;
  private final List<StoreWriter> started = new ArrayList<>();

  @BeforeEach
  void makeDatabase() throws IOException, SQLException {
    file = directory.resolve("modelgate.db");
    OwnerOnly.file(file);
    database = new SqliteDatabase(file);
    try (Connection connection = database.connection()) {
      Migrations.ALL.apply(connection);
    }
  }

  @AfterEach
  void stop() {
    started.forEach(StoreWriter::close);
  }

  private StoreWriter writer(Duration patience) {
    var writer = new StoreWriter(database, patience);
    started.add(writer);
    writer.start();
    return writer;
  }

  /** What a fresh look at the file finds. */
  private Map<KeyId, Long> onDisk() throws IOException, SQLException {
    try (var fresh = new SqliteDatabase(file)) {
      return TokenUseTable.all(fresh.execute());
    }
  }

  @Test
  void aFullDiskFailsTheCallersAndWhatTheyOweIsKeptWhenThereIsRoomAgain() throws Exception {
    // Holds for this connection only; the writer opens a new one after a failure.
    database.pragma("max_page_count = 1");
    StoreWriter writer = writer(LONG);

    int before = 0;
    StoreUnavailable failure = null;
    while (failure == null && before < 10_000) {
      try {
        writer.charge(new KeyId("key-%055d".formatted(before)), 1);
        before++;
      } catch (StoreUnavailable e) {
        failure = e;
      }
    }
    assertThat(failure).isNotNull().hasMessageContaining("charging a key");
    assertThat(failure.getCause()).hasMessageContaining("SQLITE_FULL");
    assertThat(onDisk()).hasSize(before);

    assertThat(writer.isRunning()).isTrue();
    writer.charge(KEY, 3);

    assertThat(onDisk())
        .hasSize(before + 2)
        .containsEntry(new KeyId("key-%055d".formatted(before)), 1L)
        .containsEntry(KEY, 3L);
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
        execute -> execute.insert("INSERT INTO token_use VALUES (?, 1)", "x".repeat(20_000)),
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
    Thread charging = Thread.ofVirtual().start(() -> writer.charge(KEY, 3));
    untilWaiting(List.of(failing, charging));
    go.countDown();
    for (Thread thread : List.of(holding, failing, charging)) {
      thread.join();
    }

    assertThat(failure.get()).isInstanceOf(StoreUnavailable.class).hasMessageContaining("nonsense");
    assertThat(onDisk()).containsOnly(Map.entry(KEY, 3L));
  }

  /** Callers wait with a timeout for the writer, and for nothing else. */
  private static void untilWaiting(List<Thread> callers) {
    while (callers.stream().anyMatch(thread -> thread.getState() != Thread.State.TIMED_WAITING)) {
      Thread.onSpinWait();
    }
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

    writer.charge(KEY, 3);
    assertThat(onDisk()).containsOnly(Map.entry(KEY, 3L));
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
    assertThatThrownBy(() -> writer.charge(KEY, 3)).isInstanceOf(StoreUnavailable.class);
    holding.join();
    assertThat(begun.get()).hasMessageContaining("may still come to pass");
    assertThat(writer.close()).isFalse();
    go.countDown();
    closeAndWait(writer);

    assertThat(times).hasValue(0);
    assertThat(onDisk()).as("a charge is made all the same").containsOnly(Map.entry(KEY, 3L));
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

    writer.charge(KEY, 5);

    assertThat(Thread.interrupted()).isTrue();
    assertThat(onDisk()).containsEntry(KEY, 5L);
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
    writer.charge(KEY, 3);
    assertThat(onDisk()).containsOnly(Map.entry(KEY, 3L));
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
      charging.add(Thread.ofVirtual().unstarted(() -> writer.charge(KEY, 3)));
    }
    charging.forEach(Thread::start);
    untilWaiting(charging);
    Thread closing = Thread.ofVirtual().start(writer::close);
    while (writer.isRunning()) {
      Thread.onSpinWait();
    }

    assertThatThrownBy(() -> writer.charge(KEY, 100))
        .isInstanceOf(StoreUnavailable.class)
        .hasRootCauseMessage("the store is closed");
    go.countDown();
    for (Thread thread : charging) {
      thread.join();
    }
    holding.join();
    closing.join();

    assertThat(onDisk()).containsOnly(Map.entry(KEY, 150L));
  }

  @Test
  void aDatabaseDeletedOrReplacedWhileInUseIsNoticed() throws Exception {
    StoreWriter writer = writer(LONG);
    writer.charge(KEY, 1);
    Path moved = Files.move(file, directory.resolve("moved.db"));

    assertThatThrownBy(() -> writer.charge(KEY, 2))
        .isInstanceOf(StoreUnavailable.class)
        .hasStackTraceContaining("is gone");
    assertThat(file).as("no new database is made up").doesNotExist();
    Files.createFile(file);
    assertThatThrownBy(() -> writer.charge(KEY, 4))
        .isInstanceOf(StoreUnavailable.class)
        .hasStackTraceContaining("replaced");
    Files.move(moved, file, StandardCopyOption.REPLACE_EXISTING);
    writer.charge(KEY, 8);

    assertThat(onDisk()).containsOnly(Map.entry(KEY, 15L));
  }
}
