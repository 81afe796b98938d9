package io.modelgate.infrastructure.upstream;

import com.fasterxml.jackson.databind.JsonNode;
import io.modelgate.domain.chat.OutputBounds;
import io.modelgate.infrastructure.client.CallFailed;
import org.jspecify.annotations.Nullable;

/**
 * What OpenAI's API can ask for and Ollama's cannot, where leaving it out in silence would change
 * what the client gets. What merely advises is left out, see docs/backends.md.
 */
final class OllamaRefusals {
  private OllamaRefusals() {}

  static void checkChat(OutputBounds bounds, RequestFields asked) throws CallFailed {
    check(bounds, asked);
    refuseUnlessEmpty(asked, "functions", "is out of date: use 'tools'");
    refuseUnlessEmpty(asked, "audio", "cannot be had: Ollama makes text only");
    if (asked.has("web_search_options")) {
      throw asked.wrong("web_search_options", "cannot be had: Ollama does not search");
    }
    JsonNode modalities = asked.array("modalities");
    if (modalities != null) {
      for (JsonNode modality : modalities) {
        if (!"text".equals(modality.textValue())) {
          throw asked.wrong("modalities", "must be [\"text\"]: Ollama makes text only");
        }
      }
    }
  }

  static void checkCompletion(OutputBounds bounds, RequestFields asked) throws CallFailed {
    check(bounds, asked);
    if (Boolean.TRUE.equals(asked.flag("echo"))) {
      throw asked.wrong("echo", "cannot be had: Ollama does not repeat the prompt");
    }
    JsonNode logprobs = asked.value("logprobs");
    if (logprobs != null && !(logprobs.isBoolean() && !logprobs.booleanValue())) {
      throw asked.wrong("logprobs", "cannot be had from Ollama here, only in chats");
    }
  }

  private static void check(OutputBounds bounds, RequestFields asked) throws CallFailed {
    Long choices = bounds.choices();
    if (choices != null && choices != 1) {
      throw asked.wrong("n", "must be 1: Ollama makes one choice");
    }
    if (!asked.isOneAtMost("best_of")) {
      throw asked.wrong("best_of", "must be 1: Ollama makes one choice");
    }
    refuseUnlessPositive(asked, "max_tokens", bounds.maxTokens());
    refuseUnlessPositive(asked, "max_completion_tokens", bounds.maxCompletionTokens());
    refuseUnlessEmpty(asked, "logit_bias", "cannot be had: Ollama has no such option");
  }

  /** To Ollama, nothing and less would mean without end. */
  private static void refuseUnlessPositive(RequestFields asked, String field, @Nullable Long bound)
      throws CallFailed {
    if (bound != null && bound < 1) {
      throw asked.wrong(field, "must be 1 or more, but is " + bound);
    }
  }

  private static void refuseUnlessEmpty(RequestFields asked, String field, String why)
      throws CallFailed {
    JsonNode value = asked.value(field);
    if (value != null && !(value.isContainerNode() && value.isEmpty())) {
      throw asked.wrong(field, why);
    }
  }
}
