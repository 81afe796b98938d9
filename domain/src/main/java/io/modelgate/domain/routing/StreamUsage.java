package io.modelgate.domain.routing;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * Whether a stream's token counts are asked for ({@code stream_options.include_usage}); some third
 * parties refuse the field.
 */
public enum StreamUsage {
  ASK,
  NEVER;

  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<StreamUsage> ofWireName(String name) {
    return Arrays.stream(values()).filter(choice -> choice.wireName().equals(name)).findFirst();
  }
}
