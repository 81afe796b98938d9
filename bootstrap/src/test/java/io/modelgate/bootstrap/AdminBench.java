package io.modelgate.bootstrap;

import java.io.IOException;
import java.io.InputStream;
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
 * with other parameters each time, after a few that are not counted. Arguments: the database, how
 * many calls and keys are in it, and how often to ask. Exits with 1 when one in twenty takes longer
 * than 200 ms.
 */
final class AdminBench {
  private static final String ADMIN_KEY = "the-admin-key-of-the-bench";
  private static final double MOST_MILLIS = 200;
  private static final int WARM_UP = 5;
  private static final Pattern REQUEST_ID = Pattern.compile("\"request_id\":\"([^\"]+)\"");
  private static final Pattern NEXT_PAGE = Pattern.compile("\"next\":\"([^\"]+)\"");

  private final HttpClient client = HttpClient.newHttpClient();
  private final Random random = new Random(1);
  private final String api;
  private final long pid;
  private final int calls;
  private final int keys;
  private final int times;
  private final Instant now = InstantSource.system().instant();
  private boolean tooSlow;

  private AdminBench(GatewayProcess gateway, int calls, int keys, int times) {
    this.api = gateway.url() + "/admin/api";
    this.pid = gateway.pid();
    this.calls = calls;
    this.keys = keys;
    this.times = times;
  }

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path database = Path.of(arguments[0]).toAbsolutePath();
    int calls = Integer.parseInt(arguments[1]);
    int keys = Integer.parseInt(arguments[2]);
    int times = Integer.parseInt(arguments[3]);
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
      var bench = new AdminBench(gateway, calls, keys, times);
      bench.measureAll();
      tooSlow = bench.tooSlow;
    }
    System.exit(tooSlow ? 1 : 0);
  }

  /** What is asked for, again each time. */
  private interface Question {
    String path() throws IOException, InterruptedException;
  }

  /** How it is asked, to the end of what is measured. */
  private interface Asking {
    void ask(String path) throws IOException, InterruptedException;
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
    measure("/requests/{id}", () -> "/requests/" + (1 + random.nextInt(calls)));
    measureFirstByte("/requests.csv of 90 days", () -> "/requests.csv?" + range(90));
    measureFirstByte(
        "/requests.csv of a key, 90 days", () -> "/requests.csv?" + key() + "&" + range(90));
    measureFirstByte("/usage.csv of 90 days", () -> "/usage.csv?" + range(90));
    measureFirstByte("/usage.csv of 90 days by key", () -> "/usage.csv?group_by=key&" + range(90));
    measure("/keys, the first page", () -> "/keys?limit=50");
    for (String sort : List.of("name", "used_tokens", "quota_used", "last_used_at")) {
      measure("/keys by " + sort + ", any page", () -> keysPage("sort=" + sort + "&order=desc"));
    }
    measure("/keys whose name has some text", () -> "/keys?limit=50&q=member%20" + number());
    measure("/keys of a team by use, any page", () -> keysPage("q=team%2011&sort=used_tokens"));
    measure("/keys that are exhausted", () -> "/keys?limit=50&status=exhausted");
    measure("/keys, 500 at once", () -> "/keys?limit=500");
    measure("/models", () -> "/models");
    measure("/backends", () -> "/backends");
    measure("/settings", () -> "/settings");
  }

  /** From asking to the whole answer. */
  private void measure(String what, Question question) throws IOException, InterruptedException {
    measure(
        what,
        question,
        path -> {
          HttpResponse<String> reply = get(path);
          if (reply.statusCode() != 200 && reply.statusCode() != 404) {
            throw new IllegalStateException(path + ": " + reply.statusCode() + " " + reply.body());
          }
        });
  }

  /** A table may be as long as it likes: until it begins. */
  private void measureFirstByte(String what, Question question)
      throws IOException, InterruptedException {
    measure(
        what + ", its first byte",
        question,
        path -> {
          HttpResponse<InputStream> reply =
              client.send(request(path), BodyHandlers.ofInputStream());
          try (InputStream table = reply.body()) {
            if (reply.statusCode() != 200 || table.read() < 0) {
              throw new IllegalStateException(path + ": " + reply.statusCode());
            }
          }
        });
  }

  private void measure(String what, Question question, Asking asking)
      throws IOException, InterruptedException {
    double[] millis = new double[times];
    Duration cpu = Duration.ZERO;
    for (int i = -WARM_UP; i < times; i++) {
      String path = question.path();
      cpu = i == 0 ? cpu() : cpu;
      long began = System.nanoTime();
      asking.ask(path);
      double took = (System.nanoTime() - began) / 1e6;
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
    return client.send(request(path), BodyHandlers.ofString());
  }

  private HttpRequest request(String path) {
    return HttpRequest.newBuilder(URI.create(api + path))
        .header("Authorization", "Bearer " + ADMIN_KEY)
        .timeout(Duration.ofSeconds(60))
        .build();
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
    return "key=key_9f2c5b1ad7e84f0c8a%06d".formatted(number());
  }

  /** Of a key. */
  private int number() {
    return random.nextInt(keys);
  }

  /** Of so many keys at a time, and not the first page if there are others. */
  private String keysPage(String query) throws IOException, InterruptedException {
    String before = get("/keys?limit=%d&%s".formatted(1 + random.nextInt(500), query)).body();
    Matcher next = NEXT_PAGE.matcher(before);
    return "/keys?limit=50&" + query + (next.find() ? "&after=" + next.group(1) : "");
  }

  /** As if somebody had turned very many pages. */
  private String anywhere() {
    String cursor = "[" + (1 + random.nextInt(calls)) + "]";
    return "&after="
        + Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(cursor.getBytes(StandardCharsets.UTF_8));
  }

  /** Of a call that there was. */
  private String requestId() throws IOException, InterruptedException {
    Matcher found = REQUEST_ID.matcher(get("/requests/" + (1 + random.nextInt(calls))).body());
    return found.find() ? URLEncoder.encode(found.group(1), StandardCharsets.UTF_8) : "none";
  }
}
