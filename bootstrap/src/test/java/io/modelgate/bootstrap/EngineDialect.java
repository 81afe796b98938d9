package io.modelgate.bootstrap;

import io.modelgate.domain.chat.Endpoint;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * How each kind of backend says one and the same thing: its shapes, its errors, its habits, after
 * the recordings and sources that {@code shared/wire} names. Bytes of HTTP, to be sent as they are.
 */
enum EngineDialect {
  VLLM {
    @Override
    String refusal() {
      return error(
          "404 Not Found",
          "{\"error\":{\"message\":\"The model `m` does not exist.\",\"type\":\"NotFoundError\",\"param\":\"model\",\"code\":404}}");
    }

    @Override
    String tooLong() {
      return error(
          "400 Bad Request",
          "{\"error\":{\"message\":\"This model's maximum context length is 8 tokens. However, you requested 9.\",\"type\":\"BadRequestError\",\"param\":\"input_tokens\",\"code\":400}}");
    }

    @Override
    String busy() {
      return error("429 Too Many Requests\r\nRetry-After: 7", "{\"error\":\"Too many requests\"}");
    }

    @Override
    String failsInside() {
      return "data: {\"error\":{\"message\":\"engine dead\",\"type\":\"InternalServerError\",\"param\":null,\"code\":500}}\n\ndata: [DONE]\n\n";
    }
  },
  LLAMACPP {
    @Override
    String refusal() {
      return error(
          "500 Internal Server Error",
          "{\"error\":{\"code\":500,\"message\":\"Failed to parse messages: Missing 'role' in message: {}\",\"type\":\"server_error\"}}");
    }

    @Override
    String tooLong() {
      return error(
          "400 Bad Request",
          "{\"error\":{\"code\":400,\"message\":\"request (3518 tokens) exceeds the available context size (512 tokens), try increasing it\",\"type\":\"exceed_context_size_error\",\"n_prompt_tokens\":3518,\"n_ctx\":512}}");
    }

    @Override
    String busy() {
      return error(
          "503 Service Unavailable",
          "{\"error\":{\"message\":\"Loading model\",\"type\":\"unavailable_error\",\"code\":503}}");
    }

    @Override
    String failsInside() {
      return "data: {\"error\":{\"code\":500,\"message\":\"engine dead\",\"type\":\"server_error\"}}\n\n";
    }

    // Its first chunk has null for content, it says comments, and counts with the finish.
    @Override
    List<String> events(Endpoint endpoint) {
      return endpoint == Endpoint.CHAT_COMPLETIONS
          ? List.of(
              ": \n\n",
              event(
                  "{\"choices\":[{\"finish_reason\":null,\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":null}}],\"model\":\"m\"}"),
              event(
                  "{\"choices\":[{\"finish_reason\":null,\"index\":0,\"delta\":{\"content\":\"Hi\"}}],\"model\":\"m\"}"),
              event(
                  "{\"choices\":[{\"finish_reason\":\"stop\",\"index\":0,\"delta\":{}}],\"model\":\"m\",\"timings\":{\"cache_n\":1}}"),
              COUNTS,
              DONE)
          : List.of(
              event(
                  "{\"choices\":[{\"text\":\"Hi\",\"index\":0,\"finish_reason\":null}],\"model\":\"m\"}"),
              event(
                  "{\"choices\":[{\"text\":\"\",\"index\":0,\"finish_reason\":\"stop\"}],\"model\":\"m\",\"usage\":{\"completion_tokens\":2,\"prompt_tokens\":7,\"total_tokens\":9}}"),
              DONE);
    }
  },
  OPENAI {
    @Override
    String refusal() {
      return error(
          "400 Bad Request",
          "{\"error\":{\"message\":\"Invalid 'x'.\",\"type\":\"invalid_request_error\",\"param\":\"x\",\"code\":\"invalid_value\"}}");
    }

    @Override
    String tooLong() {
      return error(
          "400 Bad Request",
          "{\"error\":{\"message\":\"Too long.\",\"type\":\"invalid_request_error\",\"param\":\"messages\",\"code\":\"context_length_exceeded\"}}");
    }

    @Override
    String busy() {
      return error(
          "429 Too Many Requests\r\nRetry-After: 7",
          "{\"error\":{\"message\":\"Rate limit reached\",\"type\":\"tokens\",\"param\":null,\"code\":\"rate_limit_exceeded\"}}");
    }

    @Override
    String failsInside() {
      return "data: {\"error\":{\"message\":\"engine dead\",\"type\":\"server_error\",\"param\":null,\"code\":null}}\n\n";
    }
  },
  API3 {
    @Override
    String refusal() {
      return error(
          "422 Unprocessable Entity",
          "{\"detail\":[{\"loc\":[\"body\",\"x\"],\"msg\":\"Field required\",\"type\":\"missing\"}]}");
    }

    @Override
    String tooLong() {
      return error(
          "400 Bad Request",
          "{\"object\":\"error\",\"message\":\"This model's maximum context length is 8 tokens.\",\"type\":\"BadRequestError\",\"param\":null,\"code\":400}");
    }

    @Override
    String busy() {
      return "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nslow down";
    }

    @Override
    String failsInside() {
      return "event: error\ndata: {\"message\":\"engine dead\"}\n\n";
    }
  },
  OLLAMA {
    @Override
    String refusal() {
      return error("404 Not Found", "{\"error\":\"model 'm' not found\"}");
    }

    @Override
    String tooLong() {
      return error(
          "400 Bad Request", "{\"error\":\"the input length exceeds the context length\"}");
    }

    @Override
    String busy() {
      return error(
          "503 Service Unavailable",
          "{\"error\":\"server busy, please try again.  maximum pending requests exceeded\"}");
    }

    @Override
    String failsInside() {
      return "{\"error\":\"engine dead\"}\n";
    }

    @Override
    String streamHead() {
      return "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n";
    }

    @Override
    List<String> events(Endpoint endpoint) {
      return endpoint == Endpoint.CHAT_COMPLETIONS
          ? List.of(
              "{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},\"done\":false}\n",
              "{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":7,\"eval_count\":2}\n")
          : List.of(
              "{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:00Z\",\"response\":\"Hi\",\"done\":false}\n",
              "{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:00Z\",\"response\":\"\",\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":7,\"eval_count\":2}\n");
    }

    @Override
    List<String> toolEvents() {
      return List.of(
          "{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"look\",\"arguments\":{\"x\":1}}}]},\"done\":false}\n",
          "{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":7,\"eval_count\":2}\n");
    }

    @Override
    String body(Endpoint endpoint) {
      return switch (endpoint) {
        case CHAT_COMPLETIONS ->
            "{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":7,\"eval_count\":2}";
        case COMPLETIONS ->
            "{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:00Z\",\"response\":\"Hi\",\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":7,\"eval_count\":2}";
        case EMBEDDINGS ->
            "{\"model\":\"m\",\"embeddings\":[[0.5,-1.25]],\"total_duration\":5,\"prompt_eval_count\":7}";
      };
    }

    @Override
    String toolBody() {
      return "{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"look\",\"arguments\":{\"x\":1}}}]},\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":7,\"eval_count\":2}";
    }

    @Override
    String errorBody() {
      return "{\"error\":\"engine dead\"}";
    }
  };

  private static final String NAMED = "\"id\":\"x-1\",\"created\":1790000000,";
  static final String DONE = "data: [DONE]\n\n";
  static final String COUNTS =
      event(
          "{\"choices\":[],\"model\":\"m\",\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2,\"total_tokens\":9}}");

  /** Turned away for what the client sent. */
  abstract String refusal();

  abstract String tooLong();

  /** Come back later. */
  abstract String busy();

  /** What follows the first event when the engine dies. */
  abstract String failsInside();

  String streamHead() {
    return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n";
  }

  /** "Hi", and what it took: 7 and 2 tokens. */
  List<String> events(Endpoint endpoint) {
    String first =
        endpoint == Endpoint.CHAT_COMPLETIONS
            ? "\"delta\":{\"role\":\"assistant\",\"content\":\"Hi\"}"
            : "\"text\":\"Hi\"";
    String last = endpoint == Endpoint.CHAT_COMPLETIONS ? "\"delta\":{}" : "\"text\":\"\"";
    return List.of(
        event("{\"choices\":[{\"index\":0," + first + ",\"finish_reason\":null}],\"model\":\"m\"}"),
        event(
            "{\"choices\":[{\"index\":0,"
                + last
                + ",\"finish_reason\":\"stop\",\"stop_reason\":null}],\"model\":\"m\"}"),
        COUNTS,
        DONE);
  }

  /** A call of the function {@code look} with {@code {"x":1}}. */
  List<String> toolEvents() {
    return List.of(
        event(
            "{\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"look\",\"arguments\":\"\"}}]},\"finish_reason\":null}],\"model\":\"m\"}"),
        event(
            "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"x\\\":1}\"}}]},\"finish_reason\":null}],\"model\":\"m\"}"),
        event(
            "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}],\"model\":\"m\"}"),
        COUNTS,
        DONE);
  }

  String body(Endpoint endpoint) {
    String counts = "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2,\"total_tokens\":9}";
    return switch (endpoint) {
      case CHAT_COMPLETIONS ->
          "{"
              + NAMED
              + "\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},\"finish_reason\":\"stop\"}],\"model\":\"m\","
              + counts
              + "}";
      case COMPLETIONS ->
          "{"
              + NAMED
              + "\"object\":\"text_completion\",\"choices\":[{\"index\":0,\"logprobs\":null,\"text\":\"Hi\",\"finish_reason\":\"stop\"}],\"model\":\"m\","
              + counts
              + "}";
      case EMBEDDINGS ->
          "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":[0.5,-1.25]}],\"model\":\"m\",\"usage\":{\"prompt_tokens\":7,\"total_tokens\":7}}";
    };
  }

  String toolBody() {
    return "{"
        + NAMED
        + "\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"look\",\"arguments\":\"{\\\"x\\\":1}\"}}]},\"finish_reason\":\"tool_calls\"}],\"model\":\"m\",\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2,\"total_tokens\":9}}";
  }

  /** An error under status 200. */
  String errorBody() {
    return "{\"error\":{\"message\":\"engine dead\",\"type\":\"server_error\",\"code\":500}}";
  }

  static String whole(String body) {
    return reply("200 OK", body.getBytes(StandardCharsets.UTF_8).length, body);
  }

  /** With less of a body than it announces. */
  static String cut(String body) {
    return reply("200 OK", body.getBytes(StandardCharsets.UTF_8).length, body.substring(0, 20));
  }

  private static String error(String status, String body) {
    return reply(status, body.getBytes(StandardCharsets.UTF_8).length, body);
  }

  private static String reply(String status, int length, String body) {
    return "HTTP/1.1 "
        + status
        + "\r\nContent-Type: application/json\r\nContent-Length: "
        + length
        + "\r\n\r\n"
        + body;
  }

  /** With what every chunk has before the rest. */
  private static String event(String json) {
    return "data: " + json.replaceFirst("\\{", "{" + NAMED + "\"object\":\"chunk\",") + "\n\n";
  }
}
