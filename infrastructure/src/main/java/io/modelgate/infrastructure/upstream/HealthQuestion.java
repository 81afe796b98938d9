package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.chat.UpstreamFailure.Phase;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Checkup;
import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.Destination;
import io.modelgate.domain.routing.Health;
import io.modelgate.infrastructure.client.CallFailed;
import io.modelgate.infrastructure.client.Cancellation;
import io.modelgate.infrastructure.client.Deadline;
import io.modelgate.infrastructure.client.Exchange;
import io.modelgate.infrastructure.client.HttpClient;
import io.modelgate.infrastructure.client.Origin;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Asks an engine how it is by what costs no tokens: {@code /health} of vLLM and llama-server, which
 * answers 503 while a model is loading, {@code /api/version} of Ollama, the list of models of the
 * others.
 */
final class HealthQuestion {
  private static final int MOST_BYTES = 1024 * 1024;

  private HealthQuestion() {}

  /** Blocks for {@code patience} at most. */
  static Checkup ask(
      HttpClient client,
      Destination destination,
      UpstreamSettings.Adapter adapter,
      Duration patience) {
    BaseUrl baseUrl = destination.target().baseUrl();
    if (baseUrl == null) {
      return new Checkup(Health.DOWN, "nobody has said where it is", Duration.ZERO);
    }
    long began = System.nanoTime();
    String path = path(destination.backend());
    var deadline = Deadline.in(Phase.HEAD, patience);
    var origin = Origin.of(baseUrl, adapter.proxy());
    byte[] request =
        RequestBytes.get(baseUrl, path, origin, credential(destination, adapter), adapter);
    try (Exchange exchange = client.send(origin, request, deadline, new Cancellation())) {
      Health health = health(exchange.status());
      String reason = "answered " + exchange.status() + " to GET " + path;
      var took = Duration.ofNanos(System.nanoTime() - began);
      byte[] _ = exchange.readWhole(MOST_BYTES, deadline);
      exchange.release();
      return new Checkup(health, reason, took);
    } catch (CallFailed e) {
      var took = Duration.ofNanos(System.nanoTime() - began);
      return new Checkup(Health.DOWN, words(e.failure()), took);
    }
  }

  private static String path(BackendKind kind) {
    return switch (kind) {
      case VLLM, LLAMACPP -> "/health";
      case OLLAMA -> "/api/version";
      case OPENAI, API3, ECHO -> "/v1/models";
    };
  }

  /** Engines tell strangers how they are; only lists of models are kept from them. */
  private static @Nullable Credential credential(
      Destination destination, UpstreamSettings.Adapter adapter) {
    Credential own = destination.target().credential();
    return own == null ? adapter.credential() : own;
  }

  /** What has no such path, or minds being asked so often, may well serve calls. */
  private static Health health(int status) {
    return switch (status) {
      case 404, 405, 501 -> Health.UNKNOWN;
      case 429 -> Health.READY;
      case 503 -> Health.LOADING;
      default -> status < 300 ? Health.READY : Health.DOWN;
    };
  }

  private static String words(UpstreamFailure failure) {
    return switch (failure) {
      case UpstreamFailure.Unreachable(String detail) -> detail;
      case UpstreamFailure.Unanswered(String detail) -> detail;
      case UpstreamFailure.Unintelligible(String detail) -> detail;
      case UpstreamFailure.CutOff(String detail) -> detail;
      case UpstreamFailure.TimedOut(_, Duration allowed) ->
          "no answer within " + allowed.toMillis() + " ms";
      case UpstreamFailure.Rejected _,
          UpstreamFailure.NotAuthorized _,
          UpstreamFailure.Reported _,
          UpstreamFailure.Stopped _ ->
          failure.word();
    };
  }
}
