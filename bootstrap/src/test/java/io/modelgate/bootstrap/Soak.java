package io.modelgate.bootstrap;

import com.fasterxml.jackson.databind.JsonNode;
import io.modelgate.bootstrap.AdminClient.IssuedKey;
import io.modelgate.bootstrap.ProcessProbe.Look;
import io.modelgate.bootstrap.SoakTraffic.Received;
import io.modelgate.bootstrap.UsageRows.UsageRow;
import io.modelgate.testing.backend.ScriptedBackend;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Runs the shipped program for a long time under everything that may happen to it, and then asks
 * whether anything was lost or is left: {@code make soak}. Argument: minutes. Exits with 1 when
 * something is not as it should be. What it does and asks is in docs/reliability.md.
 */
final class Soak {
  private static final String ADMIN_KEY = "admin-key-of-the-soak";

  /** A heap that is there from the start: what grows then is not the heap. */
  private static final String JAVA_OPTIONS = "-Xms256m -Xmx256m -XX:+AlwaysPreTouch";

  private static final long SCARCE = 2_000_000;
  private static final int MORE_DESCRIPTORS = 8;
  private static final double MORE_MEMORY = 1.10;

  private final Duration length;
  private final Path folder;
  private final int port = freePort();
  private final List<String> lines = new ArrayList<>();
  private final List<String> violations = new ArrayList<>();
  private final List<Received> received = new ArrayList<>();
  private final Map<String, Long> counts = new HashMap<>();
  private final List<HonestEngine> engines = new ArrayList<>();
  private final List<ScriptedBackend> odd = new ArrayList<>();
  private long calls;

  private Soak(Duration length, Path folder) {
    this.length = length;
    this.folder = folder;
  }

  public static void main(String[] arguments) throws Exception {
    Thread.currentThread().setUncaughtExceptionHandler((_, e) -> endEarly(e));
    var length = Duration.ofSeconds(Math.round(60 * Double.parseDouble(arguments[0])));
    Path target = Path.of("target/soak");
    Files.createDirectories(target);
    var soak = new Soak(length, Files.createTempDirectory("soak"));
    soak.run();
    Path table = target.resolve("soak.md");
    Files.writeString(table, String.join("\n", soak.lines) + "\n");
    System.out.println("\nwritten to " + table.toAbsolutePath());
    System.exit(soak.violations.isEmpty() ? 0 : 1);
  }

  /** The backends' threads would keep the process alive. */
  private static void endEarly(Throwable cause) {
    cause.printStackTrace();
    Runtime.getRuntime().halt(1);
  }

  private void run() throws Exception {
    say(
        "%s, %d cores, Java %s, %d minutes and %d seconds; the gateway as shipped, SQLite, limits in memory, %s"
            .formatted(
                Instant.now().toString().substring(0, 10),
                Runtime.getRuntime().availableProcessors(),
                Runtime.version().feature(),
                length.toMinutes(),
                length.toSecondsPart(),
                JAVA_OPTIONS));
    say("");
    for (int i = 0; i < 3; i++) {
      engines.add(HonestEngine.start(Duration.ofMillis(5)));
    }
    odd.add(oddBackend(false));
    odd.add(oddBackend(true));
    Files.writeString(settingsFile(), "timeout: 300s\n");
    Setup setup;
    Duration first = length.dividedBy(10);
    try (GatewayProcess gateway = start()) {
      try (var admin = new AdminClient(gateway.url(), ADMIN_KEY)) {
        setup = setUp(admin);
      }
      load(gateway, setup, first, true);
    }
    List<Look> looks;
    try (GatewayProcess gateway = start()) {
      nothingIsReserved(gateway);
      looks = load(gateway, setup, length.minus(first), false);
      nothingIsReserved(gateway);
      gateway.terminate();
      check(gateway.exitCode() == 0, "exits with 0 when told to stop");
      theLogIsQuiet(gateway);
    }
    memoryAndDescriptors(looks);
    usageAddsUp(setup);
    verdict();
    for (HonestEngine engine : engines) {
      engine.close();
    }
    for (ScriptedBackend backend : odd) {
      backend.close();
    }
  }

  /** Who calls. */
  private record Setup(List<IssuedKey> keys, Map<String, IssuedKey> refused) {}

  private GatewayProcess start() throws IOException {
    GatewayProcess gateway =
        GatewayProcess.run(
            folder,
            Map.of(
                "MG_SERVER_HOST",
                "127.0.0.1",
                "MG_SERVER_PORT",
                String.valueOf(port),
                "MG_ADMIN_API_KEY",
                ADMIN_KEY,
                "MG_LOG_LEVEL",
                "warn",
                "MG_HEALTH_INTERVAL",
                "30s",
                "MG_BREAKER_FAILURES",
                "1000", // calls are to reach what misbehaves
                "MG_BREAKER_FAILURE_PERCENT",
                "100",
                "MG_JAVA_OPTS",
                JAVA_OPTIONS),
            "serve",
            "--config",
            settingsFile().toString());
    gateway.port();
    return gateway;
  }

  private Path settingsFile() {
    return folder.resolve("soak.yaml");
  }

  private Setup setUp(AdminClient admin) {
    for (int i = 0; i < engines.size(); i++) {
      admin.createModel(model("true-" + i, engines.get(i).baseUrl(), "60s"));
    }
    admin.createModel(model("odd-whole", odd.get(0).baseUrl().toString(), "500ms"));
    admin.createModel(model("odd-stream", odd.get(1).baseUrl().toString(), "500ms"));
    List<IssuedKey> keys =
        Stream.of("a", "b", "c", "d", "e")
            .map(name -> admin.createKey(name, "\"rpm\":null,\"quota_tokens\":null"))
            .collect(Collectors.toCollection(ArrayList::new));
    keys.add(admin.createKey("scarce", "\"rpm\":null,\"quota_tokens\":" + SCARCE));
    return new Setup(
        List.copyOf(keys),
        Map.of(
            "wrong key", new IssuedKey("none", "sk-mg-" + "0".repeat(45)),
            "over its rate", admin.createKey("rate", "\"rpm\":30"),
            "over its quota", admin.createKey("quota", "\"rpm\":null,\"quota_tokens\":100"),
            "one at a time", admin.createKey("one", "\"rpm\":null,\"max_concurrent\":1")));
  }

  private static String model(String name, String url, String timeout) {
    return "{\"name\":\"%s\",\"upstream_model\":\"m\",\"backend\":\"vllm\",\"base_url\":\"%s\",\"timeout\":\"%s\"}"
        .formatted(name, url, timeout);
  }

  /** One that does something else wrong at each request. */
  private static ScriptedBackend oddBackend(boolean stream) {
    ScriptedBackend backend = ScriptedBackend.start();
    var good = new GoodReply(EngineDialect.VLLM, stream);
    var begun = new CountDownLatch(0);
    var random = new Random(stream ? 1 : 2);
    List<Misbehaviour> wrong =
        Stream.of(Misbehaviour.values())
            .filter(one -> !one.needsLongRequest())
            .filter(one -> one != Misbehaviour.DOES_NOT_LISTEN)
            .filter(one -> one != Misbehaviour.RESETS_WHEN_CONNECTED)
            .toList();
    return backend.whenOutOfScripts(
        () -> wrong.get(random.nextInt(wrong.size())).play.prepare(backend, good, begun));
  }

  private List<Look> load(GatewayProcess gateway, Setup setup, Duration time, boolean kill)
      throws Exception {
    Set<Integer> ports =
        Stream.concat(
                engines.stream().map(HonestEngine::port), odd.stream().map(ScriptedBackend::port))
            .collect(Collectors.toSet());
    var looks = new ArrayList<Look>();
    try (var probe = new ProcessProbe(gateway.pid(), gateway.url(), ADMIN_KEY, ports);
        var admin = new AdminClient(gateway.url(), ADMIN_KEY)) {
      admin.removeModels("passing-"); // a kill may have left some
      admin.removeKeys("passing-");
      looks.add(probe.look()); // at rest
      var traffic = new SoakTraffic(port, calls);
      long began = System.nanoTime();
      traffic.start(setup.keys(), setup.refused());
      long step = Math.clamp(time.toMillis() / 60, 1_000, 10_000);
      if (!kill) {
        say("");
        say(
            "| time | RSS MB | heap MB | threads | sockets | other descriptors | to backends | in flight | waiting |");
        say("|---|---|---|---|---|---|---|---|---|");
      }
      for (int round = 1; System.nanoTime() - began < time.toNanos(); round++) {
        Thread.sleep(step);
        disturb(admin, round);
        Look look = probe.look();
        looks.add(look);
        if (!kill && (round == 1 || round % 6 == 0)) {
          row(Duration.ofNanos(System.nanoTime() - began), look);
        }
      }
      if (kill) {
        gateway.kill();
      }
      engines.forEach(Soak::alive);
      traffic.stop();
      calls = traffic.calls();
      received.addAll(traffic.received());
      traffic.counts().forEach((what, count) -> counts.merge(what, count, Long::sum));
      if (!kill) {
        Look last = atRest(probe);
        looks.add(last);
        say("| at rest " + cells(looks.getFirst()));
        say("| at rest again " + cells(last));
        say("");
      }
    }
    return looks;
  }

  /**
   * Connections to backends rest for 4 s, and health checks make a few all the time: one that leaks
   * is there whenever one looks.
   */
  private static Look atRest(ProcessProbe probe) throws Exception {
    Thread.sleep(6_000);
    Look look = probe.look();
    for (int i = 0; i < 100 && look.toBackends() > 0; i++) {
      Thread.sleep(500);
      look = probe.look();
    }
    return look;
  }

  /** Engines die and come back, models and keys come and go, settings change. */
  private void disturb(AdminClient admin, int round) throws IOException {
    HonestEngine engine = engines.get(2);
    switch (round % 6) {
      case 0 -> engine.die();
      case 1 -> alive(engine);
      case 2 -> {
        admin.createModel(model("passing-" + round, engines.getFirst().baseUrl(), "1s"));
        IssuedKey key = admin.createKey("passing-" + round);
        admin.changeKey(key.id(), "{\"rpm\":5}");
        admin.changeKey(key.id(), "{\"status\":\"disabled\"}");
      }
      case 3 -> {
        admin.removeModels("passing-");
        admin.removeKeys("passing-");
      }
      case 4 -> Files.writeString(settingsFile(), "timeout: " + (200 + round % 100) + "s\n");
      default -> admin.settings();
    }
  }

  private static void alive(HonestEngine engine) {
    try {
      engine.rise();
    } catch (IOException e) {
      throw new AssertionError("the engine does not rise", e);
    }
  }

  private void row(Duration at, Look look) {
    say("| %d:%02d %s".formatted(at.toMinutes(), at.toSecondsPart(), cells(look)));
  }

  private static String cells(Look look) {
    return "| %d | %d | %d | %d | %d | %d | %d | %d |"
        .formatted(
            look.rss(),
            look.heap(),
            look.threads(),
            look.sockets(),
            look.others(),
            look.toBackends(),
            look.inFlight(),
            look.waiting());
  }

  /** Compares the second quarter of the looks, when all is warm, with the last. */
  private void memoryAndDescriptors(List<Look> looks) {
    Look idle = looks.getFirst();
    Look rest = looks.getLast();
    List<Look> busy = looks.subList(1, looks.size() - 1);
    int quarter = busy.size() / 4;
    List<Look> early = busy.subList(quarter, 2 * quarter);
    List<Look> late = busy.subList(busy.size() - quarter, busy.size());
    grew("RSS, median in MB", early, late, Look::rss, MORE_MEMORY, 0);
    say(
        "- heap in use, least in MB: %d in the second quarter, %d in the last"
            .formatted(least(early, Look::heap), least(late, Look::heap)));
    check(
        least(late, Look::heap) <= 1.25 * least(early, Look::heap) + 8, "live heap does not grow");
    grew("threads, median", early, late, Look::threads, MORE_MEMORY, 2);
    grew("descriptors under load, median", early, late, Look::descriptors, 1.25, MORE_DESCRIPTORS);
    check(
        rest.descriptors() <= idle.descriptors() + MORE_DESCRIPTORS,
        "descriptors at rest as at the start: %d, then %d"
            .formatted(idle.descriptors(), rest.descriptors()));
    check(rest.toBackends() == 0, "no connection to a backend outlives its rest");
    check(rest.inFlight() == 0 && rest.waiting() == 0, "nothing in flight, nothing to be written");
  }

  private void grew(
      String what,
      List<Look> early,
      List<Look> late,
      ToLongFunction<Look> of,
      double most,
      int more) {
    long before = median(early, of);
    long after = median(late, of);
    check(
        after <= most * before + more,
        "%s: %d in the second quarter, %d in the last".formatted(what, before, after));
  }

  private static long median(List<Look> looks, ToLongFunction<Look> of) {
    return looks.stream().mapToLong(of).sorted().skip(looks.size() / 2).findFirst().orElse(0);
  }

  private static long least(List<Look> looks, ToLongFunction<Look> of) {
    return looks.stream().mapToLong(of).min().orElse(0);
  }

  private void nothingIsReserved(GatewayProcess gateway) {
    try (var admin = new AdminClient(gateway.url(), ADMIN_KEY)) {
      long reserved = 0;
      for (JsonNode key : admin.keys()) {
        reserved += key.get("reserved_tokens").asLong();
      }
      check(reserved == 0, "nothing is set aside when nothing runs: " + reserved);
    }
  }

  private void theLogIsQuiet(GatewayProcess gateway) {
    List<String> bad =
        Stream.concat(gateway.lines().stream(), gateway.complaint().lines())
            .filter(
                line ->
                    line.contains(" ERROR ")
                        || line.contains("Exception")
                        || line.contains("\tat "))
            .limit(5)
            .toList();
    check(
        bad.isEmpty(),
        "no error and no stack trace in the log" + (bad.isEmpty() ? "" : ": " + bad));
  }

  private void usageAddsUp(Setup setup) {
    UsageRows rows = UsageRows.of(folder.resolve("data/modelgate.db"));
    var recorded = new HashMap<String, UsageRow>();
    long twice = 0;
    long beyond = 0;
    long tokens = 0;
    for (UsageRow call : rows.calls()) {
      twice += recorded.put(call.requestId(), call) == null ? 0 : 1;
      tokens += call.completion();
      if (call.model().startsWith("true-")) {
        long generated =
            engines.stream().mapToLong(engine -> engine.generated(call.requestId())).sum();
        beyond += call.completion() > generated ? 1 : 0;
      }
    }
    long lost =
        received.stream()
            .filter(reply -> isLess(recorded.get(reply.requestId()), reply.words()))
            .count();
    say(
        "- %d requests; recorded %d calls with %d generated tokens; engines that count generated %d; %d replies received whole, with %d"
            .formatted(
                calls,
                rows.calls().size(),
                tokens,
                engines.stream().mapToLong(HonestEngine::generated).sum(),
                received.size(),
                received.stream().mapToLong(Received::words).sum()));
    say(
        "- outcomes recorded: "
            + rows.calls().stream()
                .collect(Collectors.groupingBy(UsageRow::outcome, Collectors.counting())));
    say("- what clients saw: " + new TreeMap<>(counts));
    check(received.size() > length.toSeconds(), "enough was received to mean something");
    check(twice == 0, "no call recorded twice: " + twice);
    check(lost == 0, "no reply received and not recorded in full: " + lost);
    check(beyond == 0, "no call charged beyond what was generated: " + beyond);
    boolean sums = true;
    for (IssuedKey key :
        Stream.concat(setup.keys().stream(), setup.refused().values().stream()).toList()) {
      long total = rows.total(key.id());
      sums &=
          rows.usedByKey().getOrDefault(key.id(), 0L) == total
              && rows.sumsByKey().getOrDefault(key.id(), 0L) == total;
    }
    check(sums, "records, quotas and daily sums agree for every key");
    check(
        rows.total(Objects.requireNonNull(setup.refused().get("over its quota")).id()) <= 100,
        "the scarce quota is not overdrawn");
  }

  private static boolean isLess(@Nullable UsageRow recorded, int words) {
    return recorded == null || recorded.completion() < words;
  }

  private void verdict() {
    say("");
    say(violations.isEmpty() ? "All held." : "**Violated**: " + String.join("; ", violations));
  }

  private void check(boolean holds, String what) {
    say((holds ? "- held: " : "- **not held**: ") + what);
    if (!holds) {
      violations.add(what);
    }
  }

  private void say(String line) {
    lines.add(line);
    System.out.println(line);
  }

  private static int freePort() {
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return server.getLocalPort();
    } catch (IOException e) {
      throw new AssertionError("no free port", e);
    }
  }
}
