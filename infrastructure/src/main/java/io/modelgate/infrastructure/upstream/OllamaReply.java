package io.modelgate.infrastructure.upstream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modelgate.domain.chat.Span;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.infrastructure.client.CallFailed;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Says Ollama's pieces in OpenAI's shapes. For one reply, and for one thread. */
final class OllamaReply {
  private final OpenAiShapes shapes;
  private int calls;

  OllamaReply(OpenAiShapes shapes) {
    this.shapes = shapes;
  }

  /** A whole reply's body. */
  byte[] whole(OllamaPiece said, TokenUsage usage, byte[] source) throws CallFailed {
    ObjectNode body = shapes.whole();
    ObjectNode choice = OpenAiShapes.choice(body, 0);
    if (shapes.isChat()) {
      putMessage(choice.putObject("message"), said);
    } else {
      choice.put("text", said.text());
    }
    OpenAiShapes.close(choice, logprobs(said.logprobs(), source), finishReason(said));
    OpenAiShapes.putUsage(body, usage);
    return OpenAiShapes.bytes(body.toString());
  }

  private void putMessage(ObjectNode message, OllamaPiece said) {
    boolean callsOnly = said.text().isEmpty() && !said.calls().isEmpty();
    message
        .put("role", "assistant")
        .put("content", callsOnly ? null : said.text())
        .putNull("refusal");
    if (!said.thinking().isEmpty()) {
      message.put("reasoning_content", said.thinking());
    }
    if (!said.calls().isEmpty()) {
      putCalls(message, said.calls(), false);
    }
  }

  /** Adds the events that open the reply. */
  void begin(Outgoing outgoing) {
    if (shapes.isChat()) {
      outgoing.add(shapes.role(0));
    }
  }

  /** Adds the events for one piece; those for what it does not say are left out. */
  void add(OllamaPiece said, byte[] source, Outgoing outgoing) throws CallFailed {
    if (shapes.isChat() && !said.thinking().isEmpty()) {
      ObjectNode delta = OpenAiShapes.object().put("reasoning_content", said.thinking());
      outgoing.add(shapes.chunk(0, delta, null, null));
    }
    JsonNode logprobs = shapes.isChat() ? logprobs(said.logprobs(), source) : null;
    if (!said.text().isEmpty() || logprobs != null) {
      outgoing.add(shapes.text(0, said.text(), logprobs));
    }
    if (!said.calls().isEmpty()) {
      ObjectNode delta = OpenAiShapes.object();
      putCalls(delta, said.calls(), true);
      outgoing.add(shapes.chunk(0, delta, null, null));
    }
  }

  /** Adds the events that come after the last piece, without the one that ends the stream. */
  void finish(OllamaPiece last, TokenUsage usage, boolean usageAsked, Outgoing outgoing) {
    finish(finishReason(last), usage, usageAsked, outgoing);
  }

  /** The same for a reply that is ended before Ollama ends it. */
  void finishCut(TokenUsage usage, boolean usageAsked, Outgoing outgoing) {
    finish("length", usage, usageAsked, outgoing);
  }

  private void finish(String reason, TokenUsage usage, boolean usageAsked, Outgoing outgoing) {
    outgoing.add(shapes.finish(0, reason));
    if (usageAsked) {
      outgoing.add(shapes.usage(usage));
    }
  }

  private String finishReason(OllamaPiece last) {
    return last.finishReason(calls > 0);
  }

  private void putCalls(ObjectNode into, List<OllamaPiece.Call> made, boolean indexed) {
    ArrayNode all = into.putArray("tool_calls");
    for (OllamaPiece.Call call : made) {
      ObjectNode one = all.addObject();
      if (indexed) {
        one.put("index", calls);
      }
      one.put("id", call.id() == null ? newId() : call.id())
          .put("type", "function")
          .putObject("function")
          .put("name", call.name())
          .put("arguments", call.arguments());
      calls++;
    }
  }

  private static String newId() {
    return "call_" + UUID.randomUUID().toString().replace("-", "");
  }

  /** Ollama leaves out what OpenAI's schema requires: the bytes, and alternatives not asked for. */
  private static @Nullable JsonNode logprobs(@Nullable Span at, byte[] source) throws CallFailed {
    if (at == null) {
      return null;
    }
    byte[] json = Arrays.copyOfRange(source, at.start(), at.end());
    JsonNode told =
        RequestFields.tree(json)
            .orElseThrow(() -> CallFailed.unintelligible("logprobs that cannot be read"));
    ObjectNode logprobs = OpenAiShapes.object();
    ArrayNode content = logprobs.putArray("content");
    for (JsonNode token : told) {
      ObjectNode one = token(token);
      ArrayNode others = one.putArray("top_logprobs");
      token.path("top_logprobs").forEach(other -> others.add(token(other)));
      content.add(one);
    }
    return logprobs.putNull("refusal");
  }

  private static ObjectNode token(JsonNode told) {
    ObjectNode token = OpenAiShapes.object();
    token.put("token", told.path("token").asText());
    token.set("logprob", told.path("logprob"));
    token.set("bytes", told.get("bytes"));
    return token;
  }
}
