package io.modelgate.bootstrap.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.TreeSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code modelgate backend …}. */
@Command(name = "backend", description = "Shows backends.", mixinStandardHelpOptions = true)
public final class BackendCommand {
  @Command(
      name = "list",
      description = "Lists the backends that models stand on, and how they are.",
      mixinStandardHelpOptions = true)
  void list(@Mixin Remote remote) {
    remote.showAll(
        remote.list("/backends"),
        backends ->
            new Table(backends)
                .with("BACKEND", "backend")
                .with("AT", "base_url")
                .with("HEALTH", "health")
                .with("REASON", "reason")
                .with("RUNNING", "running")
                .with("WAITING", "waiting")
                .with("BREAKERS", BackendCommand::breakers)
                .with("MODELS", BackendCommand::models));
  }

  private static String breakers(JsonNode backend) {
    var states = new TreeSet<String>();
    backend.path("targets").forEach(target -> states.add(target.path("breaker").asText()));
    return String.join(",", states);
  }

  private static String models(JsonNode backend) {
    var names = new ArrayList<String>();
    backend.path("targets").forEach(target -> names.add(target.path("model").asText()));
    return String.join(",", new TreeSet<>(names));
  }
}
