package io.modelgate.infrastructure.store;

import static io.modelgate.infrastructure.store.Stores.NOON;
import static io.modelgate.testing.QuotasContract.record;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.domain.access.KeyId;
import io.modelgate.infrastructure.store.StoreSettings.Durability;
import io.modelgate.testing.SettableClock;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RetentionTest {
  private static final KeyId KEY = new KeyId("a");
  private static final Duration DAY = Duration.ofDays(1);

  @TempDir private Path directory;
  private OnDisk disk;
  private SqliteDatabase database;
  private final SettableClock clock = new SettableClock(NOON);
  private Retention retention;
  private long sequence;

  @BeforeEach
  void open() throws IOException, SQLException {
    Path file = directory.resolve("modelgate.db");
    OwnerOnly.file(file);
    disk = new OnDisk(file);
    database = new SqliteDatabase(file, Durability.NORMAL);
    try (Connection connection = database.connection()) {
      Migrations.ALL.apply(connection);
    }
    retention = new Retention(database, new Summing(database), () -> Duration.ofDays(90), clock);
  }

  @AfterEach
  void close() throws SQLException {
    database.close();
  }

  private void keep(int calls, Instant time) throws SQLException {
    List<Charge> charges =
        IntStream.range(0, calls)
            .mapToObj(_ -> new Charge(record(KEY, "req", time, 1), new PeriodStarts(1, 2, 3)))
            .toList();
    for (Charge charge : charges) {
      sequence++;
      charge.number(sequence);
    }
    new UsageTables(database).keep(charges);
  }

  private int sweepAll() throws SQLException {
    int pieces = 1;
    while (retention.sweep()) {
      pieces++;
    }
    return pieces;
  }

  private long rows() throws SQLException {
    return disk.number("SELECT count(*) FROM usage");
  }

  @Test
  void nothingIsDoneWhenNothingIsOld() throws SQLException {
    assertThat(sweepAll()).isEqualTo(1);
    keep(10, NOON.minus(DAY.multipliedBy(90)));

    assertThat(sweepAll()).isEqualTo(1);

    assertThat(rows()).isEqualTo(10);
  }

  @Test
  void oldRowsGoPieceByPieceAndTheirSumsStay() throws SQLException {
    keep(1_200, NOON.minus(DAY.multipliedBy(91)));
    keep(1_000, NOON);

    assertThat(sweepAll()).isEqualTo(4);

    assertThat(rows()).isEqualTo(1_000);
    assertThat(disk.number("SELECT sum(calls) FROM usage_daily")).isEqualTo(2_200);
    assertThat(disk.number("SELECT used FROM quota_use WHERE period = 'total'")).isEqualTo(2_200);
    clock.advance(DAY.multipliedBy(91));
    sweepAll();
    assertThat(rows()).isZero();
  }

  @Test
  void rowsOfALongCallBetweenYoungerOnesGoToo() throws SQLException {
    keep(5, NOON.minus(DAY.multipliedBy(91)));
    keep(5, NOON.minus(DAY.multipliedBy(89)));
    keep(5, NOON.minus(DAY.multipliedBy(91)));

    sweepAll();

    assertThat(rows()).isEqualTo(5);
  }

  @Test
  void rowsOfAClockThatWasAheadDoNotHideTheOldOnesBehindThem() throws SQLException {
    keep(600, NOON.plus(DAY.multipliedBy(400)));
    keep(600, NOON.minus(DAY.multipliedBy(91)));

    sweepAll();

    assertThat(rows()).isEqualTo(600);
  }

  @Test
  void aStoreSweepsAtItsStartAndNumbersNoCallTwice() throws SQLException {
    keep(700, NOON.minus(DAY.multipliedBy(91)));
    database.close();
    try (SqlStore store = SqlStore.open(Stores.settings(disk.file()))) {
      while (rows() > 0) {
        Thread.onSpinWait();
      }
      Stores.charge(store, KEY, 1);
    }

    assertThat(disk.number("SELECT sequence FROM usage")).isEqualTo(701);
  }
}
