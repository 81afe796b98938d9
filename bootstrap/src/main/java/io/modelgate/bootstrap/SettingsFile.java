package io.modelgate.bootstrap;

import io.helidon.common.media.type.MediaTypes;
import io.helidon.config.Config;
import io.helidon.config.ConfigException;
import io.helidon.config.ConfigSources;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;

/** Reads {@code modelgate.yaml}. Keys may be nested or written with dots. */
final class SettingsFile {
  private static final String NOT_READABLE = "needs to be a readable file";

  /** How names of settings look; those of secrets have digits, or are longer. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z_-]{0,30}3?");

  private SettingsFile() {}

  static SettingsSource read(Path file) {
    String origin = file.toString();
    try {
      String text = Files.readString(file);
      return switch (tree(text)) {
        case null -> new SettingsSource(List.of(), List.of(), List.of());
        case Map<?, ?> _ -> sort(leaves(text), origin);
        case Object _ -> faulty(origin, "the file", "needs lines of the form \"key: value\"");
      };
    } catch (MarkedYAMLException e) {
      int line = e.getProblemMark() == null ? 1 : e.getProblemMark().getLine() + 1;
      return faulty(
          origin,
          "line " + line,
          "is no valid YAML: check quotes, colons and indentation; the line may hold a secret and is"
              + " not repeated");
    } catch (YAMLException | ConfigException e) {
      return faulty(origin, "the file", "is no valid YAML: " + e.getMessage());
    } catch (NoSuchFileException _) {
      return faulty(origin, "the file", NOT_READABLE + ", but there is none");
    } catch (CharacterCodingException _) {
      return faulty(origin, "the file", "needs to be UTF-8");
    } catch (IOException e) {
      return faulty(origin, "the file", NOT_READABLE + ", but: " + e.getClass().getSimpleName());
    }
  }

  /**
   * Only to check: Helidon's reader lets the last of two equal keys win in silence, which would
   * drop half of what an operator wrote, and it tells no lines.
   */
  private static @Nullable Object tree(String text) {
    var options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    return new Yaml(new SafeConstructor(options)).load(text);
  }

  /** Path to text, nothing resolved: a "${" in a password is a "${". */
  private static Map<String, String> leaves(String text) {
    Config config =
        Config.builder(ConfigSources.create(text, MediaTypes.APPLICATION_X_YAML))
            .disableEnvironmentVariablesSource()
            .disableSystemPropertiesSource()
            .disableKeyResolving()
            .disableValueResolving()
            .disableFilterServices()
            .build();
    return new TreeMap<>(config.asMap().orElse(Map.of()));
  }

  private static SettingsSource sort(Map<String, String> leaves, String origin) {
    var values = new ArrayList<SettingsSource.Value>();
    var faults = new ArrayList<Settings.Fault>();
    List<String> names = SettingsTable.ALL.stream().map(SettingsKey::name).toList();
    leaves.forEach(
        (name, text) -> {
          int index = names.indexOf(name);
          if (index >= 0 && !text.isEmpty()) {
            values.add(new SettingsSource.Value(SettingsTable.ALL.get(index), text, origin));
          } else if (index < 0 && !(isSection(name, names) && text.isEmpty())) {
            faults.add(new Settings.Fault(shown(name, names), "", unknown(name, names), origin));
          }
        });
    return new SettingsSource(values, faults, List.of());
  }

  private static boolean isSection(String name, List<String> names) {
    return names.stream().anyMatch(known -> known.startsWith(name + "."));
  }

  /**
   * A name that is no setting's, as far as it can be shown: what stands below a mistyped name may
   * be a secret, and so may a name itself that does not look like one.
   */
  private static String shown(String name, List<String> names) {
    if (NearestName.to(name, names).isPresent()) {
      return name;
    }
    String known = "";
    for (String part : name.split("\\.", -1)) {
      String path = known.isEmpty() ? part : known + "." + part;
      boolean isName = NAME.matcher(part).matches() && !names.contains(known);
      if (!isSection(path, names) && !names.contains(path)) {
        String told = isName ? path : (known.isEmpty() ? "" : known + ".") + Secret.MASK;
        return isName && !path.equals(name) ? told + "." + Secret.MASK : told;
      }
      known = path;
    }
    return name;
  }

  private static String unknown(String name, List<String> names) {
    if (isSection(name, names)) {
      return "is a section and has no value itself";
    }
    return "is no setting"
        + NearestName.to(name, names).map(near -> "; did you mean " + near + "?").orElse("");
  }

  private static SettingsSource faulty(String origin, String where, String what) {
    return new SettingsSource(
        List.of(), List.of(new Settings.Fault(where, "", what, origin)), List.of());
  }
}
