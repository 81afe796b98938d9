package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.Edit;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.OutputBounds;
import io.modelgate.domain.chat.OutputBounds.Bound;
import io.modelgate.domain.chat.OutputBounds.Name;
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
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Calls for the model {@code tiny}, and routes to it. */
final class Calls {
  private static final String OPTIONS = "options.";
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
    return call(
        Endpoint.CHAT_COMPLETIONS,
        body,
        stream,
        usageAsked,
        OutputBounds.NONE,
        RequestBody.Prompt.EMPTY);
  }

  /** A call to any endpoint; {@code fields} are those beside the model. */
  static ChatCall to(Endpoint endpoint, String fields) {
    return to(endpoint, fields, OutputBounds.NONE, 1);
  }

  static ChatCall to(Endpoint endpoint, String fields, OutputBounds bounds, long prompts) {
    return call(
        endpoint,
        "{\"model\":\"tiny\"," + fields + "}",
        fields.contains("\"stream\":true"),
        fields.contains("\"include_usage\":true"),
        bounds,
        new RequestBody.Prompt(prompts, 9));
  }

  /**
   * A call to any endpoint with bounds where they really stand.
   *
   * @param bounds such as {@code max_tokens=5 options.num_predict=null}; null for none
   */
  static ChatCall bounded(Endpoint endpoint, @Nullable String bounds) {
    String body = bodyWith(bounds);
    List<Bound> found = new ArrayList<>();
    for (String[] bound : bounds(bounds)) {
      boolean inOptions = bound[0].startsWith(OPTIONS);
      String member = "\"" + (inOptions ? bound[0].substring(OPTIONS.length()) : bound[0]) + "\":";
      int at = body.indexOf(member, inOptions ? body.indexOf("{", 1) : 0) + member.length();
      found.add(
          new Bound(
              Name.valueOf(bound[0].replace('.', '_').toUpperCase(Locale.ROOT)),
              bound[1].equals("null") ? null : Long.valueOf(bound[1]),
              new Span(at, at + bound[1].length())));
    }
    return call(
        endpoint,
        body,
        false,
        false,
        new OutputBounds(found, null, null),
        RequestBody.Prompt.EMPTY);
  }

  /** The body of such a call. */
  static String bodyWith(@Nullable String bounds) {
    var body = new StringBuilder("{");
    for (String[] bound : bounds(bounds)) {
      if (bound[0].startsWith(OPTIONS)) {
        String name = bound[0].substring(OPTIONS.length());
        body.append("\"options\":{\"" + name + "\":" + bound[1] + "},");
      } else {
        body.append("\"" + bound[0] + "\":" + bound[1] + ",");
      }
    }
    return body.append("\"model\":\"tiny\"}").toString();
  }

  private static List<String[]> bounds(@Nullable String bounds) {
    return bounds == null
        ? List.of()
        : Stream.of(bounds.split(" ", -1)).map(bound -> bound.split("=", 2)).toList();
  }

  private static ChatCall call(
      Endpoint endpoint,
      String body,
      boolean stream,
      boolean usageAsked,
      OutputBounds bounds,
      RequestBody.Prompt prompt) {
    int model = body.indexOf("\"tiny\"");
    var ask = new Edit(new Span(1, 1), ASK.getBytes(StandardCharsets.UTF_8));
    return new ChatCall(
        "req-1",
        endpoint,
        new RequestBody(
            body.getBytes(StandardCharsets.UTF_8),
            "tiny",
            new Span(model, model + 6),
            stream,
            usageAsked,
            stream && !usageAsked ? ask : null,
            bounds,
            1,
            prompt),
        Map.of());
  }

  static Destination routeTo(BaseUrl baseUrl) {
    return route(BackendKind.VLLM, baseUrl, null, null, null);
  }

  static Destination aliasOf(String upstreamModel, BaseUrl baseUrl) {
    return route(BackendKind.VLLM, baseUrl, upstreamModel, null, null);
  }

  static Destination withCredential(String secret, BaseUrl baseUrl) {
    return route(BackendKind.VLLM, baseUrl, null, new Credential(secret), null);
  }

  static Destination withTimeout(Duration timeout, BaseUrl baseUrl) {
    return route(BackendKind.VLLM, baseUrl, null, null, timeout);
  }

  static Destination routeTo(BackendKind kind, String upstreamModel, BaseUrl baseUrl) {
    return route(kind, baseUrl, upstreamModel, null, null);
  }

  private static Destination route(
      BackendKind kind,
      BaseUrl baseUrl,
      @Nullable String upstreamModel,
      @Nullable Credential credential,
      @Nullable Duration timeout) {
    return Destination.first(
        new ModelRoute(
            new ModelId("mdl_1"),
            new ModelName("tiny"),
            List.of(new Target(kind, baseUrl, upstreamModel, credential)),
            List.of(),
            timeout,
            null,
            null,
            true,
            Instant.EPOCH,
            Instant.EPOCH));
  }
}
