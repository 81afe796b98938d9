package io.modelgate.bootstrap;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long the admin API takes to answer what the panel asks, over a database that {@code
 * store.ManyCalls} has filled. Starts the distribution; one client, each question some fifty times,
 * with other parameters each time, after a few that are not counted. Arguments: the database, and
 * how often. Exits with 1 when one in twenty takes longer than 200 ms.
 */
final class AdminBench {
  private static final String ADMIN_KEY = "the-admin-key-of-the-bench";
  private static final double MOST_MILLIS = 200;
  private static final int WARM_UP = 5;
  private static final Pattern LAST_REQUEST = Pattern.compile("\"request_id\":\"([^\"]+)\"");

  private final HttpClient client = HttpClient.newHttpClient();
  private final Random random = new Random(1);
  private final String api;
  private final long pid;
  private final int times;
  private final Instant now = InstantSource.system().instant();
  private boolean tooSlow;

  private AdminBench(GatewayProcess gateway, int times) {
    this.api = gateway.url() + "/admin/api";
    this.pid = gateway.pid();
    this.times = times;
  }

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path database = Path.of(arguments[0]).toAbsolutePath();
    int times = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 50;
    Map<String, String> settings =
        Map.of(
            "MG_SERVER_HOST", "127.0.0.1",
            "MG_SERVER_PORT", "0",
            "MG_DATABASE_PATH", database.toString(),
            "MG_USAGE_RETENTION", "400d",
            "MG_ADMIN_API_KEY", ADMIN_KEY);
    boolean tooSlow;
    try (var gateway =
        GatewayProcess.run(Objects.requireNonNull(database.getParent()), settings, "serve")) {
      var bench = new AdminBench(gateway, times);
      bench.measureAll();
      tooSlow = bench.tooSlow;
    }
    System.exit(tooSlow ? 1 : 0);
  }

  /** What is asked for, again each time. */
  private interface Question {
    String path() throws IOException, InterruptedException;
  }

  private void measureAll() throws IOException, InterruptedException {
    System.out.printf(
        "%-52s %9s %9s %9s %9s%n", "GET /admin/api…", "p50 ms", "p95 ms", "max ms", "CPU ms");
    for (int days : List.of(1, 7, 30, 90)) {
      measure("/overview of %d days".formatted(days), () -> "/overview?" + range(days));
    }
    for (String by : List.of("", "&group_by=model", "&group_by=backend", "&group_by=key")) {
      for (int days : List.of(1, 30, 90)) {
        measure("/usage of %d days %s".formatted(days, by), () -> "/usage?" + range(days) + by);
      }
    }
    measure("/usage of 80 days by hour", () -> "/usage?interval=hour&group_by=model&" + range(80));
    measure("/usage of a key, 90 days", () -> "/usage?group_by=model&" + key() + "&" + range(90));
    measure(
        "/usage of a model by key, 90 days",
        () -> "/usage?group_by=key&model=model-" + random.nextInt(10) + "&" + range(90));
    measure(
        "/usage of a backend by key, 90 days",
        () -> "/usage?group_by=key&backend=vllm&" + range(90));
    measure("/usage, 90 days of Kolkata", () -> "/usage?time_zone=Asia/Kolkata&" + range(90));
    measure("/requests, the first page", () -> "/requests?" + range(1));
    measure("/requests, any page of 90 days", () -> "/requests?" + range(90) + anywhere());
    measure("/requests of a key", () -> "/requests?" + key() + "&" + range(90));
    measure(
        "/requests of a model, any page",
        () -> "/requests?model=model-" + random.nextInt(10) + "&" + range(90) + anywhere());
    measure("/requests of a model nobody asked for", () -> "/requests?model=x&" + range(90));
    measure("/requests that failed", () -> "/requests?outcome=shut_down&limit=500&" + range(90));
    measure("/requests with status 5xx", () -> "/requests?status=5xx&" + range(90) + anywhere());
    measure(
        "/requests that were refused", () -> "/requests?outcome=refused&" + range(90) + anywhere());
    measure("/requests that took long", () -> "/requests?min_duration_ms=8000&" + range(90));
    measure("/requests of one request id", () -> "/requests?request_id=" + requestId());
    measure("/requests of no request id", () -> "/requests?request_id=req_nobody_has_this");
    measure("/requests/{id}", () -> "/requests/" + (1 + random.nextInt(1_000_000)));
    measure("/keys", () -> "/keys");
    measure("/models", () -> "/models");
    measure("/backends", () -> "/backends");
    measure("/settings", () -> "/settings");
  }

  private void measure(String what, Question question) throws IOException, InterruptedException {
    double[] millis = new double[times];
    Duration cpu = Duration.ZERO;
    for (int i = -WARM_UP; i < times; i++) {
      String path = question.path();
      cpu = i == 0 ? cpu() : cpu;
      long began = System.nanoTime();
      HttpResponse<String> reply = get(path);
      double took = (System.nanoTime() - began) / 1e6;
      if (reply.statusCode() != 200 && reply.statusCode() != 404) {
        throw new IllegalStateException(path + ": " + reply.statusCode() + " " + reply.body());
      }
      if (i >= 0) {
        millis[i] = took;
      }
    }
    cpu = cpu().minus(cpu);
    Arrays.sort(millis);
    double p95 = millis[(int) Math.ceil(0.95 * times) - 1];
    tooSlow |= p95 > MOST_MILLIS;
    System.out.printf(
        Locale.ROOT,
        "%-52s %9.1f %9.1f %9.1f %9.1f%s%n",
        what,
        millis[times / 2],
        p95,
        millis[times - 1],
        cpu.toNanos() / 1e6 / times,
        p95 > MOST_MILLIS ? "  too slow" : "");
  }

  /** Of the gateway so far: what can be compared on a machine that others use too. */
  private Duration cpu() {
    return ProcessHandle.of(pid)
        .flatMap(process -> process.info().totalCpuDuration())
        .orElse(Duration.ZERO);
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(URI.create(api + path))
            .header("Authorization", "Bearer " + ADMIN_KEY)
            .timeout(Duration.ofSeconds(60))
            .build(),
        BodyHandlers.ofString());
  }

  /** Of so many days, until some odd moment of the last day. */
  private String range(int days) {
    Instant to = now.minus(random.nextInt(86_400), ChronoUnit.SECONDS);
    return "from="
        + to.minus(days, ChronoUnit.DAYS).truncatedTo(ChronoUnit.SECONDS)
        + "&to="
        + to.truncatedTo(ChronoUnit.SECONDS);
  }

  private String key() {
    return "key=key_9f2c5b1ad7e84f0c8a%06d".formatted(random.nextInt(2_000));
  }

  /** As if somebody had turned very many pages. */
  private String anywhere() {
    String cursor = "[" + (1 + random.nextInt(1_000_000)) + "]";
    return "&after="
        + Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(cursor.getBytes(StandardCharsets.UTF_8));
  }

  /** Of a call that there was. */
  private String requestId() throws IOException, InterruptedException {
    Matcher found =
        LAST_REQUEST.matcher(get("/requests/" + (1 + random.nextInt(1_000_000))).body());
    return found.find() ? URLEncoder.encode(found.group(1), StandardCharsets.UTF_8) : "none";
  }
}
