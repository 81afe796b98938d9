package io.modelgate.bootstrap.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code modelgate model …}. */
@Command(name = "model", description = "Manages models.", mixinStandardHelpOptions = true)
public final class ModelCommand {
  private static final String MODEL = "NAME|ID";

  /** What can be said of a model with one target. */
  static final class Options {
    @Option(
        names = "--backend",
        paramLabel = "KIND",
        description = "ollama, vllm, llamacpp, openai, api3 or echo.")
    private @Nullable String backend;

    @Option(names = "--base-url", paramLabel = "URL", description = "Where, if not as set.")
    private @Nullable String baseUrl;

    @Option(names = "--upstream-model", paramLabel = "NAME", description = "Its name there.")
    private @Nullable String upstreamModel;

    @Option(
        names = "--api-key-file",
        paramLabel = "FILE",
        description = "Holds the backend's key for it.")
    private @Nullable Path apiKeyFile;

    @Option(
        names = "--fallback",
        paramLabel = "NAME",
        description = "A model to ask when it fails; again for more.")
    private @Nullable List<String> fallbacks;

    @Option(names = "--timeout", paramLabel = "TIME", description = "E.g. 300s.")
    private @Nullable String timeout;

    void fill(ObjectNode body) {
      put(body, "backend", backend);
      put(body, "base_url", baseUrl);
      put(body, "upstream_model", upstreamModel);
      put(body, "timeout", timeout);
      if (apiKeyFile != null) {
        body.put("api_key", secret(apiKeyFile));
      }
      if (fallbacks != null) {
        ArrayNode names = body.putArray("fallback_models");
        fallbacks.forEach(names::add);
      }
    }

    private static void put(ObjectNode body, String name, @Nullable String value) {
      if (value != null) {
        body.put(name, value.equals("none") ? null : value);
      }
    }

    private static String secret(Path file) {
      try {
        return Files.readString(file).strip();
      } catch (IOException e) {
        throw new CommandFailed(CommandFailed.USAGE, file + " cannot be read: " + e.getMessage());
      }
    }
  }

  @Command(name = "list", description = "Lists models.", mixinStandardHelpOptions = true)
  void list(@Mixin Remote remote) {
    remote.showAll(remote.list("/models"), ModelCommand::table);
  }

  @Command(name = "create", description = "Adds a model.", mixinStandardHelpOptions = true)
  void create(
      @Parameters(paramLabel = "NAME") String name, @Mixin Options options, @Mixin Remote remote) {
    ObjectNode body = Remote.object().put("name", name);
    options.fill(body);
    remote.show(remote.post("/models", body), model -> table(List.of(model)));
  }

  @Command(
      name = "update",
      description = "Changes a model with one target.",
      mixinStandardHelpOptions = true)
  void update(
      @Parameters(paramLabel = MODEL) String model,
      @Option(names = "--name", paramLabel = "NAME") @Nullable String name,
      @Option(names = "--enable", negatable = true, description = "Lets clients call it, or not.")
          @Nullable Boolean enable,
      @Mixin Options options,
      @Mixin Remote remote) {
    ObjectNode body = Remote.object();
    options.fill(body);
    if (name != null) {
      body.put("name", name);
    }
    if (enable != null) {
      body.put("enabled", enable);
    }
    remote.show(remote.patch(path(model, remote), body), changed -> table(List.of(changed)));
  }

  @Command(name = "delete", description = "Deletes a model.", mixinStandardHelpOptions = true)
  void delete(@Parameters(paramLabel = MODEL) String model, @Mixin Remote remote) {
    remote.delete(path(model, remote));
    remote.say("Deleted " + model + ".");
  }

  @Command(
      name = "sync",
      description = "Takes over what the backends offer. Exit code 1 when one of them fails.",
      mixinStandardHelpOptions = true)
  int sync(
      @Option(names = "--dry-run", description = "Only says what would be done.") boolean dryRun,
      @Mixin Remote remote) {
    JsonNode done = remote.post("/models/sync?dry_run=" + dryRun, null);
    var backends = new ArrayList<JsonNode>();
    done.path("data").forEach(backends::add);
    remote.show(
        done,
        _ ->
            new Table(backends)
                .with("BACKEND", "backend")
                .with("AT", "base_url")
                .with("ADDED", "added")
                .with("CHANGED", "changed")
                .with("REMOVED", "removed")
                .with("UNCHANGED", "unchanged")
                .with("ERROR", "error"));
    return backends.stream().allMatch(one -> one.path("error").isNull()) ? 0 : CommandFailed.FAILED;
  }

  private static String path(String nameOrId, Remote remote) {
    JsonNode found = Remote.named("model", nameOrId, remote.list("/models"));
    return "/models/" + Remote.encoded(found.path("id").asText());
  }

  private static Table table(List<JsonNode> models) {
    return new Table(models)
        .with("ID", "id")
        .with("NAME", "name")
        .with("STATUS", "status")
        .with("SOURCE", "source")
        .with("BACKEND", "backend")
        .with("AT", "base_url")
        .with("UPSTREAM MODEL", "upstream_model")
        .with("TARGETS", model -> Integer.toString(model.path("targets").size()))
        .with("FALLBACKS", "fallback_models");
  }
}
