package io.modelgate.infrastructure.server;

import java.util.List;

/** Which of a few names a request's path is counted under: paths are the clients' to invent. */
final class RouteLabel {
  static final String METRICS = "/metrics";
  static final String OTHER = "other";
  private static final String HEALTH = "/health";
  private static final String MODELS = "/v1/models";
  private static final String ADMIN = "/admin";

  /** Those of calls that are passed on to a backend. */
  static final List<String> CALLS =
      List.of("/v1/chat/completions", "/v1/completions", "/v1/embeddings");

  /** All there are. */
  static final List<String> ALL =
      List.of(
          "/v1/chat/completions",
          "/v1/completions",
          "/v1/embeddings",
          MODELS,
          "/v1/usage",
          HEALTH,
          METRICS,
          ADMIN,
          OTHER);

  private RouteLabel() {}

  /**
   * The path's name.
   *
   * @param path decoded, as routing sees it
   */
  static String of(String path) {
    return switch (path) {
      case "/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/usage" -> path;
      case MODELS, HEALTH, METRICS, ADMIN -> path;
      case "/health/ready" -> HEALTH;
      default -> ofWhatLiesUnder(path);
    };
  }

  private static String ofWhatLiesUnder(String path) {
    if (path.startsWith("/v1/models/")) {
      return MODELS;
    }
    return path.startsWith("/admin/") ? ADMIN : OTHER;
  }
}
