package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.Span;
import io.modelgate.domain.chat.UpstreamError;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.chat.UpstreamFailure.NotAuthorized;
import io.modelgate.domain.chat.UpstreamFailure.Rejected;
import io.modelgate.domain.chat.UpstreamFailure.Reported;
import io.modelgate.infrastructure.client.Exchange;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Understands the errors of backends, whatever dialect they speak, and says them in OpenAI's. */
record ErrorReader(Scrubber scrubber, String path) {
  private static final int MAX_MESSAGE = 2_000;
  private static final int MAX_WORD = 200;
  private static final String INVALID_REQUEST = "invalid_request_error";
  private static final String CONTEXT_TOO_LONG = "context_length_exceeded";

  /** How llama-server begins to say, with status 500, that the request was wrong. */
  private static final List<String> LLAMA_SERVERS_MISTAKES =
      List.of(
          "[json.exception.",
          "Failed to parse messages: ",
          "Failed to parse tools: ",
          "Failed to parse tool call arguments",
          "image input is not supported",
          "audio input is not supported",
          "\"prompt\" must not be empty");

  /** What Ollama says, with status 500 in some versions, of a model or an option that is amiss. */
  private static final Pattern OLLAMAS_MISTAKES =
      Pattern.compile(" does not support |^option \".*\" must be of ");

  /** How Ollama says that it has no such model, in its older versions with advice behind it. */
  private static final Pattern OLLAMAS_UNKNOWN_MODEL =
      Pattern.compile("^model ['\"].*['\"] not found");

  /** How frameworks say that a path does not exist: FastAPI, llama-server, Gin. */
  private static final Set<String> NO_ROUTE =
      Set.of("Not Found", "Method Not Allowed", "File Not Found", "404 page not found");

  /** How backends say in words, and nowhere else, that a prompt is too long. */
  private static final List<String> TOO_LONG =
      List.of(
          "maximum context length", // OpenAI, vLLM
          "exceeds the available context size", // llama-server, also inside Ollama's
          "exceeds the context length", // Ollama
          "the prompt is longer than the context length", // Ollama
          "is too large to process. increase the physical batch size"); // llama-server, embeddings

  static ErrorReader of(CallPlan plan, Exchange exchange) {
    return new ErrorReader(
        Scrubber.of(plan.baseUrl(), exchange.remoteAddress(), plan.credential()),
        plan.call().endpoint().path());
  }

  /**
   * A reply with an error status.
   *
   * @param status 300 to 599
   * @param body as much of it as came
   */
  UpstreamFailure refusal(int status, String mediaType, byte[] body, @Nullable String retryAfter) {
    ErrorFields fields = ErrorFields.read(body, new Span(0, body.length));
    if (isAboutCredential(status, fields)) {
      return new NotAuthorized(status);
    }
    boolean shaped = fields.message != null;
    if (!shaped) {
      fields.message = plainText(status, mediaType, body);
    }
    boolean redirect = status < 400;
    String told =
        redirect || fields.message == null ? "" : message(fields.message, shaped && status < 500);
    String message = told.isEmpty() ? "the backend answered with status " + status : told;
    if (NO_ROUTE.contains(message)) {
      String missing = "the model's backend does not serve " + path;
      return new Rejected(404, new UpstreamError(missing, INVALID_REQUEST, null, null), null);
    }
    UpstreamError error = told(message, fields);
    if (isMistake(status, message) && !isTooLong(error)) {
      return new Rejected(400, new UpstreamError(message, INVALID_REQUEST, null, null), null);
    }
    return new Rejected(isTooLong(error) ? 400 : status, error, sane(retryAfter));
  }

  /** An error inside a reply that began well; a client's mistake stays one. */
  UpstreamFailure report(byte[] bytes, Span at) {
    ErrorFields fields = ErrorFields.read(bytes, at);
    int status = fields.status == null ? 500 : Math.clamp(fields.status, 0, 999);
    if (isAboutCredential(status, fields)) {
      return new NotAuthorized(status);
    }
    String message = fields.message == null ? "" : message(fields.message, status < 500);
    UpstreamError error =
        told(
            message.isEmpty() ? "the backend reported an error without a message" : message,
            fields);
    if (isTooLong(error)) {
      return new Rejected(400, error, null);
    }
    return status >= 400 && status < 500 ? new Rejected(status, error, null) : new Reported(error);
  }

  /**
   * llama-server and Ollama answer 500 to much that a client got wrong, and llama-server 501 to
   * what it was not started for; clients would send either again and again.
   */
  private static boolean isMistake(int status, String message) {
    return switch (status) {
      case 500 ->
          LLAMA_SERVERS_MISTAKES.stream().anyMatch(message::startsWith)
              || OLLAMAS_MISTAKES.matcher(message).find();
      case 501 -> true;
      default -> false;
    };
  }

  /** Whatever the status: the client must not be told that <i>its</i> key is bad. */
  private static boolean isAboutCredential(int status, ErrorFields fields) {
    return status == 401
        || status == 403
        || status == 407
        || "invalid_api_key".equals(fields.code)
        || "authentication_error".equals(fields.type);
  }

  private static boolean isTooLong(UpstreamError error) {
    return CONTEXT_TOO_LONG.equals(error.code());
  }

  private UpstreamError told(String message, ErrorFields fields) {
    boolean tooLong =
        CONTEXT_TOO_LONG.equals(fields.code)
            || "exceed_context_size_error".equals(fields.type)
            || TOO_LONG.stream().anyMatch(message::contains);
    if (tooLong) {
      return new UpstreamError(message, INVALID_REQUEST, word(fields.param), CONTEXT_TOO_LONG);
    }
    if (fields.type == null && OLLAMAS_UNKNOWN_MODEL.matcher(message).find()) {
      return new UpstreamError(message, INVALID_REQUEST, "model", "model_not_found");
    }
    boolean unknownModel = "model".equals(fields.param) && "NotFoundError".equals(fields.type);
    String code = unknownModel ? "model_not_found" : word(fields.code);
    return new UpstreamError(message, word(fields.type), word(fields.param), code);
  }

  /**
   * A body without any of the known shapes; of pages and of a backend's inner troubles, nothing.
   */
  private static @Nullable String plainText(int status, String mediaType, byte[] body) {
    String text = new String(body, StandardCharsets.UTF_8).strip();
    boolean markup = text.startsWith("<") || text.startsWith("{") || text.startsWith("[");
    return status >= 500 || markup || mediaType.contains("html") || text.isEmpty() ? null : text;
  }

  private @Nullable String word(@Nullable String text) {
    String word = text == null ? "" : scrubber.scrub(text, MAX_WORD);
    return word.isEmpty() ? null : word;
  }

  /**
   * What is said.
   *
   * @param forClients whether it is about the request; names in it may look like hosts
   */
  private String message(String text, boolean forClients) {
    return forClients
        ? scrubber.scrub(text, MAX_MESSAGE)
        : scrubber.scrubOfAnyAddress(text, MAX_MESSAGE);
  }

  private static @Nullable String sane(@Nullable String retryAfter) {
    if (retryAfter == null || retryAfter.matches("[0-9]{1,6}")) {
      return retryAfter;
    }
    try {
      DateTimeFormatter.RFC_1123_DATE_TIME.parse(retryAfter);
      return retryAfter;
    } catch (DateTimeException _) {
      return null;
    }
  }
}
