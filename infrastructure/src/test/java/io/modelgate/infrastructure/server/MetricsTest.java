package io.modelgate.infrastructure.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.UsageSource;
import io.modelgate.testing.wire.RawConnection;
import io.modelgate.testing.wire.Scrape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsTest {
  private static final String CHAT = "/v1/chat/completions";

  private final Metrics metrics = Metrics.create("1.2.3");

  @Test
  void tellsOfTheProgramAndItsMachineBeforeAnythingHappened() {
    Scrape scrape = scrape();

    assertThat(scrape.sum("modelgate_build_info", "version", "1.2.3")).isEqualTo(1);
    assertThat(scrape.sum("jvm_memory_used_bytes")).isPositive();
    assertThat(scrape.sum("jvm_threads_current")).isPositive();
    assertThat(scrape.sum("process_cpu_seconds_total")).isPositive();
    assertThat(scrape.sum("process_open_fds")).isPositive();
    assertThat(scrape.sum("process_start_time_seconds")).isPositive();
    assertThat(scrape.families()).contains("jvm_gc_collection_seconds");
    assertThat(scrape.labelValues("modelgate_requests_in_flight", "route")).contains(CHAT);
  }

  @Test
  void countsACallWithItsTokensAndTimes() {
    end(CHAT, 200, sent("m"));
    end(CHAT, 200, sent("m"));

    Scrape scrape = scrape();
    assertThat(
            scrape.sum(
                "modelgate_calls_total",
                labels("route", CHAT, "model", "m", "backend", "vllm", "outcome", "completed")))
        .isEqualTo(2);
    assertThat(scrape.sum("modelgate_tokens_total", "model", "m", "kind", "prompt")).isEqualTo(20);
    assertThat(scrape.sum("modelgate_tokens_total", "kind", "completion", "source", "upstream"))
        .isEqualTo(14);
    assertThat(scrape.sum("modelgate_tokens_total", "kind", "cached")).isEqualTo(6);
    assertThat(scrape.sum("modelgate_tokens_total", "kind", "reasoning")).isEqualTo(4);
    assertThat(scrape.sum("modelgate_time_to_first_byte_seconds_sum", "model", "m"))
        .isEqualTo(0.14);
    assertThat(scrape.sum("modelgate_time_to_first_byte_seconds_bucket", "le", "0.05")).isZero();
    assertThat(scrape.sum("modelgate_time_to_first_byte_seconds_bucket", "le", "0.1")).isEqualTo(2);
    assertThat(scrape.sum("modelgate_call_duration_seconds_sum", "outcome", "completed"))
        .isEqualTo(4);
    assertThat(scrape.sum("modelgate_requests_in_flight")).isZero();
  }

  @Test
  void givesNoMoreThanFiveHundredModelsNamesOfTheirOwn() {
    for (int i = 0; i < 600; i++) {
      end(CHAT, 200, sent("model-" + i));
    }

    Scrape scrape = scrape();
    assertThat(scrape.labelValues("modelgate_calls_total", "model"))
        .hasSize(501)
        .contains("model-0", "model-499", "other")
        .doesNotContain("model-500");
    assertThat(scrape.sum("modelgate_calls_total", "model", "other")).isEqualTo(100);
    assertThat(scrape.sum("modelgate_tokens_total", "model", "other")).isEqualTo(100 * 22);
  }

  @Test
  void givesNoMoreThanThatToManyAtOnce() throws InterruptedException {
    var labels = new ModelLabels(3);
    var names = new ConcurrentSkipListSet<String>();
    var start = new CountDownLatch(1);
    var threads = new Thread[32];
    for (int i = 0; i < threads.length; i++) {
      String model = "model-" + i;
      threads[i] =
          Thread.startVirtualThread(
              () -> {
                awaitQuietly(start);
                names.add(labels.of(model));
              });
    }
    start.countDown();
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(names).hasSize(4).contains("other");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a\"} 1\nmodelgate_fake 7\n#", "back\\slash", "line\nfeed\r", "}{,=\"", "ünï☃"})
  void letsNoNameBreakTheFormat(String hostile) {
    end(CHAT, 200, sent(hostile));

    Scrape scrape = scrape();
    assertThat(scrape.sum("modelgate_calls_total", "model", hostile)).isEqualTo(1);
    assertThat(scrape.families()).doesNotContain("modelgate_fake");
  }

  @Test
  void readsAGaugeAtEachScrapeAndSurvivesOneThatFails() {
    double[] value = {1};
    metrics.gauge("modelgate_usage_queue", "Records that wait.", () -> value[0]);
    metrics.gauge(
        "modelgate_broken",
        "One that fails.",
        () -> {
          throw new IllegalStateException("closed");
        });

    assertThat(scrape().sum("modelgate_usage_queue")).isEqualTo(1);
    value[0] = 2.5;
    assertThat(scrape().sum("modelgate_usage_queue")).isEqualTo(2.5);
    assertThat(scrape().sum("modelgate_broken")).isNaN();
    assertThatThrownBy(() -> metrics.gauge("modelgate_usage_queue", "Again.", () -> 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                                                        | text/plain; version=0.0.4",
        "*/*                                                       | text/plain; version=0.0.4",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,text/plain;version=0.0.4;q=0.5"
            + " | text/plain; version=0.0.4",
        "application/openmetrics-text;version=1.0.0,text/plain;q=0.5 | application/openmetrics-text",
      })
  void speaksWhatTheReaderUnderstands(String accept, String contentType) {
    Metrics.Exposition all = metrics.scrape(accept);

    assertThat(all.contentType()).startsWith(contentType);
    assertThat(all.text()).isNotEmpty();
  }

  @Test
  void putsEveryRequestUnderOneOfAFewNames() throws IOException {
    try (ApiServer server = start();
        var client = RawConnection.to(server.port())) {
      for (int i = 0; i < 50; i++) {
        client.send("GET /no/such/" + i + " HTTP/1.1\r\nHost: x\r\n\r\n").reply();
        client.send("X" + i + " /health HTTP/1.1\r\nHost: x\r\n\r\n").reply();
        client.send("GET /v1/models/m" + i + " HTTP/1.1\r\nHost: x\r\n\r\n").reply();
        client.send("GET /admin/%61pi/" + i + " HTTP/1.1\r\nHost: x\r\n\r\n").reply();
      }
      client.send("GET /v1/%63hat/completions HTTP/1.1\r\nHost: x\r\n\r\n").reply();
      client.send("nonsense\r\n\r\n").reply();
    }

    Scrape scrape = scrape();
    assertThat(scrape.labelValues("modelgate_requests_total", "route"))
        .containsExactlyInAnyOrder("other", "/health", "/v1/models", "/admin", CHAT);
    assertThat(scrape.labelValues("modelgate_requests_total", "method"))
        .containsExactlyInAnyOrder("GET", "other");
    assertThat(scrape.sum("modelgate_requests_total", "route", "other", "status", "404"))
        .isEqualTo(50);
    assertThat(scrape.sum("modelgate_requests_total", "route", "other", "status", "400"))
        .isEqualTo(1);
    assertThat(scrape.sum("modelgate_requests_total")).isEqualTo(202);
    assertThat(scrape.sum("modelgate_requests_in_flight")).isZero();
  }

  @Test
  void knowsWhatIsInFlight() throws Exception {
    var arrived = new CountDownLatch(1);
    var leave = new CountDownLatch(1);
    try (ApiServer server =
            ApiServer.start(
                new ServerSettings("127.0.0.1", 0, 1000, Duration.ofSeconds(1)),
                new ApiErrors(false),
                metrics,
                routing ->
                    routing.post(
                        CHAT,
                        (_, response) -> {
                          arrived.countDown();
                          awaitQuietly(leave);
                          response.send("");
                        }));
        var client = RawConnection.to(server.port())) {
      client.send("POST " + CHAT + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
      awaitQuietly(arrived);
      assertThat(scrape().sum("modelgate_requests_in_flight", "route", CHAT)).isEqualTo(1);
      leave.countDown();
      client.reply();
    }
    assertThat(scrape().sum("modelgate_requests_in_flight")).isZero();
  }

  private ApiServer start() {
    return ApiServer.start(
        new ServerSettings("127.0.0.1", 0, 1000, Duration.ofSeconds(1)),
        new ApiErrors(false),
        metrics,
        _ -> {});
  }

  private void end(String route, int status, @Nullable SentCall sent) {
    var call = new CallLog("req_1", null);
    if (sent != null) {
      call.sent(sent);
    }
    metrics.calls().begun(route);
    metrics.calls().ended(route, "POST", status, call);
  }

  private static SentCall sent(String model) {
    return new SentCall(
        model,
        "vllm",
        "completed",
        false,
        new TokenUsage(10, 7, 3, 2).by(UsageSource.UPSTREAM),
        Duration.ofMillis(70),
        Duration.ofSeconds(2));
  }

  private Scrape scrape() {
    return Scrape.parse(new String(metrics.scrape("").text(), StandardCharsets.UTF_8));
  }

  private static String[] labels(String... labels) {
    return labels;
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
