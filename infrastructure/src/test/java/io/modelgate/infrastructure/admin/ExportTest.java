package io.modelgate.infrastructure.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.port.CallRecords;
import io.modelgate.application.port.CallSums;
import io.modelgate.application.port.UsageReports;
import io.modelgate.infrastructure.store.SqlStore;
import io.modelgate.infrastructure.store.StoreSettings;
import io.modelgate.testing.Samples;
import io.modelgate.testing.SettableClock;
import io.modelgate.testing.wire.RawConnection;
import io.modelgate.testing.wire.Scrape;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Long tables, and clients that do not wait for their end. Real sockets, a real store. */
@Timeout(120)
final class ExportTest {
  private static final int MANY = 200_000;
  private static final int FEW = 1_000;

  /** A line has some 200 bytes; what is kept of each would be seen. */
  private static final long NOTHING_TO_SPEAK_OF = 8 * 1024 * 1024;

  @TempDir private Path directory;
  private final Reading reading = new Reading();

  @SuppressWarnings("NullAway.Init")
  private SqlStore store;

  @SuppressWarnings("NullAway.Init")
  private AdminServer server;

  private void start(int calls, Function<CallRecords, CallRecords> records) throws SQLException {
    Path file = directory.resolve("modelgate.db");
    var settings = new StoreSettings(file, null, new SettableClock(Samples.NOON));
    SqlStore.open(settings).close();
    fill(file, calls);
    store = SqlStore.open(settings);
    server =
        AdminServer.start(
            new AdminApi.Usage(
                new EndlessReports(reading),
                records.apply(store.callRecords()),
                store.auditTrail()));
  }

  @AfterEach
  void stop() {
    server.close();
    store.close();
  }

  /** Calls within the last hours. */
  private static void fill(Path file, int calls) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        PreparedStatement fill =
            connection.prepareStatement(
                """
                WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number LIMIT ?1)
                INSERT INTO usage
                  (sequence, time, request_id, key_id, model, upstream_model, backend, endpoint,
                   prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens,
                   usage_source, outcome, status, stream, time_to_first_byte_us, duration_us)
                SELECT n, ?2 + 100 * n, printf('req_%032d', n), 'key_' || n % 50, 'small', 'up/small',
                  'vllm', '/v1/chat/completions', 10, 5, 0, 0, 'upstream', 'completed', 200, 1,
                  1000, 2000
                FROM number
                """)) {
      fill.setInt(1, calls);
      fill.setLong(2, Samples.NOON.toEpochMilli() - 100L * (calls + 1));
      int _ = fill.executeUpdate();
    }
  }

  /** Who reads for a table, and how often it did. */
  private static final class Reading {
    final AtomicInteger times = new AtomicInteger();
    final AtomicReference<@Nullable Thread> reader = new AtomicReference<>();

    void next() {
      times.incrementAndGet();
      reader.set(Thread.currentThread());
    }

    void awaitEnd() throws InterruptedException {
      assertThat(Objects.requireNonNull(reader.get()).join(Duration.ofSeconds(20)))
          .as("it reads on")
          .isTrue();
    }
  }

  /** After its last page the first one comes again. */
  private record EndlessLog(CallRecords kept, Reading reading) implements CallRecords {
    @Override
    public Page page(CallRecords.Filter filter, @Nullable Position after, int limit) {
      reading.next();
      return new Page(kept.page(filter, null, limit).calls(), new Position(1));
    }

    @Override
    public Optional<KeptCall> byNumber(long number) {
      return kept.byNumber(number);
    }
  }

  /** So many groups in each interval that nobody wants to see all. */
  private record EndlessReports(Reading reading) implements UsageReports {
    private static final CallSums ONE = new CallSums(1, 0, 0, 1, 1, 0, 0);

    @Override
    public Report report(Question question) {
      throw new AssertionError("not asked for");
    }

    @Override
    public List<Group> groups(UsageReports.Filter filter, Grouping by, Instant from, Instant to) {
      reading.next();
      return Collections.nCopies(5_000, new Group("a-model-of-some-name", ONE));
    }

    @Override
    public FirstBytes firstBytes(Instant from, Instant to) {
      throw new AssertionError("not asked for");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/requests.csv, false",
    "/requests.csv, true",
    "/usage.csv?group_by=model&interval=hour&from=2026-09-01, false",
    "/usage.csv?group_by=model&interval=hour&from=2026-09-01, true"
  })
  void whoLeavesInTheMiddleEndsTheReadingAndFreesItsConnection(String path, boolean byReset)
      throws Exception {
    start(FEW, kept -> new EndlessLog(kept, reading));
    RawConnection client = server.connect();
    client.send(
        "GET /admin/api%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n"
            .formatted(path, AdminServer.ADMIN_KEY));
    assertThat(new String(client.some(1_000), StandardCharsets.UTF_8)).startsWith("HTTP/1.1 200");
    while (reading.times.get() < 3) {
      assertThat(client.some(16_000)).isNotEmpty();
    }

    if (byReset) {
      client.reset();
    } else {
      client.close();
    }

    reading.awaitEnd();
    assertThat(reading.times.get()).as("all of it").isLessThan(1_900);
    awaitConnections(0);
  }

  /** There are four readers of the store; one that were lost would be missed. */
  @Test
  void thoseWhoLeaveTakeNoReaderOfTheStoreWithThem() throws Exception {
    start(FEW, kept -> new EndlessLog(kept, reading));
    for (int i = 0; i < 10; i++) {
      try (RawConnection client = server.connect()) {
        client.send(
            "GET /admin/api/requests.csv HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n"
                .formatted(AdminServer.ADMIN_KEY));
        assertThat(client.some(1_000)).isNotEmpty();
      }
      reading.awaitEnd();
    }

    assertThat(server.get("/admin/api/requests?limit=1").status()).isEqualTo(200);
  }

  @Test
  void aTableOfManyCallsIsNeverInMemoryAsAWhole() throws Exception {
    start(MANY, kept -> kept);
    var request =
        server.request("/admin/api/requests.csv").timeout(Duration.ofSeconds(100)).build();
    try (var http = HttpClient.newHttpClient();
        var table =
            new BufferedInputStream(http.send(request, BodyHandlers.ofInputStream()).body())) {
      long bytes = skipLines(table, MANY / 10);
      long atFirst = liveBytes();
      bytes += skipLines(table, MANY * 8 / 10);
      long later = liveBytes();
      bytes += skipLines(table, MANY / 10 + 1);

      assertThat(table.read()).as("the end").isEqualTo(-1);
      assertThat(bytes).isGreaterThan(MANY * 150L);
      assertThat(later - atFirst).isLessThan(NOTHING_TO_SPEAK_OF);
    }
  }

  /** Says how many bytes they had. */
  private static long skipLines(InputStream table, int lines) throws IOException {
    long bytes = 0;
    for (int left = lines; left > 0; ) {
      int next = table.read();
      if (next < 0) {
        throw new AssertionError("it ends " + left + " lines too early");
      }
      bytes++;
      left -= next == '\n' ? 1 : 0;
    }
    return bytes;
  }

  private static long liveBytes() {
    System.gc();
    Runtime memory = Runtime.getRuntime();
    return memory.totalMemory() - memory.freeMemory();
  }

  private void awaitConnections(int open) throws InterruptedException {
    for (int i = 0; i < 2_000 && connections() != open; i++) {
      TimeUnit.MILLISECONDS.sleep(5);
    }
    assertThat(connections()).isEqualTo(open);
  }

  private double connections() {
    return Scrape.parse(new String(server.metrics.scrape("").text(), StandardCharsets.UTF_8))
        .sum("modelgate_connections");
  }
}
