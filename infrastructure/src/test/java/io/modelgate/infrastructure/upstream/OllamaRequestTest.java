package io.modelgate.infrastructure.upstream;

import static io.modelgate.infrastructure.upstream.OllamaCalls.HELLO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.UpstreamFailure.Rejected;
import io.modelgate.infrastructure.client.CallFailed;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What of OpenAI's requests Ollama is asked, and what is refused. */
class OllamaRequestTest {
  private static final String NATIVE_HELLO =
      "{\"model\":\"llama3:1b\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],";

  private static String translated(ChatCall call) throws CallFailed {
    return new String(OllamaRequest.of(call, "llama3:1b").bytes(), StandardCharsets.UTF_8);
  }

  private static String chat(String fields) throws CallFailed {
    return translated(OllamaCalls.chat(fields));
  }

  /** The messages alone. */
  private static String messages(String messages) throws CallFailed {
    ChatCall call = OllamaCalls.chat("\"messages\":[" + messages + "]");
    return OllamaRequest.of(call, "llama3:1b").body().get("messages").toString();
  }

  private static String completion(String fields) throws CallFailed {
    return translated(OllamaCalls.call(Endpoint.COMPLETIONS, fields));
  }

  private static String embedding(String fields) throws CallFailed {
    return translated(OllamaCalls.call(Endpoint.EMBEDDINGS, fields));
  }

  private static void assertRefused(ChatCall call, String param, String... words) {
    assertThatThrownBy(() -> OllamaRequest.of(call, "llama3:1b"))
        .isInstanceOfSatisfying(
            CallFailed.class,
            e -> {
              assertThat(e.failure()).isInstanceOf(Rejected.class);
              var rejected = (Rejected) e.failure();
              assertThat(rejected.status()).isEqualTo(400);
              assertThat(rejected.error().type()).isEqualTo("invalid_request_error");
              assertThat(rejected.error().param()).isEqualTo(param);
              assertThat(rejected.error().message()).contains(words);
            });
  }

  @Nested
  class Chats {
    @Test
    void keepAllOfOllamasDefaultsWhenNothingIsAsked() throws Exception {
      assertThat(OllamaRequest.of(OllamaCalls.chat(HELLO), "llama3:1b").path())
          .isEqualTo("/api/chat");
      assertThat(chat(HELLO)).isEqualTo(NATIVE_HELLO + "\"stream\":false}");
    }

    @Test
    void nameTheStreamForOllamaStreamsUnlessTold() throws Exception {
      assertThat(chat(HELLO + ",\"stream\":true,\"stream_options\":{\"include_usage\":true}"))
          .isEqualTo(NATIVE_HELLO + "\"stream\":true}");
    }

    @Test
    void takeNullsForAbsent() throws Exception {
      assertThat(
              chat(
                  HELLO
                      + ",\"temperature\":null,\"stop\":null,\"tools\":null,\"tool_choice\":null,"
                      + "\"response_format\":null,\"logit_bias\":null,\"n\":null,\"logprobs\":null,"
                      + "\"reasoning_effort\":null,\"max_tokens\":null,\"options\":null"))
          .isEqualTo(NATIVE_HELLO + "\"stream\":false}");
    }

    @Test
    void leaveOutWhatMerelyAdvises() throws Exception {
      assertThat(
              chat(
                  HELLO
                      + ",\"user\":\"u\",\"metadata\":{\"a\":\"b\"},\"store\":true,\"n\":1,"
                      + "\"service_tier\":\"auto\",\"prompt_cache_key\":\"k\",\"verbosity\":\"low\","
                      + "\"safety_identifier\":\"s\",\"parallel_tool_calls\":false,\"logit_bias\":{},"
                      + "\"modalities\":[\"text\"],\"prediction\":{},\"made_up\":1"))
          .isEqualTo(NATIVE_HELLO + "\"stream\":false}");
    }

    @Test
    void turnSamplingFieldsIntoOptionsDigitForDigit() throws Exception {
      assertThat(
              chat(
                  HELLO
                      + ",\"temperature\":0.70,\"top_p\":0.10000000000000000555,\"seed\":-7,"
                      + "\"presence_penalty\":1,\"frequency_penalty\":-0.5,\"stop\":\"###\","
                      + "\"max_completion_tokens\":9,\"max_tokens\":5"))
          .isEqualTo(
              NATIVE_HELLO
                  + "\"stream\":false,\"options\":{\"temperature\":0.70,"
                  + "\"top_p\":0.10000000000000000555,\"presence_penalty\":1,"
                  + "\"frequency_penalty\":-0.5,\"seed\":-7,\"stop\":[\"###\"],\"num_predict\":5}}");
    }

    @Test
    void passOllamasOwnFieldsAndLetOpenAisCountFirst() throws Exception {
      assertThat(
              chat(
                  HELLO
                      + ",\"options\":{\"num_ctx\":1024,\"temperature\":1,\"top_k\":1,\"mirostat\":2},"
                      + "\"num_ctx\":2048,\"top_k\":40,\"temperature\":0,\"stop\":[\"a\",\"b\"],"
                      + "\"keep_alive\":\"5m\",\"think\":true,\"format\":\"json\","
                      + "\"truncate\":false,\"shift\":false"))
          .isEqualTo(
              NATIVE_HELLO
                  + "\"stream\":false,\"format\":\"json\",\"think\":true,"
                  + "\"options\":{\"num_ctx\":2048,\"temperature\":0,\"top_k\":40,\"mirostat\":2,"
                  + "\"stop\":[\"a\",\"b\"]},\"keep_alive\":\"5m\",\"truncate\":false,"
                  + "\"shift\":false}");
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "{\"type\":\"json_object\"}|\"json\"",
          "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":{\"type\":\"object\"}}}|{\"type\":\"object\"}"
        })
    void turnAWantedFormatIntoOllamas(String wanted, String said) throws Exception {
      assertThat(chat(HELLO + ",\"response_format\":" + wanted))
          .isEqualTo(NATIVE_HELLO + "\"stream\":false,\"format\":" + said + "}");
    }

    @ParameterizedTest
    @CsvSource({
      "none,false",
      "minimal,\"low\"",
      "low,\"low\"",
      "medium,\"medium\"",
      "high,\"high\"",
      "xhigh,\"high\"",
      "max,\"high\""
    })
    void turnEffortIntoThinking(String effort, String think) throws Exception {
      assertThat(chat(HELLO + ",\"think\":true,\"reasoning_effort\":\"" + effort + "\""))
          .isEqualTo(NATIVE_HELLO + "\"stream\":false,\"think\":" + think + "}");
    }

    @Test
    void askForLogprobsAsOllamaNamesThem() throws Exception {
      assertThat(chat(HELLO + ",\"logprobs\":true,\"top_logprobs\":3"))
          .isEqualTo(NATIVE_HELLO + "\"logprobs\":true,\"top_logprobs\":3,\"stream\":false}");
    }

    @Test
    void passToolsAsTheyAreUnlessNoneIsToBeCalled() throws Exception {
      String tools =
          "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"strict\":true,"
              + "\"parameters\":{\"type\":\"object\",\"properties\":{\"x\":{\"maximum\":1.50}}}}}]";

      assertThat(chat(HELLO + "," + tools + ",\"tool_choice\":\"auto\""))
          .isEqualTo(NATIVE_HELLO + tools + ",\"stream\":false}");
      assertThat(chat(HELLO + "," + tools + ",\"tool_choice\":\"none\""))
          .isEqualTo(NATIVE_HELLO + "\"stream\":false}");
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "n|2|one choice",
          "n|0|one choice",
          "best_of|2|one choice",
          "logit_bias|{\"50256\":-100}|no such option",
          "tool_choice|\"required\"|cannot be made to call a tool",
          "tool_choice|{\"type\":\"function\",\"function\":{\"name\":\"f\"}}|cannot be made to call a tool",
          "functions|[{\"name\":\"f\"}]|use 'tools'",
          "audio|{\"voice\":\"alloy\"}|text only",
          "modalities|[\"text\",\"audio\"]|text only",
          "web_search_options|{}|does not search",
          "max_tokens|0|1 or more",
          "max_completion_tokens|-1|1 or more",
          "reasoning_effort|\"huge\"|minimal",
          "temperature|\"0.5\"|must be a number",
          "seed|1.5|must be an integer",
          "stop|[1]|array of strings",
          "options|[]|must be an object",
          "logprobs|1|true or false",
          "tools|{}|must be an array",
          "tools[0]|[7]|must be an object",
          "tools[0].type|[{\"type\":\"custom\"}]|must be 'function'",
          "response_format.type|{\"type\":\"xml\"}|json_schema",
          "response_format.json_schema.schema|{\"type\":\"json_schema\"}|must be an object"
        })
    void areRefusedWhenTheyAskWhatOllamaCannot(String param, String value, String words) {
      String field = param.replaceAll("[.\\[].*", "");
      assertRefused(OllamaCalls.chat(HELLO + ",\"" + field + "\":" + value), param, words);
    }
  }

  @Test
  void aNumberBeyondAllReasonIsRefused() {
    byte[] body = "{\"model\":\"tiny\",\"seed\":1e99999999999}".getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> RequestFields.of(body)).isInstanceOf(CallFailed.class);
  }

  @Nested
  class Messages {
    @Test
    void areTranslatedOneByOne() throws Exception {
      assertThat(
              messages(
                  "{\"role\":\"developer\",\"content\":\"Be brief.\"},"
                      + "{\"role\":\"user\",\"name\":\"ann\",\"content\":[{\"type\":\"text\",\"text\":\"one\"},"
                      + "{\"type\":\"text\",\"text\":\"two\"}]},"
                      + "{\"role\":\"assistant\",\"content\":\"ok\",\"reasoning_content\":\"hm\","
                      + "\"refusal\":null},"
                      + "{\"role\":\"assistant\",\"content\":[{\"type\":\"refusal\",\"refusal\":\"no\"}],"
                      + "\"reasoning\":\"ah\"}"))
          .isEqualTo(
              "[{\"role\":\"system\",\"content\":\"Be brief.\"},"
                  + "{\"role\":\"user\",\"content\":\"one\\ntwo\"},"
                  + "{\"role\":\"assistant\",\"content\":\"ok\",\"thinking\":\"hm\"},"
                  + "{\"role\":\"assistant\",\"content\":\"no\",\"thinking\":\"ah\"}]");
    }

    @Test
    void carryToolCallsAndTheirResults() throws Exception {
      assertThat(
              messages(
                  "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":["
                      + "{\"id\":\"call_a\",\"type\":\"function\",\"function\":{\"name\":\"add\","
                      + "\"arguments\":\"{\\\"x\\\": 1.50, \\\"y\\\":12345678901234567890}\"}},"
                      + "{\"id\":\"call_b\",\"type\":\"function\",\"function\":{\"name\":\"now\","
                      + "\"arguments\":\"\"}}]},"
                      + "{\"role\":\"tool\",\"tool_call_id\":\"call_b\",\"content\":\"noon\"},"
                      + "{\"role\":\"tool\",\"tool_call_id\":\"call_x\",\"content\":[{\"type\":\"text\",\"text\":\"?\"}]}"))
          .isEqualTo(
              "[{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":["
                  + "{\"id\":\"call_a\",\"function\":{\"index\":0,\"name\":\"add\","
                  + "\"arguments\":{\"x\":1.50,\"y\":12345678901234567890}}},"
                  + "{\"id\":\"call_b\",\"function\":{\"index\":1,\"name\":\"now\",\"arguments\":{}}}]},"
                  + "{\"role\":\"tool\",\"content\":\"noon\",\"tool_name\":\"now\",\"tool_call_id\":\"call_b\"},"
                  + "{\"role\":\"tool\",\"content\":\"?\",\"tool_call_id\":\"call_x\"}]");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "{\"url\":\"data:image/png;base64,iVBORw==\",\"detail\":\"low\"}",
          "{\"url\":\"DATA:IMAGE/WEBP;charset=x;BASE64,iVBO\\nRw\"}",
          "\"data:image/gif;base64,iVBORw==\""
        })
    void carryImagesAsGoReadsBase64(String image) throws Exception {
      assertThat(
              messages(
                  "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"What?\"},"
                      + "{\"type\":\"image_url\",\"image_url\":"
                      + image
                      + "}]}"))
          .isEqualTo("[{\"role\":\"user\",\"content\":\"What?\",\"images\":[\"iVBORw==\"]}]");
    }

    @ParameterizedTest
    @CsvSource({
      "https://example.org/cat.png, fetches images",
      "http://example.org/cat.png, fetches images",
      "'data:image/png,abc', fetches images",
      "'data:image/bmp;base64,iVBO', PNG",
      "'data:;base64,iVBO', PNG",
      "'data:image/png;base64,???', base64",
      "'data:image/png;base64,', base64"
    })
    void areRefusedWithAnImageThatOllamaCannotHave(String url, String words) {
      assertRefused(
          OllamaCalls.chat(
              "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"},"
                  + "{\"type\":\"image_url\",\"image_url\":{\"url\":\""
                  + url
                  + "\"}}]}]"),
          "messages[0].content[1].image_url.url",
          words);
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "messages|[]",
          "messages|null",
          "messages|\"hi\"",
          "messages[0]|[\"hi\"]",
          "messages[0].role|[{\"content\":\"x\"}]",
          "messages[0].role|[{\"role\":\"function\",\"name\":\"f\",\"content\":\"x\"}]",
          "messages[0].content|[{\"role\":\"user\"}]",
          "messages[0].content|[{\"role\":\"user\",\"content\":7}]",
          "messages[0].content[0]|[{\"role\":\"user\",\"content\":[\"x\"]}]",
          "messages[0].content[0].type|[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\",\"input_audio\":{}}]}]",
          "messages[0].content[0].type|[{\"role\":\"user\",\"content\":[{\"type\":\"file\",\"file\":{}}]}]",
          "messages[0].content[0].type|[{\"role\":\"user\",\"content\":[{\"text\":\"x\"}]}]",
          "messages[0].content[0].text|[{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}]",
          "messages[0].content[0].image_url.url|[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]",
          "messages[0].tool_calls[0].function.name|[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"a\"}]}]",
          "messages[0].tool_calls[0].function.arguments|[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"[1]\"}}]}]",
          "messages[0].tool_calls[0].function.arguments|[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"{oops\"}}]}]",
          "messages[0].tool_calls[0].function.arguments|[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"{} {}\"}}]}]",
          "messages[0].tool_calls[0].function.arguments|[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1e99999999999}\"}}]}]",
          "messages[0].function_call|[{\"role\":\"assistant\",\"function_call\":{\"name\":\"f\",\"arguments\":\"{}\"}}]"
        })
    void areRefusedByTheFieldThatIsWrong(String param, String messages) {
      assertRefused(OllamaCalls.chat("\"messages\":" + messages), param, "'" + param + "'");
    }
  }

  @Nested
  class Completions {
    @Test
    void goToGenerateWithOllamasOwnFields() throws Exception {
      var call = OllamaCalls.call(Endpoint.COMPLETIONS, "\"prompt\":\"Once\"");
      assertThat(OllamaRequest.of(call, "llama3:1b").path()).isEqualTo("/api/generate");
      assertThat(
              completion(
                  "\"prompt\":[\"Once\"],\"suffix\":\" end\",\"raw\":true,\"system\":\"s\","
                      + "\"template\":\"t\",\"images\":[\"iVBO\"],\"max_tokens\":3,\"echo\":false,"
                      + "\"stream\":true,\"best_of\":1,\"logprobs\":null"))
          .isEqualTo(
              "{\"model\":\"llama3:1b\",\"prompt\":\"Once\",\"suffix\":\" end\",\"system\":\"s\","
                  + "\"template\":\"t\",\"raw\":true,\"images\":[\"iVBO\"],\"stream\":true,"
                  + "\"options\":{\"num_predict\":3}}");
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "prompt|\"prompt\":[\"a\",\"b\"]",
          "prompt|\"prompt\":[1,2]",
          "prompt|\"prompt\":[[1,2]]",
          "prompt|\"prompt\":[]",
          "prompt|\"suffix\":\"x\"",
          "echo|\"prompt\":\"a\",\"echo\":true",
          "logprobs|\"prompt\":\"a\",\"logprobs\":0",
          "n|\"prompt\":\"a\",\"n\":3",
        })
    void areRefusedWhenTheyAskWhatOllamaCannot(String param, String fields) {
      assertRefused(OllamaCalls.call(Endpoint.COMPLETIONS, fields), param, "'" + param + "'");
    }
  }

  @Nested
  class Embeddings {
    @Test
    void goToEmbed() throws Exception {
      var call = OllamaCalls.call(Endpoint.EMBEDDINGS, "\"input\":\"a\"");
      assertThat(OllamaRequest.of(call, "llama3:1b").path()).isEqualTo("/api/embed");
      assertThat(
              embedding(
                  "\"input\":[\"a\",\"b\"],\"dimensions\":8,\"encoding_format\":\"base64\","
                      + "\"user\":\"u\",\"num_ctx\":512,\"keep_alive\":0,\"truncate\":true"))
          .isEqualTo(
              "{\"model\":\"llama3:1b\",\"input\":[\"a\",\"b\"],\"dimensions\":8,"
                  + "\"options\":{\"num_ctx\":512},\"keep_alive\":0,\"truncate\":true}");
      assertThat(embedding("\"input\":\"a\""))
          .isEqualTo("{\"model\":\"llama3:1b\",\"input\":[\"a\"]}");
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "input|\"input\":[1,2]",
          "input|\"input\":[[1]]",
          "input|\"input\":[]",
          "input|\"input\":\"\"",
          "input|\"input\":null",
          "input|\"x\":1",
          "encoding_format|\"input\":\"a\",\"encoding_format\":\"int8\"",
          "dimensions|\"input\":\"a\",\"dimensions\":\"8\""
        })
    void areRefusedWhenTheyAskWhatOllamaCannot(String param, String fields) {
      assertRefused(OllamaCalls.call(Endpoint.EMBEDDINGS, fields), param, "'" + param + "'");
    }
  }
}
