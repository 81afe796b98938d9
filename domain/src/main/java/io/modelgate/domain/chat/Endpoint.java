package io.modelgate.domain.chat;

/** The OpenAI endpoints that are passed on to a backend. */
public enum Endpoint {
  CHAT_COMPLETIONS("/v1/chat/completions", true),
  COMPLETIONS("/v1/completions", true),
  EMBEDDINGS("/v1/embeddings", false);

  private final String path;
  private final boolean streams;

  Endpoint(String path, boolean streams) {
    this.path = path;
    this.streams = streams;
  }

  /** The path, the same for clients and for OpenAI-shaped backends, {@code /v1} included. */
  public String path() {
    return path;
  }

  /** Whether a client can ask for its reply as a stream. */
  public boolean streams() {
    return streams;
  }
}
