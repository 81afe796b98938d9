package io.modelgate.bootstrap.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code modelgate key …}. */
@Command(name = "key", description = "Manages API keys.", mixinStandardHelpOptions = true)
public final class KeyCommand {
  private static final String KEY = "NAME|ID";

  @Command(name = "list", description = "Lists keys.", mixinStandardHelpOptions = true)
  void list(
      @Option(names = "--search", paramLabel = "TEXT", description = "In name, note, prefix or id.")
          @Nullable String search,
      @Option(names = "--status", description = "active, disabled, expired or exhausted.")
          @Nullable String status,
      @Mixin Remote remote) {
    String query =
        "?limit=500"
            + (search == null ? "" : "&q=" + Remote.encoded(search))
            + (status == null ? "" : "&status=" + Remote.encoded(status));
    remote.showAll(remote.list("/keys" + query), KeyCommand::table);
  }

  @Command(
      name = "create",
      description = "Creates a key and shows its secret, which is shown nowhere else.",
      mixinStandardHelpOptions = true)
  void create(
      @Parameters(paramLabel = "NAME") String name,
      @Mixin KeyOptions options,
      @Mixin Remote remote) {
    ObjectNode body = Remote.object().put("name", name);
    options.fill(body);
    remote.show(remote.post("/keys", body), KeyCommand::secret);
  }

  @Command(name = "update", description = "Changes a key.", mixinStandardHelpOptions = true)
  void update(
      @Parameters(paramLabel = KEY) String key,
      @Option(names = "--name", paramLabel = "NAME") @Nullable String name,
      @Option(names = "--enable", description = "Lets it call again.") boolean enable,
      @Mixin KeyOptions options,
      @Mixin Remote remote) {
    ObjectNode body = Remote.object();
    options.fill(body);
    if (name != null) {
      body.put("name", name);
    }
    if (enable) {
      body.put("enabled", true);
    }
    remote.show(remote.patch(path(key, remote), body), changed -> table(List.of(changed)));
  }

  @Command(
      name = "rotate",
      description = "Gives a key a new secret and shows it.",
      mixinStandardHelpOptions = true)
  void rotate(
      @Parameters(paramLabel = KEY) String key,
      @Option(
              names = "--grace",
              defaultValue = "0s",
              description = "How long the old one still works, e.g. 24h. Default: ${DEFAULT-VALUE}")
          String grace,
      @Mixin Remote remote) {
    remote.show(
        remote.post(path(key, remote) + "/rotate", Remote.object().put("grace", grace)),
        KeyCommand::secret);
  }

  @Command(
      name = "disable",
      description = "Stops a key from calling; update --enable undoes it.",
      mixinStandardHelpOptions = true)
  void disable(@Parameters(paramLabel = KEY) String key, @Mixin Remote remote) {
    JsonNode changed = remote.patch(path(key, remote), Remote.object().put("enabled", false));
    remote.show(changed, one -> table(List.of(one)));
  }

  @Command(
      name = "delete",
      description = "Deletes a key; what it used stays counted.",
      mixinStandardHelpOptions = true)
  void delete(@Parameters(paramLabel = KEY) String key, @Mixin Remote remote) {
    remote.delete(path(key, remote));
    remote.say("Deleted " + key + ".");
  }

  private static String path(String nameOrId, Remote remote) {
    List<JsonNode> found =
        remote.list("/keys?limit=500&q=" + Remote.encoded(nameOrId.toLowerCase(Locale.ROOT)));
    return "/keys/" + Remote.encoded(Remote.named("key", nameOrId, found).path("id").asText());
  }

  private static Table secret(JsonNode key) {
    return new Table(List.of(key)).with("ID", "id").with("NAME", "name").with("KEY", "key");
  }

  private static Table table(List<JsonNode> keys) {
    return new Table(keys)
        .with("ID", "id")
        .with("NAME", "name")
        .with("KEY", key -> Table.text(key.path("key_prefix")) + "…")
        .with(
            "STATUS",
            key -> key.path("expired").asBoolean() ? "expired" : Table.text(key.path("status")))
        .with("TIER", "tier")
        .with("RPM", "rpm")
        .with("USED", "used_tokens")
        .with("QUOTA", "quota_tokens")
        .with("PERIOD", "quota_period")
        .with("LAST USED", "last_used_at");
  }
}
