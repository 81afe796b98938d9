package io.modelgate.infrastructure.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modelgate.domain.chat.Edit;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.RequestBody;
import io.modelgate.domain.chat.Span;
import io.modelgate.infrastructure.http.RequestPeek.Peek;
import io.modelgate.infrastructure.json.JsonText;
import io.modelgate.infrastructure.json.JsonTexts;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;

class RequestPeekProperties {
  private static final ObjectMapper JACKSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void readsWhatJacksonReads(@ForAll("bodies") String sent) throws JsonProcessingException {
    RequestBody body = bodyOf(sent);
    JsonNode tree = JACKSON.readTree(sent);

    assertThat(body.model()).isEqualTo(tree.path("model").textValue());
    assertThat(body.stream()).isEqualTo(tree.path("stream").asBoolean());
    assertThat(body.usageAsked()).isEqualTo(body.stream() && asksForUsage(tree));
    assertThat(body.askForUsage() != null).isEqualTo(body.stream() && !asksForUsage(tree));
  }

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void askingForUsageChangesNothingElse(@ForAll("bodies") String sent)
      throws JsonProcessingException {
    RequestBody body = bodyOf(sent);
    Edit edit = body.askForUsage();

    Statistics.collect(edit != null);
    Statistics.coverage(coverage -> coverage.check(true).percentage(percentage -> percentage > 10));
    if (edit != null) {
      String edited = apply(body, edit);
      ObjectNode wanted = (ObjectNode) JACKSON.readTree(sent);
      ObjectNode options =
          wanted.path("stream_options") instanceof ObjectNode there
              ? there
              : wanted.putObject("stream_options");
      options.put("include_usage", true);
      assertThat(JACKSON.readTree(edited)).isEqualTo(wanted);
      assertThatOnlyTheSpanChanged(body.bytes(), edit, edited);
      assertThat(bodyOf(edited).usageAsked()).isTrue();
      assertThat(bodyOf(edited).askForUsage()).isNull();
    }
  }

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void anotherModelChangesNothingElse(@ForAll("bodies") String sent, @ForAll String otherModel)
      throws JsonProcessingException {
    RequestBody body = bodyOf(sent);
    var edit = new Edit(body.modelAt(), JsonText.quote(otherModel));

    String edited = apply(body, edit);

    var wanted = (ObjectNode) JACKSON.readTree(sent);
    wanted.put("model", otherModel);
    assertThat(JACKSON.readTree(edited)).isEqualTo(wanted);
    assertThatOnlyTheSpanChanged(body.bytes(), edit, edited);
  }

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void bothEditsFitOnOneBody(@ForAll("bodies") String sent) throws JsonProcessingException {
    RequestBody body = bodyOf(sent);
    Edit asking = body.askForUsage();

    Statistics.collect(asking != null);
    Statistics.coverage(coverage -> coverage.check(true).percentage(percentage -> percentage > 10));
    if (asking != null) {
      var renaming = new Edit(body.modelAt(), JsonText.quote("other"));
      List<Edit> edits =
          asking.at().start() < renaming.at().start()
              ? List.of(asking, renaming)
              : List.of(renaming, asking);
      JsonNode edited = JACKSON.readTree(utf8(Edit.apply(body.bytes(), edits)));
      assertThat(edited.path("model").textValue()).isEqualTo("other");
      assertThat(asksForUsage(edited)).isTrue();
    }
  }

  @Provide
  Arbitrary<String> bodies() {
    Arbitrary<String> model =
        JsonTexts.string().filter(text -> text.length() > 2).flatMap(this::asModel);
    Arbitrary<String> stream = member("stream", Arbitraries.of("true", "true", "false", "null"));
    Arbitrary<String> options =
        member("stream_options", Arbitraries.oneOf(Arbitraries.of("null", "{}"), optionsObject()));
    Arbitrary<String> bound = member("max_tokens", Arbitraries.of("1", "2.0", "3e1", "null"));
    Arbitrary<List<String>> known =
        Combinators.combine(model, orNothing(stream), orNothing(options), orNothing(bound))
            .as(
                (first, second, third, fourth) ->
                    List.of(first, second, third, fourth).stream()
                        .filter(member -> !member.isEmpty())
                        .toList());
    return Combinators.combine(known, unknownMembers(), JsonTexts.whiteSpace())
        .as(RequestPeekProperties::concat)
        .flatMap(members -> Arbitraries.shuffle(members).map(RequestPeekProperties::object));
  }

  private Arbitrary<String> asModel(String value) {
    return member("model", Arbitraries.just(value));
  }

  private static Arbitrary<String> optionsObject() {
    Arbitrary<String> flag = member("include_usage", Arbitraries.of("true", "false", "null"));
    return Combinators.combine(orNothing(flag), unknownMembers(), JsonTexts.whiteSpace())
        .as(
            (known, others, space) ->
                concat(known.isEmpty() ? List.of() : List.of(known), others, space))
        .flatMap(members -> Arbitraries.shuffle(members).map(RequestPeekProperties::object));
  }

  /** A member with its name as it is, or with each character escaped. */
  private static Arbitrary<String> member(String name, Arbitrary<String> value) {
    var escaped = new StringBuilder();
    name.chars().forEach(c -> escaped.append("\\u%04x".formatted(c)));
    return Combinators.combine(
            Arbitraries.of(name, name, escaped.toString()),
            JsonTexts.whiteSpace(),
            JsonTexts.whiteSpace(),
            value)
        .as((spelled, before, after, text) -> '"' + spelled + '"' + before + ':' + after + text);
  }

  private static Arbitrary<List<String>> unknownMembers() {
    Arbitrary<String> name = Arbitraries.strings().alpha().ofMaxLength(5).map("x-"::concat);
    return name.flatMap(spelled -> member(spelled, JsonTexts.value())).list().ofMaxSize(3);
  }

  private static Arbitrary<String> orNothing(Arbitrary<String> member) {
    return Arbitraries.oneOf(Arbitraries.just(""), member, member, member);
  }

  private static List<String> concat(List<String> known, List<String> others, String space) {
    var members = new ArrayList<String>(known);
    others.forEach(other -> members.add(space + other));
    return members;
  }

  private static String object(List<String> members) {
    return "{" + String.join(",", members) + "}";
  }

  private static boolean asksForUsage(JsonNode tree) {
    return tree.path("stream_options").path("include_usage").asBoolean();
  }

  private static String apply(RequestBody body, Edit edit) {
    return utf8(Edit.apply(body.bytes(), List.of(edit)));
  }

  private static String utf8(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static void assertThatOnlyTheSpanChanged(byte[] sent, Edit edit, String edited) {
    byte[] bytes = edited.getBytes(StandardCharsets.UTF_8);
    Span at = edit.at();
    int resume = bytes.length - (sent.length - at.end());
    assertThat(Arrays.copyOf(bytes, at.start())).isEqualTo(Arrays.copyOf(sent, at.start()));
    assertThat(Arrays.copyOfRange(bytes, at.start(), resume)).isEqualTo(edit.replacement());
    assertThat(Arrays.copyOfRange(bytes, resume, bytes.length))
        .isEqualTo(Arrays.copyOfRange(sent, at.end(), sent.length));
  }

  private static RequestBody bodyOf(String sent) {
    return switch (RequestPeek.of(
        Endpoint.CHAT_COMPLETIONS, sent.getBytes(StandardCharsets.UTF_8))) {
      case Peek.Body(RequestBody body) -> body;
      case Peek.Invalid invalid -> throw new AssertionError(invalid);
      case Peek.Unnamed unnamed -> throw new AssertionError(unnamed);
    };
  }
}
