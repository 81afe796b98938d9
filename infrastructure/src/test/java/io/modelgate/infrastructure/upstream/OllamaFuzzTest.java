package io.modelgate.infrastructure.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelgate.domain.chat.Span;
import io.modelgate.infrastructure.client.CallFailed;
import io.modelgate.testing.wire.Corpus;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/**
 * Whatever comes in place of Ollama's lines: understood or refused, the same however it is cut; and
 * what is made of it is JSON.
 */
class OllamaFuzzTest {
  private static final Corpus CORPUS = Corpus.of("ollama-lines");
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void everyStreamOfTheCorpusIsUnderstoodOrRefused() throws IOException {
    for (byte[] stream : CORPUS.seeds()) {
      check(stream);
    }
  }

  @Property(tries = 5_000)
  void everyMutantOfTheCorpusIsUnderstoodOrRefused(@ForAll long seed) throws IOException {
    check(CORPUS.mutated(seed));
  }

  private static void check(byte[] stream) throws IOException {
    List<byte[]> lines = lines(stream, Math.max(stream.length, 1));
    assertThat(lines(stream, 1)).usingRecursiveComparison().isEqualTo(lines);
    for (byte[] line : lines) {
      checkPiece(line);
      checkVectors(line);
    }
  }

  private static List<byte[]> lines(byte[] stream, int size) throws CallFailed {
    var splitter = new LineSplitter(64 * 1024);
    var lines = new ArrayList<byte[]>();
    for (int at = 0; at < stream.length; at += size) {
      int end = Math.min(at + size, stream.length);
      splitter.feed(Arrays.copyOfRange(stream, at, end), end - at);
      for (Span line = splitter.next(); line != null; line = splitter.next()) {
        lines.add(Arrays.copyOfRange(splitter.bytes(), line.start(), line.end()));
      }
    }
    lines.add(Arrays.copyOfRange(splitter.bytes(), splitter.rest().start(), splitter.rest().end()));
    return lines;
  }

  private static void checkPiece(byte[] line) throws IOException {
    try {
      var piece = OllamaPiece.of(line, new Span(0, line.length));
      var reply =
          new OllamaReply(new OpenAiShapes(Calls.whole(), "fuzz", Instant.ofEpochSecond(1)));
      JSON.readTree(reply.whole(piece, piece.usage(), line));
      var outgoing = new Outgoing();
      reply.begin(outgoing);
      reply.add(piece, line, outgoing);
      reply.finish(piece, piece.usage(), true, outgoing);
    } catch (CallFailed _) {
      // refused
    }
  }

  private static void checkVectors(byte[] line) throws IOException {
    try {
      var vectors = OllamaVectors.of(line);
      JSON.readTree(vectors.said(line, "m", false));
      JSON.readTree(vectors.said(line, "m", true));
    } catch (CallFailed _) {
      // refused
    }
  }
}
