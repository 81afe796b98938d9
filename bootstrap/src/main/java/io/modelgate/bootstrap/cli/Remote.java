package io.modelgate.bootstrap.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Which gateway a command asks, with which key, and how it shows the answer. */
final class Remote {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Beside the database that a gateway has unless told otherwise. */
  private static final Path KEPT_KEY = Path.of("data", "admin-key");

  /** How an answer is shown. */
  enum Output {
    table,
    json
  }

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec spec;

  @Option(
      names = "--server",
      paramLabel = "URL",
      defaultValue = "${env:MODELGATE_SERVER:-http://127.0.0.1:18080}",
      description = "The gateway; also MODELGATE_SERVER. Default: ${DEFAULT-VALUE}")
  private String server = "";

  @Option(
      names = "--admin-key",
      paramLabel = "KEY",
      defaultValue = "${env:MODELGATE_ADMIN_KEY:-}",
      description =
          "Better in MODELGATE_ADMIN_KEY, where no list of processes shows it. Without either, the"
              + " file data/admin-key is read.")
  private String adminKey = "";

  @Option(
      names = {"-o", "--output"},
      defaultValue = "table",
      description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}")
  private Output output = Output.table;

  static ObjectNode object() {
    return JSON.createObjectNode();
  }

  JsonNode get(String path) {
    return send("GET", path, null);
  }

  JsonNode post(String path, @Nullable ObjectNode body) {
    return send("POST", path, body);
  }

  JsonNode patch(String path, ObjectNode body) {
    return send("PATCH", path, body);
  }

  void delete(String path) {
    JsonNode _ = send("DELETE", path, null);
  }

  /** All pages of a list that has several. */
  List<JsonNode> list(String path) {
    var found = new ArrayList<JsonNode>();
    String after = "";
    do {
      JsonNode page = get(path + after);
      page.path("data").forEach(found::add);
      JsonNode next = page.path("next");
      after =
          next.isTextual()
              ? (path.contains("?") ? "&" : "?") + "after=" + encoded(next.asText())
              : "";
    } while (!after.isEmpty());
    return found;
  }

  /**
   * The one that a name or an id means.
   *
   * @param what e.g. {@code key}, for the complaint
   */
  static JsonNode named(String what, String nameOrId, List<JsonNode> all) {
    List<JsonNode> found =
        all.stream()
            .filter(
                one ->
                    one.path("id").asText().equals(nameOrId)
                        || one.path("name").asText().equals(nameOrId))
            .toList();
    return switch (found.size()) {
      case 0 ->
          throw new CommandFailed(
              CommandFailed.NOT_FOUND,
              "There is no " + what + " of the name or id " + nameOrId + ".");
      case 1 -> found.getFirst();
      default ->
          throw new CommandFailed(
              CommandFailed.USAGE,
              "There are %d of the name %s; take an id: %s."
                  .formatted(
                      found.size(),
                      nameOrId,
                      String.join(
                          ", ", found.stream().map(one -> one.path("id").asText()).toList())));
    };
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /** Prints an answer: as it came, or as a table. */
  void show(JsonNode answer, Function<JsonNode, Table> asTable) {
    PrintWriter out = out();
    switch (output) {
      case json -> out.println(answer.toPrettyString());
      case table -> asTable.apply(answer).print(out);
    }
    out.flush();
  }

  /** Prints many: as an array, or as a table. */
  void showAll(List<JsonNode> rows, Function<List<JsonNode>, Table> asTable) {
    show(
        JSON.createArrayNode().addAll(rows),
        array -> asTable.apply(StreamSupport.stream(array.spliterator(), false).toList()));
  }

  /** Tells people what was done; scripts learn it from the exit code. */
  void say(String sentence) {
    if (output == Output.table) {
      out().println(sentence);
      out().flush();
    }
  }

  private PrintWriter out() {
    return Objects.requireNonNull(spec).commandLine().getOut();
  }

  private JsonNode send(String method, String path, @Nullable ObjectNode body) {
    try (HttpClient client =
        HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build()) {
      HttpResponse<String> reply =
          client.send(request(method, path, body), BodyHandlers.ofString());
      JsonNode answer = reply.body().isEmpty() ? object() : JSON.readTree(reply.body());
      if (reply.statusCode() >= 300) {
        String told = answer.path("error").path("message").asText("");
        throw CommandFailed.of(
            reply.statusCode(),
            told.isEmpty() ? "The gateway answered " + reply.statusCode() + "." : told);
      }
      return answer;
    } catch (JsonProcessingException _) {
      throw new CommandFailed(
          CommandFailed.FAILED, server + " is no ModelGate: it does not answer with JSON.");
    } catch (IOException e) {
      throw new CommandFailed(
          CommandFailed.FAILED,
          "%s cannot be reached (%s). Is the gateway running? Name another with --server."
              .formatted(server, Objects.requireNonNullElse(e.getMessage(), "no connection")));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new CommandFailed(CommandFailed.FAILED, "interrupted");
    }
  }

  private HttpRequest request(String method, String path, @Nullable ObjectNode body) {
    try {
      return HttpRequest.newBuilder(URI.create(server.replaceAll("/+$", "") + "/admin/api" + path))
          .timeout(PATIENCE)
          .header("Authorization", "Bearer " + key())
          .header("Content-Type", "application/json")
          .method(
              method,
              body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body.toString()))
          .build();
    } catch (IllegalArgumentException _) {
      throw new CommandFailed(
          CommandFailed.USAGE, "'" + server + "' or the key is not fit to be sent.");
    }
  }

  private String key() {
    if (!adminKey.isBlank()) {
      return adminKey.strip();
    }
    try {
      return Files.readString(KEPT_KEY).strip();
    } catch (IOException _) {
      throw new CommandFailed(
          CommandFailed.NOT_ALLOWED,
          "This needs the admin key: set MODELGATE_ADMIN_KEY. It lies in the file admin-key beside"
              + " the gateway's database.");
    }
  }
}
