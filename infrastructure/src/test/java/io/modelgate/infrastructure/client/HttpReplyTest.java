package io.modelgate.infrastructure.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.testing.wire.Framed;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpReplyTest {
  private static final String OK = "HTTP/1.1 200 OK\r\n";

  @Property(tries = 300)
  void aChunkedBodyIsTheSameHoweverItIsCut(
      @ForAll @Size(max = 3000) byte[] body, @ForAll long chunking, @ForAll long cutting)
      throws IOException {
    byte[] reply =
        concat(ascii(OK + "Transfer-Encoding: chunked\r\n\r\n"), Framed.chunked(body, chunking));

    assertThat(read(reply, cutting)).isEqualTo(body);
  }

  @Property(tries = 300)
  void aBodyOfKnownLengthIsTheSameHoweverItIsCut(
      @ForAll @Size(max = 3000) byte[] body, @ForAll long cutting) throws IOException {
    byte[] reply = concat(ascii(OK + "Content-Length: " + body.length + "\r\n\r\n"), body);

    assertThat(read(concat(reply, ascii("HTTP/1.1 200 next")), cutting)).isEqualTo(body);
  }

  @Test
  void aBodyWithoutALengthEndsWithTheConnection() throws IOException {
    assertThat(read(ascii(OK + "\r\nall of it"), 1)).isEqualTo(ascii("all of it"));
  }

  @Test
  void readsOverInterimReplies() throws IOException {
    var head =
        head(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                + OK
                + "A: b\r\n\r\n");

    assertThat(head.status()).isEqualTo(200);
    assertThat(head.header("link")).isNull();
    assertThat(head.header("a")).isEqualTo("b");
  }

  @Test
  void aConnectionIsKeptAsItsVersionAndItsHeaderSay() throws IOException {
    assertThat(head("HTTP/1.1 200 OK\r\n\r\n").keepsAlive()).isTrue();
    assertThat(head("HTTP/1.0 200 OK\r\n\r\n").keepsAlive()).isFalse();
    assertThat(head("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n\r\n").keepsAlive()).isTrue();
    assertThat(head("HTTP/1.1 200 OK\r\nConnection: x, Close\r\n\r\n").keepsAlive()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "garbage\r\n\r\n",
        "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 99 Low\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        "HTTP/1.1 200 OK\nA: b\n\n",
        "HTTP/1.1 200 OK\rA: b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\u0000\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1234567890123456789\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
      })
  void refusesAHeadThatIsNotQuiteHttp(String head) {
    assertThatThrownBy(() -> head(head).framing())
        .isInstanceOfSatisfying(
            CallFailed.class,
            e -> assertThat(e.failure()).isInstanceOf(UpstreamFailure.Unintelligible.class));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\r\n",
        "x\r\n",
        "-1\r\n",
        "5 \nhello\r\n",
        "5\nhello\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "123456789\r\n",
        "0\r\n\rx",
        "0\r\ntrailer\nx",
      })
  void refusesChunksThatAreNotQuiteChunks(String body) {
    byte[] reply = ascii(OK + "Transfer-Encoding: chunked\r\n\r\n" + body);

    assertThatThrownBy(() -> read(reply, 7)).isInstanceOf(CallFailed.class);
  }

  @Test
  void readsOverExtensionsAndTrailers() throws IOException {
    byte[] reply =
        ascii(
            OK
                + "Transfer-Encoding: Chunked\r\n\r\n"
                + "5;a=\"b\"\r\nhello\r\n0\r\nX-Checksum: 1\r\nY: 2\r\n\r\n");

    assertThat(read(reply, 3)).isEqualTo(ascii("hello"));
  }

  @Test
  void refusesAHeadThatIsTooLong() {
    String tooMany = "a: b\r\n".repeat(HttpHeadReader.MAX_HEADERS + 1);
    String tooLong = "a: " + "b".repeat(HttpHeadReader.MAX_BYTES) + "\r\n";

    assertThatThrownBy(() -> head(OK + tooMany + "\r\n")).isInstanceOf(CallFailed.class);
    assertThatThrownBy(() -> head(OK + tooLong + "\r\n")).isInstanceOf(CallFailed.class);
    assertThatThrownBy(() -> head("HTTP/1.1 100 Continue\r\n\r\n".repeat(5000)))
        .isInstanceOf(CallFailed.class);
  }

  @Test
  void tellsAHeadThatWasCutFromOneThatIsWrong() {
    assertThatThrownBy(() -> head(OK + "A: b\r\n")).isInstanceOf(EOFException.class);
  }

  private static HttpHead head(String text) throws IOException {
    return HttpHeadReader.read(new WireBuffer(cut(ascii(text), 1)));
  }

  /** Reads head and body, the bytes coming in pieces that depend on the seed. */
  private static byte[] read(byte[] reply, long seed) throws IOException {
    var wire = new WireBuffer(cut(reply, seed));
    BodyFraming framing = HttpHeadReader.read(wire).framing();
    var body = new ByteArrayOutputStream();
    byte[] buffer = new byte[1 + new Random(seed).nextInt(500)];
    while (!framing.ended()) {
      int taken = framing.take(wire, buffer, 0, buffer.length);
      body.write(buffer, 0, taken);
      if (taken == 0 && !framing.ended() && !wire.fill()) {
        assertThat(framing.endsWithConnection()).isTrue();
        break;
      }
    }
    return body.toByteArray();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] concat(byte[] one, byte[] other) {
    var both = new ByteArrayOutputStream();
    both.writeBytes(one);
    both.writeBytes(other);
    return both.toByteArray();
  }

  /** As a socket might give them. */
  private static WireBuffer.Source cut(byte[] bytes, long seed) {
    var random = new Random(seed);
    var in = new ByteArrayInputStream(bytes);
    return (into, offset, length) -> in.read(into, offset, 1 + random.nextInt(length));
  }
}
