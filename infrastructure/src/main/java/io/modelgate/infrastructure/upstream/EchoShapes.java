package io.modelgate.infrastructure.upstream;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.TokenUsage;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Puts the echo's words into OpenAI's shapes, with every field its schemas require. All results are
 * UTF-8; events are whole, blank line included.
 */
final class EchoShapes {
  private final ChatCall call;
  private final Instant created;

  EchoShapes(ChatCall call, Instant created) {
    this.call = call;
    this.created = created;
  }

  /** A whole reply's body. */
  byte[] whole(EchoReply reply) {
    ObjectNode body = frame(isChat() ? "chat.completion" : "text_completion");
    for (int i = 0; i < reply.choices().size(); i++) {
      EchoReply.Choice said = reply.choices().get(i);
      ObjectNode choice = choice(body, i);
      if (isChat()) {
        choice
            .putObject("message")
            .put("role", "assistant")
            .put("content", said.text())
            .putNull("refusal");
      } else {
        choice.put("text", said.text());
      }
      choice.putNull("logprobs").put("finish_reason", said.finishReason());
    }
    putUsage(body, reply.usage());
    return bytes(body.toString());
  }

  /** The events that come before the first word: a chat says whose turn it is. */
  List<byte[]> opening(int index) {
    ObjectNode delta = object().put("role", "assistant").put("content", "").putNull("refusal");
    return isChat() ? List.of(chunk(index, delta, null)) : List.of();
  }

  byte[] word(int index, String word) {
    return isChat()
        ? chunk(index, object().put("content", word), null)
        : textChunk(index, word, null);
  }

  /** The event that closes a choice. */
  byte[] finish(int index, String finishReason) {
    return isChat() ? chunk(index, object(), finishReason) : textChunk(index, "", finishReason);
  }

  /** The event without choices that a client gets who asked for usage. */
  byte[] usage(TokenUsage usage) {
    ObjectNode body = streamFrame();
    putUsage(body, usage);
    return event(body);
  }

  private byte[] chunk(int index, ObjectNode delta, @Nullable String finishReason) {
    ObjectNode body = streamFrame();
    ObjectNode choice = choice(body, index);
    choice.set("delta", delta);
    choice.putNull("logprobs").put("finish_reason", finishReason);
    return event(body);
  }

  private byte[] textChunk(int index, String text, @Nullable String finishReason) {
    ObjectNode body = streamFrame();
    choice(body, index).put("text", text).putNull("logprobs").put("finish_reason", finishReason);
    return event(body);
  }

  private boolean isChat() {
    return call.endpoint() == Endpoint.CHAT_COMPLETIONS;
  }

  private ObjectNode streamFrame() {
    return frame(isChat() ? "chat.completion.chunk" : "text_completion");
  }

  private ObjectNode frame(String kind) {
    ObjectNode frame =
        object()
            .put("id", (isChat() ? "chatcmpl-" : "cmpl-") + call.requestId())
            .put("object", kind)
            .put("created", created.getEpochSecond())
            .put("model", call.body().model());
    frame.putArray("choices");
    return frame;
  }

  private static ObjectNode choice(ObjectNode frame, int index) {
    return frame.withArray("choices").addObject().put("index", index);
  }

  private static void putUsage(ObjectNode frame, TokenUsage usage) {
    frame
        .putObject("usage")
        .put("prompt_tokens", usage.prompt())
        .put("completion_tokens", usage.completion())
        .put("total_tokens", usage.total());
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static byte[] event(ObjectNode body) {
    return bytes("data: " + body + "\n\n");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
