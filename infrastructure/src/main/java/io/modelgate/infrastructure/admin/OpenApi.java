package io.modelgate.infrastructure.admin;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/**
 * {@code /admin/api/openapi.yaml}: the description of the API, which tests hold the API to.
 *
 * @see <a href="https://spec.openapis.org/oas/v3.1.0">OpenAPI 3.1</a>
 */
final class OpenApi {
  private static final byte[] DOCUMENT = read();

  private OpenApi() {}

  static void show(ServerRequest request, ServerResponse response) {
    response.header(HeaderNames.CONTENT_TYPE, "application/yaml");
    response.send(DOCUMENT);
  }

  /** The build puts {@code docs/admin-api.yaml} beside this class. */
  private static byte[] read() {
    try (InputStream in =
        Objects.requireNonNull(OpenApi.class.getResourceAsStream("admin-api.yaml"))) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("reading admin-api.yaml", e);
    }
  }
}
