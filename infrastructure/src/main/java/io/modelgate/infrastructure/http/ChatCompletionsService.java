package io.modelgate.infrastructure.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.application.chat.AdmitCaller.Admission;
import io.modelgate.application.chat.CompleteChat;
import io.modelgate.application.chat.CompleteChat.Outcome;
import io.modelgate.application.chat.NoteRefusal;
import io.modelgate.application.chat.NoteRefusal.TurnedAway;
import io.modelgate.application.chat.SettledCall;
import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.UsageRecord;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.Refusal;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.RequestBody;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.infrastructure.http.RequestPeek.Peek;
import io.modelgate.infrastructure.server.ApiError;
import io.modelgate.infrastructure.server.ApiErrors;
import io.modelgate.infrastructure.server.CallLog;
import io.modelgate.infrastructure.server.ClientConnection;
import io.modelgate.infrastructure.server.RequestBodies;
import io.modelgate.infrastructure.server.RequestBodies.Body;
import io.modelgate.infrastructure.server.SentCall;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code POST /v1/chat/completions}, {@code /v1/completions} and {@code /v1/embeddings}.
 *
 * @see <a href="https://platform.openai.com/docs/api-reference/chat">OpenAI: chat</a>
 */
final class ChatCompletionsService implements HttpService {
  /** What stands for a rule when a request is no call at all. */
  private static final String UNFIT = "request";

  private static final HeaderName RETRY_AFTER = HeaderNames.create("retry-after");
  private static final HeaderName SHOULD_RETRY = HeaderNames.create("x-should-retry");
  private static final List<HeaderName> PASSED_ON =
      List.of(
          HeaderNames.ACCEPT, HeaderNames.create("traceparent"), HeaderNames.create("tracestate"));

  private static final ApiError NO_MODEL =
      ApiError.invalidRequest(
              400,
              "the request names no model; set 'model' to the id of one, as listed by GET /v1/models")
          .withParam("model");

  private final Callers callers;
  private final CompleteChat completeChat;
  private final NoteRefusal noteRefusal;
  private final RequestBodies bodies;
  private final ApiErrors errors;
  private final KeepAlive keepAlive;
  private final FailureLog failures = new FailureLog(System::nanoTime);

  ChatCompletionsService(
      Callers callers,
      CompleteChat completeChat,
      NoteRefusal noteRefusal,
      RequestBodies bodies,
      ApiErrors errors,
      KeepAlive keepAlive) {
    this.callers = callers;
    this.keepAlive = keepAlive;
    this.completeChat = completeChat;
    this.noteRefusal = noteRefusal;
    this.bodies = bodies;
    this.errors = errors;
  }

  @Override
  public void routing(HttpRules rules) {
    for (Endpoint endpoint : Endpoint.values()) {
      rules.post(endpoint.path(), (request, response) -> admit(endpoint, request, response));
      rules.any(
          endpoint.path(), (request, response) -> errors.refuseMethod(request, response, "POST"));
    }
  }

  private void admit(Endpoint endpoint, ServerRequest request, ServerResponse response) {
    switch (callers.admit(request, response)) {
      case Admission.Denied(Refusal refusal) ->
          errors.refuse(request, response, OpenAiErrors.of(refusal));
      case Admission.Granted(ApiKey caller) -> read(endpoint, caller, request, response);
    }
  }

  /** A chat completion of a caller that was let in elsewhere. */
  void serve(ApiKey caller, ServerRequest request, ServerResponse response) {
    callers.welcome(caller, request, response);
    read(Endpoint.CHAT_COMPLETIONS, caller, request, response);
  }

  private void read(
      Endpoint endpoint, ApiKey caller, ServerRequest request, ServerResponse response) {
    long began = System.nanoTime();
    switch (bodies.read(request)) {
      case Body.Unfit(ApiError error) -> {
        noteUnfit(endpoint, caller, request, error.status(), began);
        errors.refuse(request, response, error);
      }
      case Body.Whole(byte[] bytes) -> {
        CallLog.of(request).put("bytes_in", bytes.length);
        look(endpoint, caller, bytes, began, request, response);
      }
    }
  }

  private void look(
      Endpoint endpoint,
      ApiKey caller,
      byte[] bytes,
      long began,
      ServerRequest request,
      ServerResponse response) {
    switch (RequestPeek.of(endpoint, bytes)) {
      case Peek.Invalid(String message, String param) -> {
        noteUnfit(endpoint, caller, request, 400, began);
        errors.send(request, response, ApiError.invalidRequest(400, message).withParam(param));
      }
      case Peek.Unnamed unnamed -> {
        String usual = caller.terms().scope().defaultModel();
        if (usual == null) {
          noteUnfit(endpoint, caller, request, 400, began);
          errors.send(request, response, NO_MODEL);
        } else {
          look(endpoint, caller, unnamed.named(usual), began, request, response);
        }
      }
      case Peek.Body(RequestBody body) -> complete(endpoint, caller, body, request, response);
    }
  }

  /** Of what the client asked for, nothing is known. */
  private void noteUnfit(
      Endpoint endpoint, ApiKey caller, ServerRequest request, int status, long began) {
    noteRefusal.handle(
        caller.id(),
        new TurnedAway(
            CallLog.of(request).requestId(), endpoint, "", false, status, UNFIT, since(began)));
  }

  private static Duration since(long nanos) {
    return Duration.ofNanos(System.nanoTime() - nanos);
  }

  private void complete(
      Endpoint endpoint,
      ApiKey caller,
      RequestBody body,
      ServerRequest request,
      ServerResponse response) {
    CallLog log = CallLog.of(request);
    log.put("model", body.model());
    log.put("stream", Boolean.toString(body.stream()));
    var call = new ChatCall(log.requestId(), endpoint, body, passedOn(request));
    long began = System.nanoTime();
    var client = ClientConnection.of(request);
    try (var sink = new ResponseSink(response, client, log, errors, body.stream(), keepAlive)) {
      Outcome outcome = completeChat.handle(caller, call, sink);
      if (outcome instanceof Outcome.Refused(Refusal refusal)) {
        noteRefusal.handle(caller.id(), turnedAway(call, refusal, sink, response, began));
      }
      conclude(outcome, sink, began, request, response);
    }
  }

  private static TurnedAway turnedAway(
      ChatCall call, Refusal refusal, ResponseSink sink, ServerResponse response, long began) {
    return new TurnedAway(
        call.requestId(),
        call.endpoint(),
        call.body().model(),
        call.body().stream(),
        sink.isOpen() ? response.status().code() : OpenAiErrors.of(refusal).status(),
        RefusalTexts.rule(refusal),
        since(began));
  }

  private void conclude(
      Outcome outcome,
      ResponseSink sink,
      long began,
      ServerRequest request,
      ServerResponse response) {
    CallLog log = CallLog.of(request);
    switch (outcome) {
      case Outcome.Answered(SettledCall settled) -> note(log, settled);
      case Outcome.Abandoned(SettledCall settled) -> {
        note(log, settled);
        log.clientIsGone();
        throw new CloseConnectionException("the client is gone");
      }
      case Outcome.BrokenOff(SettledCall settled, UpstreamFailure failure) -> {
        log.put("failure", failure.word());
        note(log, settled);
      }
      case Outcome.Failed(SettledCall settled, UpstreamFailure failure) -> {
        log.put("failure", failure.word());
        note(log, settled);
        log.waitedForUpstream(Duration.ofNanos(System.nanoTime() - began));
        if (sink.isOpen()) {
          failOpen(sink, OpenAiErrors.of(failure));
        } else {
          sendFailure(request, response, failure);
        }
      }
      case Outcome.Refused(Refusal refusal) -> {
        log.refused(RefusalTexts.rule(refusal));
        if (sink.isOpen()) {
          failOpen(sink, OpenAiErrors.of(refusal));
        } else {
          sendRefusal(request, response, refusal);
        }
      }
    }
  }

  private static void failOpen(ResponseSink sink, ApiError error) {
    try {
      sink.fail(error);
    } catch (ReplySink.ClientGone _) {
      throw new CloseConnectionException("the client is gone");
    }
  }

  private void sendRefusal(ServerRequest request, ServerResponse response, Refusal refusal) {
    Duration retryAfter = RefusalTexts.retryAfter(refusal);
    ApiError error = OpenAiErrors.of(refusal);
    if (retryAfter != null) {
      RateHeaders.putRetryAfter(response, retryAfter);
    } else if (error.status() == 429) {
      response.header(SHOULD_RETRY, "false"); // SDKs would sleep until the quota resets
    }
    errors.send(request, response, error);
  }

  private void sendFailure(
      ServerRequest request, ServerResponse response, UpstreamFailure failure) {
    if (failure instanceof UpstreamFailure.Rejected rejected && rejected.retryAfter() != null) {
      response.header(RETRY_AFTER, rejected.retryAfter());
    }
    errors.send(request, response, OpenAiErrors.of(failure));
  }

  private static Map<String, String> passedOn(ServerRequest request) {
    Map<String, String> headers = new HashMap<>();
    for (HeaderName name : PASSED_ON) {
      request.headers().first(name).ifPresent(value -> headers.put(name.lowerCase(), value));
    }
    return headers;
  }

  private void note(CallLog log, SettledCall settled) {
    UsageRecord record = settled.record();
    record.failures().forEach(attempt -> failures.write(log, attempt));
    if (!record.failures().isEmpty()) {
      log.put("failed_attempts", record.failures().size());
    }
    if (record.waited().isPositive()) {
      log.put("waited_ms", record.waited().toMillis());
    }
    log.sent(
        new SentCall(
            record.model(),
            record.backend().wireName(),
            record.ending().wireName(),
            record.stream(),
            record.usage(),
            record.timeToFirstByte(),
            record.duration()));
    if (!settled.durable()) {
      log.put("usage", "owed");
    }
  }
}
