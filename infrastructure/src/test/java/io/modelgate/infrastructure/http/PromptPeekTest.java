package io.modelgate.infrastructure.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.RequestBody.Prompt;
import io.modelgate.infrastructure.http.RequestPeek.Peek;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a request's prompt is estimated to take: a token for 4 bytes, 4 for each message. */
class PromptPeekTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[]|0",
        "[{'role':'user','content':'Hello'}]|6",
        "[{'role':'user','content':''}]|4",
        "[{'content':'abcd'},{'content':'e'}]|10",
        "[{'role':'user','name':'somebody','tool_call_id':'call_123456','content':'abcd'}]|5",
        "[{'role':'assistant','content':null}]|4",
        "[{'content':'éé'}]|5", // 4 bytes
        "[{'content':'\\u00e9\\u00e9'}]|5",
        "[{'content':'\\n\\t\\\\\\u0041'}]|5",
        "[{'content':'\\ud83d\\ude00'}]|5",
        "[{'content':'😀'}]|5",
        "[{'content':'😀a'}]|6",
        "[{'content':[{'type':'text','text':'abcd'},{'type':'text','text':'efgh'}]}]|6",
        "[{'content':[{'text':'abcd','type':'text'}]}]|5",
        "[{'content':['abcd']}]|5",
        "[{'content':[{'type':'image_url','image_url':{'url':'data:image/png;base64,AAAA'}}]}]|1004",
        "[{'content':[{'image_url':{'url':'https://x/y.png','detail':'low'},'type':'image_url'}]}]|1004",
        "[{'content':[{'type':'input_audio','input_audio':{'data':'AAAA','format':'wav'}}]}]|1004",
        "[{'content':[{'type':'file','file':{'file_data':'data:x/y;base64,A'}},{'type':'text','text':'ab'}]}]|1005",
        "[{'content':'data:image/png;base64,AAAAAAAAAAAAAAAA'}]|1004",
        "[{'content':'data: what is that, and why?'}]|11", // 28 bytes
        "[{'content':'data:'}]|6",
        "[{'tool_calls':[{'id':'call_1','type':'function','function':{'name':'ab','arguments':'{}'}}]}]|5",
        "[{'reasoning_content':'abcd','refusal':'efgh'}]|6",
      })
  void ofAChatIsTheTextOfItsMessages(String messages, long expected) {
    assertThat(prompt(Endpoint.CHAT_COMPLETIONS, "messages", messages))
        .isEqualTo(new Prompt(1, expected));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'Hello'|1|2",
        "''|1|0",
        "null|1|0",
        "[]|1|0",
        "['Hello','you']|2|2", // 8 bytes over both
        "['Hello']|1|2",
        "[1,2,3]|1|3",
        "[[1,2,3],[4]]|2|4",
        "[[]]|1|0",
        "['data:image/png;base64,AAAA','abcd']|2|1001",
        "[{'text':'abcd'},{'image':'data:image/png;base64,AAAA'}]|2|1001",
        "{'x':'abcd'}|1|1",
        "7|1|0",
        "[['a'],{},null,true,5]|5|2", // ids among texts are one prompt
      })
  void ofACompletionAndOfEmbeddingsIsTheirTextOrTheirIds(String value, long count, long expected) {
    var prompt = new Prompt(count, expected);

    assertThat(prompt(Endpoint.COMPLETIONS, "prompt", value)).isEqualTo(prompt);
    assertThat(prompt(Endpoint.EMBEDDINGS, "input", value)).isEqualTo(prompt);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'text'",
        "7",
        "null",
        "{}",
        "[1,'a',[[]],null]",
        "[{'content':{'a':[{'b':1}]}}]",
        "[{'content':[1,null,true,[],[['x']]]}]",
        "[{'content':[{'type':7,'text':'x'}]}]",
        "[{'content':[{'type':null}]}]",
        "[{'tool_calls':{'x':[0]}}]",
        "[{'content':'\\ud83d'}]",
      })
  void takesAnyShape(String messages) {
    Prompt prompt = prompt(Endpoint.CHAT_COMPLETIONS, "messages", messages);

    assertThat(prompt.count()).isEqualTo(1);
    assertThat(prompt.estimatedTokens()).isBetween(0L, 20L);
  }

  @Test
  void ofAnEndpointWithoutTheFieldIsNothing() {
    assertThat(prompt(Endpoint.CHAT_COMPLETIONS, "prompt", "'Hello'")).isEqualTo(Prompt.EMPTY);
    assertThat(prompt(Endpoint.COMPLETIONS, "messages", "[{'content':'Hello'}]"))
        .isEqualTo(Prompt.EMPTY);
  }

  @Test
  void goesAsDeepAsJsonMay() {
    String deep = "[".repeat(400) + "'abcd'" + "]".repeat(400);

    assertThat(prompt(Endpoint.CHAT_COMPLETIONS, "messages", "[{'content':" + deep + "}]"))
        .isEqualTo(new Prompt(1, 5));
  }

  @Test
  void countsMegabytes() {
    String text = "é\\n".repeat(1_000_000); // 3 bytes each

    assertThat(prompt(Endpoint.CHAT_COMPLETIONS, "messages", "[{'content':'" + text + "'}]"))
        .isEqualTo(new Prompt(1, 750_004));
  }

  private static Prompt prompt(Endpoint endpoint, String field, String value) {
    String body = "{'model':'m','" + field + "': " + value + " }";
    Peek peek = RequestPeek.of(endpoint, body.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    assertThat(peek).isInstanceOf(Peek.Body.class);
    Prompt prompt = ((Peek.Body) peek).body().prompt();
    return new Prompt(prompt.count(), prompt.estimatedTokens());
  }

  @Test
  void turnsOfOneConversationBeginAlike() {
    String system = "{'role':'system','content':'Be kind.'}";
    String first = "{'content':'Hello','role':'user'}";
    String more = ",{'role':'assistant','content':'Hi'},{'role':'user','content':'Why?'}";
    int turn = chat("[" + system + "," + first + "]");

    assertThat(chat("[" + system + "," + first + more + "]")).isEqualTo(turn);
    assertThat(chat("[" + system + ",{'role':'user','content':'Bye'}]")).isNotEqualTo(turn);
    assertThat(chat("[" + first + "]")).isNotEqualTo(turn);
    assertThat(chat("[]")).isNotEqualTo(turn);
  }

  @Test
  void promptsBeginAlikeAsFarAsTheirFirstBytes() {
    String long1 = "'" + "a".repeat(300) + "b'";
    String long2 = "'" + "a".repeat(300) + "c'";

    assertThat(beginning("prompt", long1)).isEqualTo(beginning("prompt", long2));
    assertThat(beginning("prompt", "'ab'")).isNotEqualTo(beginning("prompt", "'ac'"));
  }

  private static int chat(String messages) {
    return hash(Endpoint.CHAT_COMPLETIONS, "messages", messages);
  }

  private static int beginning(String field, String value) {
    return hash(Endpoint.COMPLETIONS, field, value);
  }

  private static int hash(Endpoint endpoint, String field, String value) {
    String body = "{'model':'m','" + field + "': " + value + " }";
    Peek peek = RequestPeek.of(endpoint, body.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    return ((Peek.Body) peek).body().hashOfBeginning();
  }
}
