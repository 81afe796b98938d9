package io.modelgate.infrastructure.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.chat.Edit;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.OutputBounds;
import io.modelgate.domain.chat.OutputBounds.Bound;
import io.modelgate.domain.chat.OutputBounds.Name;
import io.modelgate.domain.chat.RequestBody;
import io.modelgate.domain.chat.Span;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Destination;
import io.modelgate.domain.routing.StreamUsage;
import io.modelgate.infrastructure.json.JsonTexts;
import io.modelgate.testing.GivenBudget;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

/** What becomes of a body on its way to an OpenAI-shaped backend. */
class CallPlanProperties {
  private static final JsonMapper JACKSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();
  private static final BaseUrl ANYWHERE = BaseUrl.of("http://127.0.0.1:1");
  private static final byte[] ASK =
      "\"stream_options\":{\"include_usage\":true},".getBytes(StandardCharsets.UTF_8);

  /** A call and where it goes. */
  record Case(BackendKind kind, ChatCall call, boolean alias, @Nullable Long cap) {
    @Override
    public String toString() {
      return kind + " " + call.endpoint() + " " + cap + " " + utf8(call.body().bytes());
    }

    byte[] sent() {
      Destination route =
          alias
              ? Calls.routeTo(kind, "org/\"big\"", ANYWHERE)
              : Calls.routeTo(kind, "tiny", ANYWHERE);
      return CallPlan.of(
              route,
              call,
              new GivenBudget(cap, 9, Long.MAX_VALUE),
              ANYWHERE,
              new UpstreamSettings.Adapter(null, null, StreamUsage.ASK),
              Duration.ofSeconds(1))
          .body();
    }
  }

  @Property(tries = 1000, edgeCases = EdgeCasesMode.NONE)
  void nothingButModelUsageAndBoundsChanges(@ForAll("cases") Case given) throws IOException {
    ObjectNode wanted = tree(given.call.body().bytes());
    if (given.alias) {
      wanted.put("model", "org/\"big\"");
    }
    if (given.call.body().askForUsage() != null) {
      wanted.putObject("stream_options").put("include_usage", true);
    }
    if (given.cap != null) {
      keep(wanted, given, given.cap);
    }

    assertThat(tree(given.sent())).isEqualTo(wanted);
  }

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void allOtherBytesStayAsTheyWere(@ForAll("cases") Case given) {
    String source = utf8(given.call.body().bytes());
    String sent = utf8(given.sent());
    // every stretch between the values that may change is there still, in order
    var pattern = new StringBuilder("\\{(?:\"[a-z_]+\":(?:\\d+|\\{[^{}]*}),)*");
    int from = 1;
    for (Span at : changeable(given.call.body())) {
      pattern.append(Pattern.quote(source.substring(from, at.start()))).append("[^,{}]*");
      from = at.end();
    }
    pattern.append(Pattern.quote(source.substring(from)));

    assertThat(sent).matches(Pattern.compile(pattern.toString(), Pattern.DOTALL));
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void withNothingToChangeTheBodyIsTheVeryOneThatCame(@ForAll("cases") Case given) {
    var plain = new Case(given.kind, given.call, false, null);

    if (given.call.body().askForUsage() == null) {
      assertThat(plain.sent()).isSameAs(given.call.body().bytes());
    } else {
      assertThat(utf8(plain.sent()))
          .isEqualTo("{" + utf8(ASK) + utf8(given.call.body().bytes()).substring(1));
    }
  }

  private static void keep(ObjectNode wanted, Case given, long cap) throws IOException {
    JsonNode kept = JACKSON.readTree(Long.toString(cap));
    BoundRules rules = BoundRules.of(given.kind, given.call.endpoint());
    boolean named = false;
    for (Name name : rules.obeyed()) {
      String field = name.name().toLowerCase(Locale.ROOT);
      JsonNode value = wanted.get(field);
      if (value != null) {
        named = true;
        boolean fits =
            value.isNumber()
                && value.decimalValue().signum() >= 0
                && value.decimalValue().compareTo(BigDecimal.valueOf(cap)) <= 0;
        if (!fits) {
          wanted.set(field, kept);
        }
      }
    }
    boolean defaultFits = rules.whenAbsent() != null && rules.whenAbsent() <= cap;
    if (!named && !defaultFits) {
      wanted.set(rules.put(), kept);
    }
  }

  private static List<Span> changeable(RequestBody body) {
    List<Span> spans = new ArrayList<>(List.of(body.modelAt()));
    body.bounds().all().forEach(bound -> spans.add(bound.at()));
    spans.sort((one, other) -> Integer.compare(one.start(), other.start()));
    return spans;
  }

  /** ASCII alone, so that characters are bytes. */
  @Provide
  Arbitrary<Case> cases() {
    Arbitrary<BackendKind> kind =
        Arbitraries.of(
            BackendKind.OPENAI, BackendKind.VLLM, BackendKind.LLAMACPP, BackendKind.API3);
    Arbitrary<Optional<Long>> cap =
        Arbitraries.oneOf(
                Arbitraries.longs().between(1, 40), Arbitraries.longs().between(1, 1L << 50))
            .optional(0.8);
    return Combinators.combine(
            kind,
            Arbitraries.of(Endpoint.CHAT_COMPLETIONS, Endpoint.COMPLETIONS),
            members(),
            Arbitraries.of(true, false),
            Arbitraries.of(true, false),
            cap)
        .as(
            (to, endpoint, members, stream, alias, limit) ->
                new Case(to, call(endpoint, members, stream), alias, limit.orElse(null)));
  }

  private static Arbitrary<List<String>> members() {
    Arbitrary<String> value =
        Arbitraries.of(
            "0", "1", "20", "1e1", "30.0", "-1", "null", "9223372036854775808", "100000");
    Arbitrary<List<String>> bounds =
        Arbitraries.subsetOf("max_tokens", "max_completion_tokens", "n_predict")
            .flatMap(
                names ->
                    value
                        .list()
                        .ofSize(names.size())
                        .map(
                            values -> {
                              List<String> all = new ArrayList<>();
                              for (String name : names) {
                                all.add("\"" + name + "\" : " + values.get(all.size()));
                              }
                              return all;
                            }));
    Arbitrary<List<String>> others =
        Combinators.combine(Arbitraries.strings().alpha().ofMaxLength(4), JsonTexts.value())
            .as((name, any) -> "\"x-" + name + "\":" + any)
            .filter(text -> text.chars().allMatch(c -> c < 0x80))
            .list()
            .ofMaxSize(3);
    return Combinators.combine(bounds, others)
        .flatAs(
            (some, more) -> {
              List<String> all = new ArrayList<>(List.of("\"model\":\"tiny\""));
              all.addAll(some);
              all.addAll(more);
              return Arbitraries.shuffle(all);
            });
  }

  private static ChatCall call(Endpoint endpoint, List<String> members, boolean stream) {
    String body = "{" + String.join(",", members) + (stream ? ",\"stream\":true}" : "}");
    List<Bound> bounds = new ArrayList<>();
    int at = 1;
    int modelAt = 0;
    for (String member : members) {
      int valueAt = member.indexOf(" : ");
      if (member.startsWith("\"model\"")) {
        modelAt = at + "\"model\":".length();
      } else if (valueAt > 0 && !member.startsWith("\"x-")) {
        String value = member.substring(valueAt + 3);
        bounds.add(
            new Bound(
                Name.valueOf(member.substring(1, valueAt - 1).toUpperCase(Locale.ROOT)),
                value.equals("null") ? null : saturated(value),
                new Span(at + valueAt + 3, at + member.length())));
      }
      at += member.length() + 1;
    }
    return new ChatCall(
        "req-1",
        endpoint,
        new RequestBody(
            body.getBytes(StandardCharsets.UTF_8),
            "tiny",
            new Span(modelAt, modelAt + 6),
            stream,
            false,
            stream ? new Edit(new Span(1, 1), ASK) : null,
            new OutputBounds(bounds, null, null),
            1,
            RequestBody.Prompt.EMPTY),
        Map.of());
  }

  private static long saturated(String number) {
    return new BigDecimal(number).min(BigDecimal.valueOf(Long.MAX_VALUE)).longValue();
  }

  private static ObjectNode tree(byte[] json) throws IOException {
    return (ObjectNode) JACKSON.readTree(utf8(json));
  }

  private static String utf8(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
