package io.modelgate.infrastructure.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.domain.chat.Span;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.infrastructure.client.CallFailed;
import io.modelgate.infrastructure.upstream.RunningCount.Piece;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplyPeekTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'delta':{'role':'assistant','content':'Hi'}|Hi",
        "'message':{'role':'assistant','content':'Hi','refusal':'no'}|Hino",
        "'text':'once'|once",
        "'delta':{'content':null,'reasoning_content':'hm'}|hm",
        "'delta':{'reasoning':'hm'}|hm",
        "'delta':{'reasoning':'hm','reasoning_content':'hm'}|hm",
        "'delta':{'reasoning':'','reasoning_content':'hm'}|hm",
        "'delta':{'reasoning_content':null,'reasoning':'hm','content':'Hi'}|hmHi",
        "'delta':{'tool_calls':[{'index':0,'id':'call_1','type':'function','function':{'name':'f','arguments':'{}'}}]}|f{}",
        "'delta':{'tool_calls':[{'function':{'name':'f','arguments':{'a': [1]}}},{'function':{'arguments':'x'}}]}|f{`a`: [1]}x",
        "'delta':{'tool_calls':[{'type':'custom','custom':{'name':'f','input':'x y'}}]}|fx y",
        "'delta':{'function_call':{'name':'f','arguments':'{}'}}|f{}",
        "'delta':{'content':[{'type':'text','text':'a'},{'type':'thinking','thinking':[{'type':'text','text':'b'}]}]}|ab",
        "'delta':{'content':'\\ud83d\\ude00\\t!'},'logprobs':{'content':[{'token':'x'}]}|😀\t!",
      })
  void gathersWhatTheModelGenerated(String choice, String text) throws CallFailed {
    assertThat(peek("{'choices':[{'index':3," + choice + "}]}").pieces())
        .containsExactly(new Piece(3, text.replace('`', '"')));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'delta':{'role':'assistant','content':''}",
        "'delta':{}",
        "'delta':null",
        "'delta':7",
        "'text':null",
        "'message':{'audio':{'id':'a','data':'UklGRg==','transcript':'hi'}}",
        "'message':{'annotations':[{'type':'url_citation','url_citation':{'title':'x'}}]}",
        "'delta':{'reasoning_details':[{'type':'reasoning.text','text':'hm'}]}",
        "'finish_reason':'stop','stop_reason':'x','logprobs':{'tokens':['a']}",
      })
  void leavesOutWhatIsNoneOrComesTwice(String choice) throws CallFailed {
    assertThat(peek("{'choices':[{" + choice + "}]}").pieces()).isEmpty();
  }

  @Test
  void numbersChoicesThatHaveNoIndex() throws CallFailed {
    assertThat(peek("{'choices':[{'text':'a'},{'text':'b'}]}").pieces())
        .containsExactly(new Piece(0, "a"), new Piece(1, "b"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'prompt_tokens':7,'completion_tokens':2,'total_tokens':9}|7|2|0|0",
        "{'completion_tokens':2,'completion_tokens_details':{'reasoning_tokens':1,'x':5}}|0|2|0|1",
        "{'prompt_tokens':7,'prompt_tokens_details':{'audio_tokens':0,'cached_tokens':6}}|7|0|6|0",
        "{'prompt_tokens':7,'prompt_tokens_details':null,'completion_tokens_details':[]}|7|0|0|0",
        "{'prompt_tokens':7,'prompt_tokens_details':{'cached_tokens':70}}|7|0|7|0",
        "{'prompt_tokens':-7,'completion_tokens':'2'}|0|0|0|0",
        "{'prompt_tokens':1.5,'completion_tokens':2.0}|0|2|0|0",
        "{'prompt_tokens':9223372036854775807,'completion_tokens':1e300}|1000000000000|1000000000000|0|0",
        "{}|0|0|0|0",
      })
  void readsUsageWithItsDetailsAndBoundsAbsurdClaims(
      String usage, long prompt, long completion, long cached, long reasoning) throws CallFailed {
    assertThat(peek("{'choices':[],'usage':" + usage + "}").usage())
        .isEqualTo(new TokenUsage(prompt, completion, cached, reasoning));
  }

  private static ReplyPeek peek(String json) throws CallFailed {
    byte[] bytes = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return ReplyPeek.of(bytes, new Span(0, bytes.length));
  }
}
