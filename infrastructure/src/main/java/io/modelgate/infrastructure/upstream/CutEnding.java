package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.Span;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.infrastructure.json.JsonText;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Ends a stream that is cut as its backend would have ended it: a finish for every choice that has
 * none, the usage if it was asked for, {@code [DONE]}. What all events of a reply share is taken
 * over as it was written.
 */
final class CutEnding {
  private String id = "";
  private String object = "";
  private String created = "";
  private String model = "";

  /** Looks at an event of the stream. */
  void see(byte[] bytes, ReplyPeek peek) {
    if (id.isEmpty()) {
      id = text(bytes, peek.frame().id());
      object = text(bytes, peek.frame().object());
      created = text(bytes, peek.frame().created());
      List<Span> models = peek.models();
      model = models.isEmpty() ? "" : text(bytes, models.getFirst());
    }
  }

  private static String text(byte[] bytes, @Nullable Span at) {
    return at == null ? "" : new String(bytes, at.start(), at.length(), StandardCharsets.UTF_8);
  }

  /**
   * All of it.
   *
   * @param open the choices that are not finished
   * @param usageAsked whether the client asked to be told
   */
  byte[] bytes(CallPlan plan, Collection<Long> open, TokenUsage usage, boolean usageAsked) {
    boolean isChat = plan.call().endpoint() == Endpoint.CHAT_COMPLETIONS;
    var ending = new StringBuilder(512);
    for (long index : open) {
      begin(ending, plan, isChat);
      ending.append(",\"choices\":[{\"index\":").append(index);
      ending.append(isChat ? ",\"delta\":{}" : ",\"text\":\"\"");
      ending.append(",\"logprobs\":null,\"finish_reason\":\"length\"}]}\n\n");
    }
    if (usageAsked) {
      begin(ending, plan, isChat);
      ending.append(",\"choices\":[],\"usage\":{\"prompt_tokens\":").append(usage.prompt());
      ending.append(",\"completion_tokens\":").append(usage.completion());
      ending.append(",\"total_tokens\":").append(usage.total()).append("}}\n\n");
    }
    return ending.append("data: [DONE]\n\n").toString().getBytes(StandardCharsets.UTF_8);
  }

  private void begin(StringBuilder ending, CallPlan plan, boolean isChat) {
    String usual = isChat ? "\"chat.completion.chunk\"" : "\"text_completion\"";
    ending.append("data: {\"id\":").append(orElse(id, quoted(plan.call().requestId())));
    ending.append(",\"object\":").append(orElse(object, usual));
    ending.append(",\"created\":").append(orElse(created, "0"));
    String name = quoted(plan.to().asked().value());
    ending.append(",\"model\":").append(plan.to().isAlias() ? name : orElse(model, name));
  }

  private static String quoted(String text) {
    return new String(JsonText.quote(text), StandardCharsets.UTF_8);
  }

  private static String orElse(String value, String other) {
    return value.isEmpty() ? other : value;
  }
}
