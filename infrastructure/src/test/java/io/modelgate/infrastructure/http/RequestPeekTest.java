package io.modelgate.infrastructure.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.modelgate.domain.chat.Edit;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.OutputBounds;
import io.modelgate.domain.chat.OutputBounds.Bound;
import io.modelgate.domain.chat.OutputBounds.Name;
import io.modelgate.domain.chat.RequestBody;
import io.modelgate.domain.chat.Span;
import io.modelgate.infrastructure.http.RequestPeek.Peek;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestPeekTest {
  private static final String OBJECT_WANTED =
      "; send one JSON object, such as {\"model\": \"...\", \"messages\": [...]}";

  @Test
  void findsWhatTheGatewayNeeds() {
    byte[] bytes =
        utf8(
            """
            {"messages": [{"role": "user", "content": "hé", "model": "inner", "n": 9}],
             "model" : "g\\u0070t/4:o", "stream": true, "stream_options": {"include_usage": true},
             "max_tokens": 1.0, "max_completion_tokens": 2e1, "n": 3, "seed": 0.50}""");

    RequestBody body = bodyOf(bytes);

    assertThat(body.bytes()).isSameAs(bytes);
    assertThat(body.model()).isEqualTo("gpt/4:o");
    assertThat(cut(bytes, body.modelAt())).isEqualTo("\"g\\u0070t/4:o\"");
    assertThat(body.stream()).isTrue();
    assertThat(body.usageAsked()).isTrue();
    assertThat(body.askForUsage()).isNull();
    assertThat(body.bounds())
        .satisfies(
            bounds -> {
              assertThat(bounds.maxTokens()).isEqualTo(1);
              assertThat(bounds.maxCompletionTokens()).isEqualTo(20);
              assertThat(bounds.choices()).isEqualTo(3);
            });
  }

  @Test
  void takesNullForAbsent() {
    RequestBody body =
        bodyOf(
            utf8(
                """
                {"model":"m","stream":null,"stream_options":null,"max_tokens":null,
                "max_completion_tokens":null,"n":null}"""));

    assertThat(body.stream()).isFalse();
    assertThat(body.usageAsked()).isFalse();
    assertThat(body.askForUsage()).as("no stream, nothing to ask for").isNull();
    assertThat(body.bounds().tokens()).isNull();
    assertThat(body.bounds().choices()).isNull();
    assertThat(body.bounds().all()).as("there, and null").hasSize(2);
  }

  @Test
  void notesEveryBoundAndWhereItStands() {
    byte[] bytes =
        utf8(
            """
            {"model":"m","n_predict": -1 ,"max_tokens":1e2,"num_predict":9223372036854775808,
             "options":{"x":[{"num_predict":1}],"num_predict": null},"max_completion_tokens":0,
             "best_of":4,"tools":[{"max_tokens":1}]}""");

    OutputBounds bounds = bodyOf(bytes).bounds();

    assertThat(bounds.all())
        .extracting(Bound::name, Bound::tokens, bound -> cut(bytes, bound.at()))
        .containsExactly(
            tuple(Name.N_PREDICT, -1L, "-1"),
            tuple(Name.MAX_TOKENS, 100L, "1e2"),
            tuple(Name.NUM_PREDICT, Long.MAX_VALUE, "9223372036854775808"),
            tuple(Name.OPTIONS_NUM_PREDICT, null, "null"),
            tuple(Name.MAX_COMPLETION_TOKENS, 0L, "0"));
    assertThat(bounds.bestOf()).isEqualTo(4);
    assertThat(bounds.choices()).isNull();
  }

  @Test
  void leavesTheTypeOfAnEnginesOwnBoundToTheEngine() {
    RequestBody body =
        bodyOf(
            utf8(
                """
                {"model":"m","n_predict":"5","num_predict":[],"options":{"num_predict":true}}"""));

    assertThat(body.bounds().all()).isEmpty();
    assertThat(bodyOf(utf8("{\"model\":\"m\",\"options\":7}")).bounds().all()).isEmpty();
  }

  @Test
  void looksForNoBoundsWhereNothingIsGenerated() {
    byte[] bytes = utf8("{\"model\":\"m\",\"input\":\"x\",\"max_tokens\":\"5\",\"n\":[]}");

    assertThat(RequestPeek.of(Endpoint.EMBEDDINGS, bytes)).isInstanceOf(Peek.Body.class);
  }

  @Test
  void readsNamesUnescaped() {
    RequestBody body = bodyOf(utf8("{\"mod\\u0065l\":\"m\",\"\\u0073tream\":true}"));

    assertThat(body.model()).isEqualTo("m");
    assertThat(body.stream()).isTrue();
  }

  @Test
  void doesNotCountAWishForUsageWithoutAStream() {
    RequestBody body =
        bodyOf(utf8("{\"model\":\"m\",\"stream_options\":{\"include_usage\":true}}"));

    assertThat(body.usageAsked()).isFalse();
    assertThat(body.askForUsage()).isNull();
  }

  @Test
  void leavesUnknownFieldsAlone() {
    RequestBody body =
        bodyOf(utf8("{\"x\":1,\"x\":2,\"Model\":3,\"model\":\"m\",\"streams\":\"yes\"}"));

    assertThat(body.model()).isEqualTo("m");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'model':'m','stream':true}"
            + "|{'stream_options':{'include_usage':true},'model':'m','stream':true}",
        " { 'stream' : true, 'model':'m'}"
            + "| {'stream_options':{'include_usage':true}, 'stream' : true, 'model':'m'}",
        "{'model':'m','stream':true,'stream_options': null }"
            + "|{'model':'m','stream':true,'stream_options': {'include_usage':true} }",
        "{'stream_options':{ },'model':'m','stream':true}"
            + "|{'stream_options':{'include_usage':true},'model':'m','stream':true}",
        "{'stream_options':{ 'include_usage': false },'model':'m','stream':true}"
            + "|{'stream_options':{ 'include_usage': true },'model':'m','stream':true}",
        "{'stream_options':{'include_usage':null},'model':'m','stream':true}"
            + "|{'stream_options':{'include_usage':true},'model':'m','stream':true}",
        "{'stream_options':{'include\\u005fusage':null},'model':'m','stream':true}"
            + "|{'stream_options':{'include\\u005fusage':true},'model':'m','stream':true}",
        "{'stream_options':{ 'x':[{}] },'model':'m','stream':true}"
            + "|{'stream_options':{'include_usage':true, 'x':[{}] },'model':'m','stream':true}",
      })
  void asksForUsageByTheSmallestEdit(String sent, String asking) {
    byte[] bytes = utf8(sent.replace('\'', '"'));

    Edit edit = bodyOf(bytes).askForUsage();

    assertThat(edit).isNotNull();
    assertThat(new String(Edit.apply(bytes, List.of(edit)), StandardCharsets.UTF_8))
        .isEqualTo(asking.replace('\'', '"'));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      nullValues = "-",
      value = {
        "{'model':4}|model|'model' must be a string, but is a number",
        "{'model':['m']}|model|'model' must be a string, but is an array",
        "{'model':'m','stream':'true'}|stream|'stream' must be true, false or null, but is a"
            + " string",
        "{'model':'m','stream':1}|stream|'stream' must be true, false or null, but is a number",
        "{'model':'m','n':'2'}|n|'n' must be an integer or null, but is a string",
        "{'model':'m','n':1.5}|n|'n' must be an integer or null, but is a number with a fraction",
        "{'model':'m','max_tokens':true}|max_tokens|'max_tokens' must be an integer or null, but"
            + " is true",
        "{'model':'m','max_completion_tokens':{}}|max_completion_tokens|'max_completion_tokens'"
            + " must be an integer or null, but is an object",
        "{'model':'m','stream_options':[]}|stream_options|'stream_options' must be an object or"
            + " null, but is an array",
        "{'model':'m','stream_options':{'include_usage':1}}|stream_options.include_usage"
            + "|'stream_options.include_usage' must be true, false or null, but is a number",
        "{'model':'m','model':'m'}|model|'model' occurs twice; give it once",
        "{'model':null,'mod\\u0065l':'m'}|model|'model' occurs twice; give it once",
        "{'model':'m','max_tokens':'5'}|max_tokens|'max_tokens' must be an integer or null, but is a"
            + " string",
        "{'model':'m','best_of':'2'}|best_of|'best_of' must be an integer or null, but is a string",
        "{'model':'m','max_tokens':0.5}|max_tokens|'max_tokens' must be an integer or null, but is"
            + " a number with a fraction",
        "{'model':'m','max_tokens':1,'max_tokens':1}|max_tokens|'max_tokens' occurs twice; give it"
            + " once",
        "{'model':'m','n_predict':1,'n_predict':'x'}|n_predict|'n_predict' occurs twice; give it"
            + " once",
        "{'model':'m','options':{'num_predict':1,'num_predict':2}}|options.num_predict"
            + "|'options.num_predict' occurs twice; give it once",
        "{'model':'m','options':{},'options':{}}|options|'options' occurs twice; give it once",
        "{'model':'m','messages':[],'messages':[]}|messages|'messages' occurs twice; give it once",
        "{'model':'m','n':1,'n':1}|n|'n' occurs twice; give it once",
        "{'model':'m','stream':true,'stream':true}|stream|'stream' occurs twice; give it once",
        "{'stream_options':null,'stream_options':{}}|stream_options|'stream_options' occurs twice;"
            + " give it once",
        "{'stream_options':{'include_usage':true,'include_usage':true}}"
            + "|stream_options.include_usage|'stream_options.include_usage' occurs twice; give it"
            + " once"
      })
  void namesTheFieldAtFault(String text, String param, String message) {
    assertThat(RequestPeek.of(Endpoint.CHAT_COMPLETIONS, utf8(text.replace('\'', '"'))))
        .isEqualTo(new Peek.Invalid(message, param));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "``|the request body is empty",
        "` `|the request body is not valid JSON: the text ends too early at byte 1",
        "[]|the request body is an array",
        "[1|the request body is not valid JSON: the text ends too early at byte 2",
        "\"model\"|the request body is a string",
        "null|the request body is null",
        "not json|the request body is not valid JSON: unexpected character 'o' at byte 1",
        "{\"model\":\"m\",\"t\":NaN}"
            + "|the request body is not valid JSON: unexpected character 'N' at byte 17",
        "{\"model\":\"m\"} {}"
            + "|the request body is not valid JSON: unexpected character '{' at byte 14",
        "{\"model\":\"m\",}"
            + "|the request body is not valid JSON: unexpected character '}' at byte 13",
        "{\"model\":\"m|the request body is not valid JSON: the text ends inside a string at byte"
            + " 11"
      })
  void saysWhatIsWrongWithTheBody(@Nullable String text, String what) {
    byte[] bytes = utf8(text == null ? "" : text);

    assertThat(RequestPeek.of(Endpoint.CHAT_COMPLETIONS, bytes))
        .isEqualTo(new Peek.Invalid(what + OBJECT_WANTED, null));
  }

  @Test
  void refusesIllFormedUtf8InFieldsItDoesNotLookAt() {
    byte[] bytes = utf8("{\"model\":\"m\",\"user\":\"?\"}");
    bytes[bytes.length - 3] = (byte) 0xff;

    assertThat(RequestPeek.of(Endpoint.CHAT_COMPLETIONS, bytes))
        .isEqualTo(
            new Peek.Invalid(
                "the request body is not valid JSON: ill-formed UTF-8 at byte 21" + OBJECT_WANTED,
                null));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|{'model':'usual'}",
        "{ }|{'model':'usual' }",
        "{'n':1}|{'model':'usual','n':1}",
        "{ 'n':1 }|{'model':'usual', 'n':1 }",
        "{'n':1, 'model' : null }|{'n':1, 'model' : 'usual' }",
        "{'model':''}|{'model':'usual'}",
        "{'messages':[{'model':'inner'}]}|{'model':'usual','messages':[{'model':'inner'}]}",
      })
  void aBodyThatNamesNoModelCanBeGivenOne(String sent, String named) {
    Peek peek = RequestPeek.of(Endpoint.CHAT_COMPLETIONS, utf8(sent.replace('\'', '"')));

    assertThat(peek).isInstanceOf(Peek.Unnamed.class);
    byte[] bytes = ((Peek.Unnamed) peek).named("usual");
    assertThat(new String(bytes, StandardCharsets.UTF_8)).isEqualTo(named.replace('\'', '"'));
    assertThat(bodyOf(bytes).model()).isEqualTo("usual");
  }

  @Test
  void refusesDeepNesting() {
    byte[] bytes = utf8("{\"model\":\"m\",\"x\":" + "[".repeat(512) + "]".repeat(512) + "}");

    assertThat(RequestPeek.of(Endpoint.CHAT_COMPLETIONS, bytes))
        .isEqualTo(
            new Peek.Invalid(
                "the request body is not valid JSON: nesting over 512 at byte 528" + OBJECT_WANTED,
                null));
  }

  private static RequestBody bodyOf(byte[] bytes) {
    return switch (RequestPeek.of(Endpoint.CHAT_COMPLETIONS, bytes)) {
      case Peek.Body(RequestBody body) -> body;
      case Peek.Invalid invalid -> throw new AssertionError(invalid);
      case Peek.Unnamed unnamed -> throw new AssertionError(unnamed);
    };
  }

  private static String cut(byte[] bytes, Span span) {
    return new String(bytes, span.start(), span.length(), StandardCharsets.UTF_8);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
