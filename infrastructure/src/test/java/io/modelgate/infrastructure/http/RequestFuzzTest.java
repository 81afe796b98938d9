package io.modelgate.infrastructure.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modelgate.domain.chat.Edit;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.RequestBody;
import io.modelgate.infrastructure.http.RequestPeek.Peek;
import io.modelgate.testing.wire.Corpus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Whatever a client sends as a body: taken or refused, and what is taken another parser takes. */
class RequestFuzzTest {
  private static final Corpus CORPUS = Corpus.of("json");
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  @Test
  void everyBodyOfTheCorpusIsTakenOrRefused() throws IOException {
    for (byte[] body : CORPUS.seeds()) {
      check(body);
    }
  }

  @Property(tries = 5_000)
  void everyMutantOfTheCorpusIsTakenOrRefused(@ForAll long seed) throws IOException {
    check(CORPUS.mutated(seed));
  }

  private static void check(byte[] bytes) throws IOException {
    for (Endpoint endpoint : Endpoint.values()) {
      switch (RequestPeek.of(endpoint, bytes)) {
        case Peek.Invalid(String message, _) -> assertThat(message).isNotBlank();
        case Peek.Unnamed unnamed -> checkNamed(endpoint, unnamed);
        case Peek.Body(RequestBody body) -> checkTaken(body);
      }
    }
  }

  /** It is taken, then, and says what it said before, and the name. */
  private static void checkNamed(Endpoint endpoint, Peek.Unnamed unnamed) throws IOException {
    byte[] named = unnamed.named("usual");
    if (RequestPeek.of(endpoint, named) instanceof Peek.Body(RequestBody body)) {
      assertThat(body.model()).isEqualTo("usual");
      ObjectNode before = (ObjectNode) JSON.readTree(unnamed.body());
      assertThat(JSON.readTree(named)).isEqualTo(before.put("model", "usual"));
    } else {
      throw new AssertionError("not taken: " + new String(named, StandardCharsets.UTF_8));
    }
  }

  private static void checkTaken(RequestBody body) throws IOException {
    JsonNode tree = JSON.readTree(body.bytes());
    assertThat(body.model()).isEqualTo(tree.get("model").textValue());
    if (body.askForUsage() != null) {
      JsonNode edited = JSON.readTree(Edit.apply(body.bytes(), List.of(body.askForUsage())));
      assertThat(edited.get("stream_options").get("include_usage").booleanValue()).isTrue();
    }
  }
}
