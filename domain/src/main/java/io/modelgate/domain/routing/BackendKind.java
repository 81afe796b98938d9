package io.modelgate.domain.routing;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The kinds of backend a model can stand on. The wire name is the constant in lower case. */
public enum BackendKind {
  OLLAMA,
  VLLM,
  LLAMACPP,
  OPENAI,
  API3,
  /**
   * Built in: says back what it was told, so that a new installation answers without any engine.
   */
  ECHO;

  private final String wireName = name().toLowerCase(Locale.ROOT);

  /** As written in settings, in the admin API and in logs, e.g. {@code llamacpp}. */
  public String wireName() {
    return wireName;
  }

  /** The kind of that exact wire name. */
  public static Optional<BackendKind> ofWireName(String name) {
    return Arrays.stream(values()).filter(kind -> kind.wireName.equals(name)).findFirst();
  }
}
