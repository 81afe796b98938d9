package io.modelgate.infrastructure.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.port.CallRecords.Filter;
import io.modelgate.application.port.CallRecords.KeptCall;
import io.modelgate.application.port.CallRecords.Page;
import io.modelgate.application.port.CallRecords.Position;
import io.modelgate.application.port.CallRecords.Statuses;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.infrastructure.store.KeptCalls.Known;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The log tells what was kept, whatever is asked for, and wherever the index ends. */
final class SqlCallRecordsTest {
  private static final Instant FIRST = Instant.parse("2026-11-01T10:00:00Z");
  private static final int CALLS = 200;
  private static final String SQL = "x' OR '1'='1";

  @TempDir private Path directory;
  private KeptCalls calls;
  private StoreReaders readers;
  private SqlCallRecords records;

  @BeforeEach
  void keepCalls() throws Exception {
    calls = new KeptCalls(directory);
    for (int i = 0; i < CALLS; i++) {
      calls.keepSome(FIRST.plusSeconds(600L * i));
    }
    readers = new StoreReaders(calls.file, Duration.ofSeconds(30));
    records = new SqlCallRecords(readers);
  }

  @AfterEach
  void close() throws Exception {
    readers.close();
    calls.close();
  }

  private static Filter filter(
      @Nullable String key,
      @Nullable String model,
      @Nullable BackendKind backend,
      @Nullable Statuses status,
      @Nullable String outcome,
      @Nullable Duration slowerThan,
      @Nullable String requestId) {
    return new Filter(
        Instant.EPOCH,
        Instant.parse("2027-01-01T00:00:00Z"),
        key == null ? null : new KeyId(key),
        model,
        backend,
        status,
        outcome,
        slowerThan,
        requestId);
  }

  private static Filter everything() {
    return filter(null, null, null, null, null, null, null);
  }

  private static List<Filter> filters() {
    return List.of(
        everything(),
        new Filter(
            FIRST.plusSeconds(6_000),
            FIRST.plusSeconds(60_000),
            null,
            null,
            null,
            null,
            null,
            null,
            null),
        filter("key_3", null, null, null, null, null, null),
        filter(null, "small", BackendKind.VLLM, null, null, null, null),
        filter(null, "it's \"=1+1\"", null, null, null, null, null),
        filter(null, null, null, new Statuses(400, 499), null, null, null),
        filter(null, null, null, null, "timed_out", null, null),
        filter(null, null, null, null, "refused", null, null),
        filter(null, null, null, null, null, Duration.ofMillis(4_500), null),
        filter(null, null, null, null, null, null, "req_0"),
        filter(null, null, null, null, null, null, "req_77"),
        filter(SQL, null, null, null, null, null, null),
        filter(null, SQL, null, null, null, null, null),
        filter(null, null, null, null, null, null, SQL),
        filter(
            "key_1",
            "large",
            null,
            new Statuses(200, 299),
            "completed",
            Duration.ofMillis(9),
            null));
  }

  private List<Long> expected(Filter filter) {
    return calls.all.reversed().stream()
        .filter(call -> matches(filter, call))
        .map(Known::sequence)
        .toList();
  }

  private static boolean matches(Filter filter, Known call) {
    return !call.time().isBefore(filter.from())
        && call.time().isBefore(filter.to())
        && (filter.key() == null || filter.key().equals(call.key()))
        && (filter.model() == null || filter.model().equals(call.model()))
        && (filter.backend() == null || filter.backend().wireName().equals(call.backend()))
        && (filter.status() == null
            || (call.status() >= filter.status().least()
                && call.status() <= filter.status().most()))
        && (filter.outcome() == null || filter.outcome().equals(call.outcome()))
        && (filter.slowerThan() == null || call.duration().compareTo(filter.slowerThan()) >= 0)
        && (filter.requestId() == null || filter.requestId().equals(call.request()));
  }

  private List<Long> readAll(Filter filter, int limit) {
    var numbers = new ArrayList<Long>();
    Position after = null;
    do {
      Page page = records.page(filter, after, limit);
      assertThat(page.calls()).hasSizeLessThanOrEqualTo(limit);
      page.calls().forEach(call -> numbers.add(call.number()));
      after = page.next();
    } while (after != null);
    return numbers;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 100, CALLS})
  void everyFilterFindsWhatItDescribesPageByPage(int indexed) throws Exception {
    calls.summing.addThrough(indexed);
    for (Filter filter : filters()) {
      for (int limit : List.of(1, 7, 500)) {
        assertThat(readAll(filter, limit))
            .as("%s by %d", filter, limit)
            .isEqualTo(expected(filter));
      }
    }
  }

  @Test
  void callsThatComeMeanwhileMoveNothing() throws Exception {
    calls.summing.addThrough(100);
    List<Long> before = expected(everything());
    var found = new ArrayList<Long>();
    Position after = null;
    do {
      Page page = records.page(everything(), after, 30);
      page.calls().forEach(call -> found.add(call.number()));
      after = page.next();
      calls.keepSome(FIRST);
      calls.summing.addPiece();
    } while (after != null);

    assertThat(found).isEqualTo(before);
  }

  @Test
  void callsThatWereDeletedAreLeftOut() throws Exception {
    calls.summing.addThrough(CALLS);
    calls.all.removeIf(call -> call.sequence() % 3 == 0);
    new OnDisk(calls.file).run("DELETE FROM usage WHERE sequence % 3 = 0");

    assertThat(readAll(everything(), 11)).isEqualTo(expected(everything()));
  }

  @Test
  void oneCallIsFoundByItsNumberWithEverythingThatIsKnown() {
    KeptCall refused =
        records
            .page(filter(null, null, null, new Statuses(429, 429), null, null, null), null, 1)
            .calls()
            .getFirst();

    assertThat(records.byNumber(refused.number())).contains(refused);
    assertThat(refused.refusal()).isEqualTo("rpm");
    assertThat(refused.upstreamModel()).isNull();
    assertThat(refused.backend()).isNull();
    assertThat(refused.usageSource()).isNull();
    assertThat(refused.timeToFirstByte()).isNull();
    assertThat(records.byNumber(CALLS + 1)).isEmpty();
    assertThat(records.byNumber(Long.MIN_VALUE)).isEmpty();
  }

  @Test
  void failedAttemptsAreTold() throws Exception {
    new OnDisk(calls.file)
        .run(
            """
            INSERT INTO failed_attempts VALUES
              (5, 1, 'small', 'up/small', 'vllm', 'http://gpu:1', 'rejected', 503, 1000, 2500),
              (5, 2, 'small', 'up/small', 'vllm', NULL, 'no_connection', NULL, 0, 1)
            """);

    KeptCall call = records.byNumber(5).orElseThrow();

    assertThat(call.failedAttempts()).hasSize(2);
    assertThat(call.failedAttempts().getFirst().status()).isEqualTo(503);
    assertThat(call.failedAttempts().getFirst().took()).isEqualTo(Duration.ofNanos(2_500_000));
    assertThat(call.failedAttempts().getLast().status()).isNull();
    assertThat(call.failedAttempts().getLast().baseUrl()).isNull();
  }
}
