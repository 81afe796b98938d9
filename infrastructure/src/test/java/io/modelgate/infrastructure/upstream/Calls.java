package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.Edit;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.OutputBounds;
import io.modelgate.domain.chat.RequestBody;
import io.modelgate.domain.chat.Span;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.ModelId;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Calls for the model {@code tiny}, and routes to it. */
final class Calls {
  private static final String ASK = "\"stream_options\":{\"include_usage\":true},";

  private Calls() {}

  static ChatCall whole() {
    return call("{\"model\":\"tiny\",\"messages\":[]}", false, false);
  }

  static ChatCall stream() {
    return call("{\"model\":\"tiny\",\"stream\":true,\"messages\":[]}", true, false);
  }

  static ChatCall streamAskingForUsage() {
    return call("{" + ASK + "\"model\":\"tiny\",\"stream\":true}", true, true);
  }

  static ChatCall call(String body, boolean stream, boolean usageAsked) {
    int model = body.indexOf("\"tiny\"");
    var ask = new Edit(new Span(1, 1), ASK.getBytes(StandardCharsets.UTF_8));
    return new ChatCall(
        "req-1",
        Endpoint.CHAT_COMPLETIONS,
        new RequestBody(
            body.getBytes(StandardCharsets.UTF_8),
            "tiny",
            new Span(model, model + 6),
            stream,
            usageAsked,
            stream && !usageAsked ? ask : null,
            OutputBounds.NONE,
            1,
            RequestBody.Prompt.EMPTY),
        Map.of());
  }

  static ModelRoute routeTo(BaseUrl baseUrl) {
    return route(baseUrl, null, null, null);
  }

  static ModelRoute aliasOf(String upstreamModel, BaseUrl baseUrl) {
    return route(baseUrl, upstreamModel, null, null);
  }

  static ModelRoute withCredential(String secret, BaseUrl baseUrl) {
    return route(baseUrl, null, new Credential(secret), null);
  }

  static ModelRoute withTimeout(Duration timeout, BaseUrl baseUrl) {
    return route(baseUrl, null, null, timeout);
  }

  private static ModelRoute route(
      BaseUrl baseUrl,
      @Nullable String upstreamModel,
      @Nullable Credential credential,
      @Nullable Duration timeout) {
    return new ModelRoute(
        new ModelId("mdl_1"),
        new ModelName("tiny"),
        BackendKind.VLLM,
        baseUrl,
        upstreamModel,
        credential,
        timeout,
        null,
        null,
        true,
        Instant.EPOCH,
        Instant.EPOCH);
  }
}
