package io.modelgate.testing;

import io.modelgate.application.port.Deed;
import io.modelgate.application.port.Deed.Action;
import io.modelgate.application.port.Deed.Author;
import io.modelgate.application.port.UsageRecord;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.KeySecret;
import io.modelgate.domain.access.KeyTerms;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.OutputBounds;
import io.modelgate.domain.chat.OutputBounds.Bound;
import io.modelgate.domain.chat.OutputBounds.Name;
import io.modelgate.domain.chat.RequestBody;
import io.modelgate.domain.chat.Span;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.UsageSource;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.ModelId;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.domain.routing.Target;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Good examples of the domain's records, to be changed where a test needs something else. */
public final class Samples {
  public static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");

  /** Whoever changes something in a test. */
  public static final Author AUTHOR = new Author("tester", "192.0.2.1");

  /** A change whose note does not matter. */
  public static final Deed DEED = new Deed(Action.UPDATE, AUTHOR, NOON);

  private Samples() {}

  /** Enabled, without expiry or limit. */
  public static ApiKey aKey(String id, String secret) {
    return new ApiKey(
        new KeyId(id), KeySecret.of(secret), KeyTerms.unlimited("the key " + id), NOON, NOON);
  }

  /** Enabled, with id {@code mdl_<name>}, and everything else left to the backend's adapter. */
  public static ModelRoute aRoute(String name, BackendKind backend) {
    return new ModelRoute(
        new ModelId("mdl_" + name),
        new ModelName(name),
        List.of(new Target(backend, null, null, null)),
        List.of(),
        null,
        null,
        null,
        true,
        NOON,
        NOON);
  }

  public static ModelRoute disabled(ModelRoute route) {
    return new ModelRoute(
        route.id(),
        route.name(),
        route.targets(),
        route.fallbacks(),
        route.timeout(),
        route.streamUsage(),
        route.maxOutputTokens(),
        false,
        route.createdAt(),
        route.updatedAt());
  }

  /** {@code {"model":"<model>"}}. */
  public static ChatCall aCallFor(String model) {
    return aCallFor(model, 0);
  }

  /** The same, with a prompt that is estimated to take so many tokens. */
  public static ChatCall aCallFor(String model, long promptTokens) {
    byte[] body = ("{\"model\":\"" + model + "\"}").getBytes(StandardCharsets.UTF_8);
    return new ChatCall(
        "req_1",
        Endpoint.CHAT_COMPLETIONS,
        new RequestBody(
            body,
            model,
            new Span(9, body.length - 1),
            false,
            false,
            null,
            OutputBounds.NONE,
            1,
            new RequestBody.Prompt(1, promptTokens)),
        Map.of());
  }

  /** A completed call that came to so many tokens. */
  public static UsageRecord aRecord(KeyId key, long tokens) {
    return new UsageRecord(
        NOON,
        "req_1",
        key,
        "fast",
        "fast",
        BackendKind.VLLM,
        Endpoint.CHAT_COMPLETIONS,
        new TokenUsage(0, tokens).by(UsageSource.UPSTREAM),
        UsageRecord.Ending.COMPLETED,
        200,
        false,
        Duration.ofMillis(1),
        Duration.ofMillis(2));
  }

  /** Bounds as a request names them, null for not at all; where they stand is nowhere. */
  public static OutputBounds bounds(
      @Nullable Long maxTokens, @Nullable Long maxCompletionTokens, @Nullable Long choices) {
    List<Bound> bounds = new ArrayList<>();
    if (maxTokens != null) {
      bounds.add(new Bound(Name.MAX_TOKENS, maxTokens, new Span(0, 0)));
    }
    if (maxCompletionTokens != null) {
      bounds.add(new Bound(Name.MAX_COMPLETION_TOKENS, maxCompletionTokens, new Span(0, 0)));
    }
    return new OutputBounds(bounds, choices, null);
  }
}
