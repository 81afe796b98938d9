package io.modelgate.bootstrap;

import io.modelgate.infrastructure.store.BackupSummary;
import io.modelgate.infrastructure.store.SqlStore;
import io.modelgate.infrastructure.store.StoreRefused;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What operators do to the database beside the gateway. Each gives the sentences that say how it
 * went, and throws {@link StoreRefused} when it could not be done.
 */
final class Maintenance {
  private static final String NEW_SECRET = "MG_NEW_SECRET_KEY";
  private static final String NEW_SECRET_FILE = NEW_SECRET + "_FILE";

  private Maintenance() {}

  static List<String> backup(Settings settings, Path target, boolean force) {
    Path database = settings.database().path();
    BackupSummary held = SqlStore.backup(database, target, force);
    String news =
        "%s holds %s as it was just now: schema %d, %d keys, %d models."
            .formatted(target, database, held.schema(), held.keys(), held.models());
    return held.credentials() == 0
        ? List.of(news)
        : List.of(
            news,
            "Its %d credentials open only with the secret key, which is not in it: keep %s, too, in another place."
                .formatted(held.credentials(), secret(settings)));
  }

  static List<String> restore(Settings settings, Path backup) {
    Path database = settings.database().path();
    Secret key = settings.secretKey();
    Path aside =
        SqlStore.restore(
            database, backup, key == null ? null : key.text(), InstantSource.system().instant());
    String news = database + " is what " + backup + " holds.";
    return aside == null ? List.of(news) : List.of(news, "What it replaced is in " + aside + ".");
  }

  /**
   * Reads the key to come as the one in force is read, under other names: the same form, the same
   * complaints.
   */
  static Settings.Loading newSecret(Map<String, String> environment) {
    var renamed = new HashMap<String, String>();
    put(renamed, SettingsTable.SECRET_KEY.variable(), environment.get(NEW_SECRET));
    put(renamed, SettingsTable.SECRET_KEY.fileVariable(), environment.get(NEW_SECRET_FILE));
    return switch (Settings.load(null, renamed)) {
      case Settings.Loading.Loaded loaded -> loaded;
      case Settings.Loading.Faulty(var faults, var warnings) ->
          new Settings.Loading.Faulty(
              faults.stream().map(Maintenance::underItsOwnName).toList(), warnings);
    };
  }

  private static Settings.Fault underItsOwnName(Settings.Fault fault) {
    return new Settings.Fault(
        fault.key(),
        fault.value(),
        fault.allowed(),
        fault.origin().replace(SettingsTable.SECRET_KEY.variable(), NEW_SECRET));
  }

  private static void put(Map<String, String> map, String name, @Nullable String value) {
    if (value != null) {
      map.put(name, value);
    }
  }

  static List<String> rotate(Settings settings, @Nullable Secret fresh) {
    Secret old = settings.secretKey();
    int count =
        SqlStore.rotateSecretKey(
            settings.database().path(),
            old == null ? null : old.text(),
            fresh == null ? null : fresh.text());
    String news = count + " credentials are encrypted with the new secret key.";
    return old == null
        ? List.of(news, "It is in " + secret(settings) + ": keep a copy in another place.")
        : List.of(news, "Set MG_SECRET_KEY to it before the gateway starts again.");
  }

  private static String secret(Settings settings) {
    return settings.secretKey() == null
        ? "the file " + settings.database().path().resolveSibling("secret-key")
        : "MG_SECRET_KEY";
  }
}
