package io.modelgate.infrastructure.upstream;

import com.fasterxml.jackson.databind.JsonNode;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.OutputBounds;
import io.modelgate.domain.chat.RequestBody;
import io.modelgate.domain.chat.Span;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.Destination;
import io.modelgate.domain.routing.ModelId;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.domain.routing.Target;
import io.modelgate.testing.Samples;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Calls for the model {@code tiny}, which Ollama knows as {@code llama3:1b}. */
final class OllamaCalls {
  static final String HELLO = "\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]";

  private OllamaCalls() {}

  /** A chat; {@code fields} are those beside the model. */
  static ChatCall chat(String fields) {
    return call(Endpoint.CHAT_COMPLETIONS, fields);
  }

  static ChatCall call(Endpoint endpoint, String fields) {
    byte[] body = body(fields);
    JsonNode tree = tree(body);
    OutputBounds bounds =
        Samples.bounds(
            bound(tree, "max_tokens"), bound(tree, "max_completion_tokens"), bound(tree, "n"));
    return call(endpoint, body, bounds);
  }

  /** A chat within bounds that its body does not show. */
  static ChatCall within(OutputBounds bounds) {
    return call(Endpoint.CHAT_COMPLETIONS, body(HELLO), bounds);
  }

  private static byte[] body(String fields) {
    return ("{\"model\":\"tiny\"," + fields + "}").getBytes(StandardCharsets.UTF_8);
  }

  private static ChatCall call(Endpoint endpoint, byte[] body, OutputBounds bounds) {
    JsonNode tree = tree(body);
    return new ChatCall(
        "req-1",
        endpoint,
        new RequestBody(
            body,
            "tiny",
            new Span(9, 15),
            tree.path("stream").asBoolean(),
            tree.at("/stream_options/include_usage").asBoolean(),
            null,
            bounds,
            1,
            RequestBody.Prompt.EMPTY),
        Map.of());
  }

  private static JsonNode tree(byte[] body) {
    return RequestFields.tree(body)
        .orElseThrow(() -> new AssertionError(new String(body, StandardCharsets.UTF_8)));
  }

  private static @Nullable Long bound(JsonNode tree, String name) {
    JsonNode value = tree.get(name);
    return value == null || value.isNull() ? null : value.longValue();
  }

  static Destination routeTo(BaseUrl baseUrl) {
    return routeTo(baseUrl, null, null);
  }

  static Destination routeTo(
      BaseUrl baseUrl, @Nullable Credential credential, @Nullable Duration timeout) {
    return Destination.first(
        new ModelRoute(
            new ModelId("mdl_1"),
            new ModelName("tiny"),
            List.of(new Target(BackendKind.OLLAMA, baseUrl, "llama3:1b", credential)),
            List.of(),
            timeout,
            null,
            null,
            true,
            Instant.EPOCH,
            Instant.EPOCH));
  }
}
