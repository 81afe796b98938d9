package io.modelgate.infrastructure.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.domain.chat.Span;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.infrastructure.client.CallFailed;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class UsageTapTest {
  private final UsageTap tap = new UsageTap(1);

  @Test
  void countsNothingWhenNothingIsTold() throws CallFailed {
    see("{\"choices\":[{\"index\":0}],\"usage\":null}");
    see("{\"choices\":[{\"index\":0}]}");

    assertThat(tap.usage()).isEqualTo(TokenUsage.NONE);
  }

  @Test
  void takesTheLastOfACountThatGoesOn() throws CallFailed {
    see(onChoice(0, 7, 1));
    see(onChoice(0, 7, 2));
    see(onChoice(0, 7, 3));

    assertThat(tap.usage()).isEqualTo(new TokenUsage(7, 3));
  }

  @Test
  void addsUpCountsThatGoOnForSeveralChoices() throws CallFailed {
    see(onChoice(0, 7, 1));
    see(onChoice(1, 8, 5));
    see(onChoice(0, 7, 2));

    assertThat(tap.usage()).isEqualTo(new TokenUsage(15, 7));
  }

  @Test
  void addsUpCountsInEventsOfTheirOwnWithThePromptOnce() throws CallFailed {
    see(alone(27, 4));
    see(alone(27, 4));

    assertThat(tap.usage()).isEqualTo(new TokenUsage(27, 8));
  }

  @Test
  void prefersTheCountInAnEventOfItsOwn() throws CallFailed {
    see(onChoice(0, 7, 2));
    see(alone(7, 3));
    see(onChoice(0, 7, 4));

    assertThat(tap.usage()).isEqualTo(new TokenUsage(7, 3));
  }

  @Test
  void ignoresZeros() throws CallFailed {
    see(onChoice(0, 7, 2));
    see(onChoice(0, 0, 0));
    see(alone(0, 0));

    assertThat(tap.usage()).isEqualTo(new TokenUsage(7, 2));
  }

  @Test
  void survivesCountsThatAreNone() throws CallFailed {
    see("{\"choices\":[],\"usage\":{\"prompt_tokens\":-5,\"completion_tokens\":1e30}}");
    see("{\"choices\":[],\"usage\":{\"prompt_tokens\":\"7\",\"completion_tokens\":1.5}}");
    see(alone(1, 1));

    assertThat(tap.usage()).isEqualTo(new TokenUsage(1, Long.MAX_VALUE));
  }

  @Test
  void addsUpThePromptsWhereChoicesHaveDifferentOnes() throws CallFailed {
    see(onChoice(0, 10, 4));
    see(onChoice(1, 6, 3));

    assertThat(tap.usage()).isEqualTo(new TokenUsage(16, 7));
  }

  @Test
  void countsAPromptOnceHoweverManyChoicesItHas() throws CallFailed {
    var two = new UsageTap(2);
    for (int choice = 0; choice < 4; choice++) {
      byte[] json = onChoice(choice, choice < 2 ? 10 : 6, 1).getBytes(StandardCharsets.UTF_8);
      two.see(ReplyPeek.of(json, new Span(0, json.length)));
    }

    assertThat(two.usage()).isEqualTo(new TokenUsage(16, 4));
  }

  private static String onChoice(int index, int prompt, int completion) {
    return "{\"choices\":[{\"index\":" + index + "}],\"usage\":" + usage(prompt, completion) + "}";
  }

  private static String alone(int prompt, int completion) {
    return "{\"choices\":[],\"usage\":" + usage(prompt, completion) + "}";
  }

  private static String usage(int prompt, int completion) {
    return "{\"prompt_tokens\":" + prompt + ",\"completion_tokens\":" + completion + "}";
  }

  private void see(String json) throws CallFailed {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    tap.see(ReplyPeek.of(bytes, new Span(0, bytes.length)));
  }
}
