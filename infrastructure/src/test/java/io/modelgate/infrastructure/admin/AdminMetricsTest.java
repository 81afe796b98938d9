package io.modelgate.infrastructure.admin;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.modelgate.infrastructure.server.ApiErrors;
import io.modelgate.infrastructure.server.ApiServer;
import io.modelgate.infrastructure.server.ServerSettings;
import io.modelgate.testing.wire.RawConnection;
import io.modelgate.testing.wire.RawConnection.Reply;
import io.modelgate.testing.wire.Scrape;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

class AdminMetricsTest {
  @AutoClose private final AdminServer server = AdminServer.start();

  @Test
  void showsAllToWhoHoldsTheAdminKey() {
    var reply = server.get("/metrics");

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.header("content-type")).startsWith("text/plain; version=0.0.4");
    assertThat(reply.header("cache-control")).isEqualTo("no-store");
    assertThat(Scrape.parse(reply.text()).families())
        .contains("modelgate_requests_in_flight", "modelgate_build_info", "jvm_memory_used_bytes");
  }

  @Test
  void countsItsOwnScrapes() {
    server.get("/metrics");

    Scrape scrape = Scrape.parse(server.get("/metrics").text());
    assertThat(scrape.sum("modelgate_requests_total", "route", "/metrics", "status", "200"))
        .isEqualTo(1);
    assertThat(scrape.sum("modelgate_requests_in_flight", "route", "/metrics")).isEqualTo(1);
  }

  @Test
  void answersInOpenMetricsWhenAsked() {
    var reply =
        server.send(server.request("/metrics").header("Accept", "application/openmetrics-text"));

    assertThat(reply.header("content-type")).startsWith("application/openmetrics-text");
    assertThat(reply.text()).endsWith("# EOF\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/%6detrics", "/x/../metrics", "/metrics;x"})
  void isUnderNoOtherPathEvenWithTheKey(String path) {
    assertThat(server.send(server.request(path).GET()).status()).isEqualTo(400);
  }

  @Test
  void showsNothingToOthers() {
    var reply = server.send(server.anonymousRequest("/metrics").GET());

    assertThat(reply.status()).isEqualTo(401);
    assertThat(reply.error().path("code").asText()).isEqualTo("invalid_api_key");
    assertThat(reply.header("www-authenticate")).isEqualTo("Bearer");
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS"})
  void takesNoOtherMethod(String method) {
    var reply = server.send(method, "/metrics", BodyPublishers.noBody());

    assertThat(reply.status()).isEqualTo(405);
    assertThat(reply.header("allow")).isEqualTo("GET, HEAD");
  }

  @Test
  void asksForTheKeyBeforeItTellsItsMethods() {
    var reply = server.send(server.anonymousRequest("/metrics").DELETE());

    assertThat(reply.status()).isEqualTo(401);
  }

  @Test
  void answersHeadWithoutABody() {
    var reply = server.send(server.request("/metrics").HEAD());

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.text()).isEmpty();
    assertThat(reply.header("content-length")).isNotEmpty();
  }

  @Test
  void leavesScrapesOutOfTheLogButNotStrangers() {
    var log = (Logger) LoggerFactory.getLogger("io.modelgate.calls");
    Level before = log.getLevel();
    var lines = new ListAppender<ILoggingEvent>();
    lines.start();
    log.addAppender(lines);
    log.setLevel(Level.INFO);
    try {
      server.get("/metrics");
      server.send(server.anonymousRequest("/metrics"));
      server.close(); // by then both have their lines
    } finally {
      log.setLevel(before);
      log.detachAppender(lines);
    }

    assertThat(lines.list)
        .singleElement()
        .satisfies(
            line -> assertThat(line.getKeyValuePairs().toString()).contains("status=\"401\""));
  }

  @Test
  void isOpenOnAListenerOfItsOwn() throws IOException {
    var errors = new ApiErrors(false);
    try (ApiServer open =
            ApiServer.start(
                new ServerSettings("127.0.0.1", 0, 1000, Duration.ZERO),
                errors,
                server.metrics,
                routing -> AdminApi.registerOpenMetrics(routing, server.metrics, errors));
        var client = RawConnection.to(open.port())) {
      Reply all = client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").reply();
      Reply post =
          client.send("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").reply();
      Reply admin = client.send("GET /admin/api/keys HTTP/1.1\r\nHost: x\r\n\r\n").reply();

      assertThat(all.status()).isEqualTo(200);
      assertThat(Scrape.parse(all.text()).families()).contains("modelgate_requests_in_flight");
      assertThat(post.status()).isEqualTo(405);
      assertThat(post.header("allow")).contains("GET, HEAD");
      assertThat(admin.status()).isEqualTo(404);
    }
    assertThat(server.send(server.anonymousRequest("/metrics")).status()).isEqualTo(401);
  }
}
