package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;

/** Asks a running gateway as its administrator does. Thread-safe. */
final class AdminClient implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http = HttpClient.newHttpClient();
  private final String url;
  private final String adminKey;

  /**
   * For one gateway.
   *
   * @param url scheme, host and port
   */
  AdminClient(String url, String adminKey) {
    this.url = url;
    this.adminKey = adminKey;
  }

  /** A key as it is shown once. */
  record IssuedKey(String id, String secret) {}

  /** One that may call as fast as it likes. */
  IssuedKey createKey(String name) {
    return createKey(name, "\"rpm\":null");
  }

  /**
   * One with limits.
   *
   * @param fields members of a JSON object, beside the name
   */
  IssuedKey createKey(String name, String fields) {
    JsonNode key = ask("POST", "/keys", "{\"name\":\"" + name + "\"," + fields + "}", 201);
    return new IssuedKey(key.get("id").textValue(), key.get("key").textValue());
  }

  JsonNode key(String id) {
    return ask("GET", "/keys/" + id, "", 200);
  }

  /** What stands at a path under {@code /admin/api}. */
  JsonNode get(String path) {
    return ask("GET", path, "", 200);
  }

  JsonNode keys() {
    return ask("GET", "/keys", "", 200).get("data");
  }

  JsonNode models() {
    return ask("GET", "/models", "", 200).get("data");
  }

  JsonNode backends() {
    return ask("GET", "/backends", "", 200).get("data");
  }

  /** What Prometheus would fetch. */
  String metrics() {
    var request =
        HttpRequest.newBuilder(URI.create(url + "/metrics"))
            .header("Authorization", "Bearer " + adminKey)
            .build();
    return send(request).body();
  }

  JsonNode settings() {
    return ask("GET", "/settings", "", 200);
  }

  void changeKey(String id, String fields) {
    ask("PATCH", "/keys/" + id, fields, 200);
  }

  /**
   * Adds a model.
   *
   * @param fields a JSON object
   */
  void createModel(String fields) {
    ask("POST", "/models", fields, 201);
  }

  /** Takes all models away. */
  void removeModels() {
    removeModels("");
  }

  /** Takes those away whose names begin so. */
  void removeModels(String beginning) {
    for (JsonNode model : models()) {
      if (model.get("name").textValue().startsWith(beginning)) {
        ask("DELETE", "/models/" + model.get("id").textValue(), "", 204);
      }
    }
  }

  /** Takes those keys away whose names begin so. */
  void removeKeys(String beginning) {
    for (JsonNode key : keys()) {
      if (key.get("name").textValue().startsWith(beginning)) {
        ask("DELETE", "/keys/" + key.get("id").textValue(), "", 204);
      }
    }
  }

  private JsonNode ask(String method, String path, String body, int expected) {
    var request =
        HttpRequest.newBuilder(URI.create(url + "/admin/api" + path))
            .header("Authorization", "Bearer " + adminKey)
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
            .build();
    HttpResponse<String> response = send(request);
    assertThat(response.statusCode())
        .as("%s %s: %s", method, path, response.body())
        .isEqualTo(expected);
    try {
      return JSON.readTree(response.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private HttpResponse<String> send(HttpRequest request) {
    try {
      return http.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }

  @Override
  public void close() {
    http.close();
  }
}
