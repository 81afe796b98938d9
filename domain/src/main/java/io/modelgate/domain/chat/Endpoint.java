package io.modelgate.domain.chat;

/** The OpenAI endpoints that generate. */
public enum Endpoint {
  CHAT_COMPLETIONS("/v1/chat/completions"),
  COMPLETIONS("/v1/completions");

  private final String path;

  Endpoint(String path) {
    this.path = path;
  }

  /** The path, the same for clients and for OpenAI-shaped backends, {@code /v1} included. */
  public String path() {
    return path;
  }
}
