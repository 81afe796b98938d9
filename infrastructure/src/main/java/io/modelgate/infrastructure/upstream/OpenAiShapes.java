package io.modelgate.infrastructure.upstream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.TokenUsage;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * OpenAI's shapes around what a model said, with every field their schemas require. All results are
 * UTF-8; events are whole, blank line included.
 */
final class OpenAiShapes {
  private static final byte[] DONE = bytes("data: [DONE]\n\n");

  private final ChatCall call;
  private final String id;
  private final Instant created;

  /**
   * The shapes of one reply.
   *
   * @param id without OpenAI's prefix
   */
  OpenAiShapes(ChatCall call, String id, Instant created) {
    this.call = call;
    this.id = id;
    this.created = created;
  }

  boolean isChat() {
    return call.endpoint() == Endpoint.CHAT_COMPLETIONS;
  }

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** A whole reply still without choices. */
  ObjectNode whole() {
    return frame(isChat() ? "chat.completion" : "text_completion");
  }

  /** One more choice, still without all but its index. */
  static ObjectNode choice(ObjectNode frame, int index) {
    return frame.withArray("choices").addObject().put("index", index);
  }

  static void close(ObjectNode choice, @Nullable JsonNode logprobs, @Nullable String finish) {
    choice.set("logprobs", logprobs);
    choice.put("finish_reason", finish);
  }

  /** The event that opens a chat's choice: it says whose turn it is. */
  byte[] role(int index) {
    ObjectNode delta = object().put("role", "assistant").put("content", "").putNull("refusal");
    return chunk(index, delta, null, null);
  }

  /** A piece of the text. */
  byte[] text(int index, String text, @Nullable JsonNode logprobs) {
    return isChat()
        ? chunk(index, object().put("content", text), logprobs, null)
        : textChunk(index, text, null);
  }

  /** The event that closes a choice. */
  byte[] finish(int index, String finishReason) {
    return isChat()
        ? chunk(index, object(), null, finishReason)
        : textChunk(index, "", finishReason);
  }

  /** The event without choices that a client gets who asked for usage. */
  byte[] usage(TokenUsage usage) {
    ObjectNode body = streamFrame();
    putUsage(body, usage);
    return event(body);
  }

  /** The event that ends a stream. */
  static byte[] done() {
    return DONE.clone();
  }

  /** Any piece of a chat's choice. */
  byte[] chunk(
      int index, ObjectNode delta, @Nullable JsonNode logprobs, @Nullable String finishReason) {
    ObjectNode body = streamFrame();
    ObjectNode choice = choice(body, index);
    choice.set("delta", delta);
    close(choice, logprobs, finishReason);
    return event(body);
  }

  private byte[] textChunk(int index, String text, @Nullable String finishReason) {
    ObjectNode body = streamFrame();
    ObjectNode choice = choice(body, index).put("text", text);
    close(choice, null, finishReason);
    return event(body);
  }

  private ObjectNode streamFrame() {
    return frame(isChat() ? "chat.completion.chunk" : "text_completion");
  }

  private ObjectNode frame(String kind) {
    ObjectNode frame =
        object()
            .put("id", (isChat() ? "chatcmpl-" : "cmpl-") + id)
            .put("object", kind)
            .put("created", created.getEpochSecond())
            .put("model", call.body().model());
    frame.putArray("choices");
    return frame;
  }

  static void putUsage(ObjectNode frame, TokenUsage usage) {
    frame
        .putObject("usage")
        .put("prompt_tokens", usage.prompt())
        .put("completion_tokens", usage.completion())
        .put("total_tokens", usage.total());
  }

  private static byte[] event(ObjectNode body) {
    return bytes("data: " + body + "\n\n");
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
