package io.modelgate.bootstrap;

import static io.modelgate.testing.backend.ScriptedBackend.send;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelgate.testing.backend.ScriptedBackend;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/**
 * The command line's whole program against a running gateway, in this process; {@link AdminKeyIT}
 * runs it as it is shipped.
 */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(60)
class CommandLineIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String NOBODY = "http://127.0.0.1:1";
  private static final int DONE = 0;
  private static final int FAILED = 1;
  private static final int NO_SENSE = 2;
  private static final int NOT_ALLOWED = 3;
  private static final int NOT_FOUND = 4;
  private static final int CONFLICT = 5;

  private final ScriptedBackend engine = ScriptedBackend.start();

  @SuppressWarnings("NullAway.Init")
  private GatewayFixture gateway;

  @BeforeAll
  void start(@TempDir Path folder) {
    gateway =
        GatewayFixture.start(
            folder,
            Map.of(
                "MG_ADAPTERS_VLLM_BASE_URL", engine.baseUrl().toString(),
                "MG_ADAPTERS_LLAMACPP_BASE_URL", NOBODY,
                "MG_ADAPTERS_OPENAI_BASE_URL", NOBODY,
                "MG_ADAPTERS_OLLAMA_BASE_URL", NOBODY));
  }

  @AfterAll
  void stop() throws IOException {
    gateway.close();
    engine.close();
  }

  private record Ended(int exitCode, String out, String err) {
    JsonNode json() throws IOException {
      return JSON.readTree(out);
    }

    /** The words of the line that has this one in it. */
    List<String> row(String word) {
      return out.lines()
          .map(line -> List.of(line.split(" {2,}", -1)))
          .filter(words -> words.contains(word))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no line with " + word + " in\n" + out));
    }
  }

  private static Ended run(String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    return new Ended(line.execute(arguments), out.toString(), err.toString());
  }

  /** As its administrator; arguments are separated by single blanks. */
  private Ended modelgate(String arguments) {
    return run(
        Stream.concat(
                Stream.of(arguments.split(" ", -1)),
                Stream.of("--server", gateway.url(), "--admin-key", GatewayFixture.ADMIN_KEY))
            .toArray(String[]::new));
  }

  private Ended done(String arguments) {
    Ended ended = modelgate(arguments);
    assertThat(ended.exitCode()).as("%s: %s", arguments, ended.err()).isEqualTo(DONE);
    assertThat(ended.err()).isEmpty();
    return ended;
  }

  private Ended failed(int exitCode, String arguments) {
    Ended ended = modelgate(arguments);
    assertThat(ended.exitCode()).as("%s: %s", arguments, ended.err()).isEqualTo(exitCode);
    assertThat(ended.out()).isEmpty();
    return ended;
  }

  private JsonNode json(String arguments) throws IOException {
    return done(arguments + " --output json").json();
  }

  private int call(String secret, String model) throws Exception {
    try (var http = HttpClient.newHttpClient()) {
      return http.send(
              HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/chat/completions"))
                  .timeout(Duration.ofSeconds(20))
                  .header("Authorization", "Bearer " + secret)
                  .POST(
                      BodyPublishers.ofString(
                          "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"
                              .formatted(model)))
                  .build(),
              BodyHandlers.discarding())
          .statusCode();
    }
  }

  private static String bodyOf(Ended created) throws IOException {
    return created.json().path("key").asText();
  }

  @Test
  void aKeyIsMadeUsedChangedRotatedDisabledAndDeleted() throws Exception {
    Ended created = done("key create life --rpm 1_000 --note one --tier paid --output json");
    String first = bodyOf(created);
    assertThat(first).startsWith("sk-mg-");
    assertThat(call(first, "echo")).isEqualTo(200);

    JsonNode changed = json("key update life --name lived --rpm none --quota 5000 --burst none");
    assertThat(changed.path("id")).isEqualTo(created.json().path("id"));
    assertThat(changed.path("rpm").isNull()).isTrue();
    assertThat(changed.path("quota_tokens").asLong()).isEqualTo(5_000);
    assertThat(changed.path("note").asText()).as("not told").isEqualTo("one");

    String second = bodyOf(done("key rotate lived --grace 1h -o json"));
    assertThat(call(first, "echo")).as("within the grace").isEqualTo(200);
    assertThat(call(second, "echo")).isEqualTo(200);
    String third = bodyOf(done("key rotate " + changed.path("id").asText() + " -o json"));
    assertThat(call(second, "echo")).isEqualTo(401);

    assertThat(json("key disable lived").path("status").asText()).isEqualTo("disabled");
    assertThat(call(third, "echo")).isEqualTo(401);
    assertThat(json("key list --status disabled --search lived"))
        .singleElement()
        .satisfies(key -> assertThat(key.path("name").asText()).isEqualTo("lived"));
    json("key update lived --enable");
    assertThat(call(third, "echo")).isEqualTo(200);

    assertThat(done("key delete lived").out()).isEqualTo("Deleted lived.\n");
    assertThat(call(third, "echo")).isEqualTo(401);
    failed(NOT_FOUND, "key delete lived");
  }

  @Test
  void aKeyKeepsToWhatItWasMadeFor() throws Exception {
    Ended created =
        done(
            "key create scoped --allow-model ec* --allow-model none-* --allow-ip 127.0.0.0/8 -o json");

    assertThat(created.json().path("allowed_models")).hasToString("[\"ec*\",\"none-*\"]");
    assertThat(call(bodyOf(created), "echo")).isEqualTo(200);
    json("key update scoped --allow-model none-*");
    assertThat(call(bodyOf(created), "echo")).isEqualTo(403);
    json("key update scoped --allow-model none --allow-ip 192.0.2.0/24");
    assertThat(call(bodyOf(created), "echo")).isEqualTo(403);
  }

  @Test
  void tablesAreForPeopleAndTellASecretOnlyWhereItIsMade() throws Exception {
    Ended created = done("key create shown --quota 2000000 --quota-period month");
    assertThat(created.out().lines()).hasSize(2);
    List<String> row = created.row("shown");
    String secret = row.getLast();
    assertThat(secret).startsWith("sk-mg-");
    assertThat(call(secret, "echo")).isEqualTo(200);

    String hidden = secret.substring(10);
    for (String arguments :
        List.of(
            "key list",
            "key list -o json",
            "key list --search shown",
            "key update shown --rpm 5",
            "key update shown --rpm 5 -o json",
            "key disable shown",
            "usage --by key",
            "model list -o json")) {
      assertThat(done(arguments).out()).as(arguments).isNotEmpty().doesNotContain(hidden);
    }
    Ended list = done("key list --search shown");
    assertThat(list.out().lines().findFirst().orElseThrow().split(" {2,}", -1))
        .startsWith("ID", "NAME", "KEY", "STATUS");
    assertThat(list.row("shown"))
        .contains("disabled", "2,000,000", "month", secret.substring(0, 10) + "…");
    assertThat(done("key list --search nobody-has-this").out().lines()).hasSize(1);
    assertThat(json("key list --search nobody-has-this")).isEmpty();
  }

  @Test
  void modelsAreAddedChangedCalledAndDeleted() throws Exception {
    String secret = bodyOf(done("key create caller -o json"));

    assertThat(done("model create parrot --backend echo").row("parrot")).contains("echo", "active");

    assertThat(call(secret, "parrot")).isEqualTo(200);
    assertThat(json("model list").findValuesAsText("name")).contains("echo", "parrot");
    JsonNode changed = json("model update parrot --name macaw --fallback echo --timeout 5s");
    assertThat(changed.path("fallback_models")).hasToString("[\"echo\"]");
    assertThat(call(secret, "parrot")).isEqualTo(404);
    assertThat(call(secret, "macaw")).isEqualTo(200);
    assertThat(json("model update macaw --no-enable").path("status").asText())
        .isEqualTo("disabled");
    assertThat(call(secret, "macaw")).isEqualTo(404);
    assertThat(done("model delete macaw -o json").out()).as("nothing to tell").isEmpty();
    failed(NOT_FOUND, "model delete macaw");
  }

  @Test
  void whatBackendsOfferIsShownBeforeItIsTaken() throws Exception {
    String offered = "{\"data\":[{\"owned_by\":\"vllm\",\"id\":\"qwen\"}]}";
    engine.onRequest(send(ok(offered)));
    Ended dry = modelgate("model sync --dry-run --output json");
    assertThat(dry.exitCode()).as("others cannot be reached").isEqualTo(FAILED);
    JsonNode vllm = backend(dry.json().path("data"), "vllm");
    assertThat(vllm.path("added")).hasToString("[\"qwen\"]");
    assertThat(vllm.path("error").isNull()).isTrue();
    assertThat(backend(dry.json().path("data"), "ollama").path("error").asText()).isNotEmpty();
    assertThat(json("model list").findValuesAsText("name")).doesNotContain("qwen");

    engine.onRequest(send(ok(offered)));
    assertThat(modelgate("model sync").row("vllm")).contains("qwen");

    assertThat(done("model list").row("qwen")).contains("sync", "vllm");
    assertThat(json("backend list").findValuesAsText("backend")).contains("vllm");
    assertThat(done("backend list").row("vllm")).contains("qwen");
    done("model delete qwen");
  }

  private static JsonNode backend(JsonNode backends, String kind) {
    for (JsonNode backend : backends) {
      if (backend.path("backend").asText().equals(kind)) {
        return backend;
      }
    }
    throw new AssertionError("no " + kind + " in " + backends);
  }

  private static String ok(String body) {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        .formatted(body.getBytes(StandardCharsets.UTF_8).length, body);
  }

  @Test
  void whatWasUsedIsToldByKeyModelAndDay() throws Exception {
    String secret = bodyOf(done("key create eater -o json"));
    assertThat(call(secret, "echo")).isEqualTo(200);
    assertThat(call(secret, "echo")).isEqualTo(200);

    assertThat(done("usage --by key").row("eater").get(1)).isEqualTo("2");
    assertThat(done("usage --by model").row("echo")).hasSize(7);
    assertThat(done("usage --by backend").row("echo")).hasSize(7);
    JsonNode days = json("usage --by day --time-zone Asia/Kathmandu");
    long total = 0;
    for (JsonNode day : days.path("series")) {
      assertThat(day.path("time").asText()).endsWith("T18:15:00Z");
      total += day.path("total_tokens").asLong();
    }
    assertThat(total).isPositive().isEqualTo(days.at("/totals/total_tokens").asLong());
    assertThat(done("usage --by day").out().lines()).hasSizeBetween(2, 3);
    assertThat(done("usage").out().lines()).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource({
    "key update nobody --rpm 5",
    "key rotate nobody",
    "key disable nobody",
    "key delete nobody",
    "model update nobody --timeout 5s",
    "model delete nobody"
  })
  void whatIsNotThereIsSaidSo(String arguments) {
    assertThat(failed(NOT_FOUND, arguments).err()).contains("nobody").hasLineCount(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "key create a --rpm many|many",
        "key create a --allow-ip 10.0.0.0/8 --allow-ip 10.0.0.0/40|10.0.0.0/40",
        "key create a --quota-period year|quota_period",
        "key create a --expires yesterday|expires_at",
        "key list --status lost|status",
        "key rotate demo --grace ever|grace",
        "model create a --backend none|backend",
        "model create a --backend vllm --api-key-file /nowhere/there|/nowhere/there",
        "usage --by colour|colour",
        "usage --from tomorrow|from",
        "usage --time-zone Mars|time_zone",
        "key list --output xml|xml",
        "key invent|invent",
        "key create|NAME"
      })
  void whatMakesNoSenseIsSaidSo(String arguments, String told) {
    assertThat(failed(NO_SENSE, arguments).err()).contains(told).doesNotContain("Exception");
  }

  @Test
  void whatIsThereAlreadyIsSaidSo() {
    assertThat(failed(CONFLICT, "model create echo --backend echo").err()).hasLineCount(1);
    assertThat(failed(CONFLICT, "key delete " + playground()).err()).hasLineCount(1);
  }

  /** Its key is made at the first call. */
  private String playground() {
    HttpRequest call =
        HttpRequest.newBuilder(URI.create(gateway.url() + "/admin/api/playground/chat/completions"))
            .header("Authorization", "Bearer " + GatewayFixture.ADMIN_KEY)
            .POST(BodyPublishers.ofString("{\"model\":\"echo\",\"messages\":[]}"))
            .build();
    try (var http = HttpClient.newHttpClient()) {
      http.send(call, BodyHandlers.discarding());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
    return "admin-playground";
  }

  @Test
  void aWrongKeyNoKeyAndNoServerAreToldApart() throws Exception {
    Ended wrong = run("key", "list", "--server", gateway.url(), "--admin-key", "wrong");
    Ended holders =
        run(
            "key",
            "list",
            "--server",
            gateway.url(),
            "--admin-key",
            bodyOf(done("key create holder -o json")));
    Ended none = run("key", "list", "--server", gateway.url());
    Ended nobody = run("key", "list", "--server", NOBODY, "--admin-key", "any");
    Ended nonsense = run("key", "list", "--server", "not a url", "--admin-key", "any");

    assertThat(List.of(wrong.exitCode(), holders.exitCode(), none.exitCode()))
        .containsOnly(NOT_ALLOWED);
    assertThat(none.err()).contains("MODELGATE_ADMIN_KEY");
    assertThat(nobody.exitCode()).isEqualTo(FAILED);
    assertThat(nobody.err()).contains(NOBODY, "no connection", "--server").hasLineCount(1);
    assertThat(nonsense.exitCode()).isEqualTo(NO_SENSE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"key", "key create", "model sync", "usage", "backend list"})
  void theHelpTellsTheExitCodes(String command) throws Exception {
    Ended help = run((command + " --help").split(" ", -1));

    assertThat(help.exitCode()).isZero();
    assertThat(help.out()).contains("Exit codes:", "no such key or model");
    String papers = Files.readString(Path.of("../docs/operations.md"));
    help.out()
        .lines()
        .filter(line -> line.matches(" +[1-5] {3}.*"))
        .map(line -> line.strip().replaceFirst(" +", " ").split(",", 2)[0])
        .forEach(meaning -> assertThat(papers).contains(meaning));
  }

  @Test
  void theShellCompletesCommands() throws Exception {
    String script = run("completion").out();

    assertThat(script).contains("complete -F _complete_modelgate", "rotate", "--dry-run");
    Process bash = new ProcessBuilder("bash", "-n").redirectErrorStream(true).start();
    try (var in = bash.outputWriter()) {
      in.write(script);
    }
    assertThat(new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8)).isEmpty();
    assertThat(bash.waitFor()).isZero();
  }
}
