package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.bootstrap.Settings.Loading.Loaded;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever holds a secret setting, however deep, does not show it when it is printed. */
class ToStringTest {
  private static final String MARK = "mark3d-secret-mark3d";

  private final List<String> printed = new ArrayList<>();

  @Test
  void showsNoSecretOfAnySetting(@TempDir Path folder) throws Exception {
    var environment = new HashMap<String, String>();
    for (SettingsKey<?> key : SettingsTable.ALL) {
      if (key.form().secret()) {
        boolean url = key.form().reading().apply(MARK).isEmpty();
        environment.put(key.variable(), url ? "http://u:" + MARK + "@proxy:3128" : MARK);
      }
    }
    Path file =
        Files.writeString(folder.resolve("m.yaml"), "adapters.api3.api-key: " + MARK + "\n");
    var loading = Settings.load(file, environment);
    assertThat(loading).isInstanceOf(Loaded.class);
    assertThat(environment).as("secret settings").hasSizeGreaterThan(8);

    print(loading);
    print(SettingsFile.read(file));
    print(SettingsEnvironment.read(environment));
    print(new LiveSettings(file, environment, (Loaded) loading, InstantSource.system()).state());

    assertThat(printed).hasSizeGreaterThan(100).noneMatch(text -> text.contains(MARK));
  }

  private void print(@Nullable Object value) throws IllegalAccessException {
    if (value == null || value instanceof String) {
      return;
    }
    printed.add(value.toString());
    switch (value) {
      case Collection<?> many -> {
        for (Object one : many) {
          print(one);
        }
      }
      case Map<?, ?> many -> {
        print(many.keySet());
        print(many.values());
      }
      case Optional<?> one -> print(one.orElse(null));
      case Record record when isOurs(record) -> {
        for (RecordComponent component : record.getClass().getRecordComponents()) {
          print(valueOf(component, record));
        }
      }
      default -> {}
    }
  }

  private static boolean isOurs(Object value) {
    return value.getClass().getName().startsWith("io.modelgate.");
  }

  private static @Nullable Object valueOf(RecordComponent component, Record record)
      throws IllegalAccessException {
    try {
      var accessor = component.getAccessor();
      accessor.setAccessible(true);
      return accessor.invoke(record);
    } catch (InvocationTargetException e) {
      throw new AssertionError(e);
    }
  }
}
