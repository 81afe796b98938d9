package io.modelgate.testing.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One recorded exchange with a real llama-server.
 *
 * @param contentType what the request called itself; empty for nothing
 * @param gzip whether the request called itself compressed
 * @param request its body; null when it had none
 * @param head of the reply, with its blank line, interim replies included; empty when there was
 *     none
 * @param body of the reply, without chunks
 */
public record Recording(
    String name,
    String method,
    String path,
    String contentType,
    boolean gzip,
    @SuppressWarnings("ArrayRecordComponent") byte @Nullable [] request,
    String head,
    @SuppressWarnings("ArrayRecordComponent") byte[] body) {
  /** Every one there is. */
  public static List<Recording> all() {
    return resource("INDEX.tsv")
        .lines()
        .skip(1)
        .map(line -> line.split("\t", -1))
        .map(Recording::of)
        .toList();
  }

  private static Recording of(String[] row) {
    String name = row[0];
    // What curl wrote behind a reply that was cut.
    String text = resource(name + ".resp.http").replaceAll("(?s)\n\n\\[curl exit .*", "");
    int body = Math.max(text.indexOf("\r\n\r\n") + 4, 0);
    while (text.startsWith("HTTP/1.1 1", text.lastIndexOf("HTTP/1.1", body - 1))) {
      body = text.indexOf("\r\n\r\n", body) + 4;
    }
    boolean none = row[4].equals("-");
    String payload = none ? "" : text.substring(body);
    if (name.endsWith("_rawchunks")) {
      payload = payload.replaceAll("(?:^|\r\n)[0-9a-f]+\r\n", "").replaceAll("\r\n$", "");
    }
    return new Recording(
        name,
        row[1],
        row[2],
        row[3].replaceFirst("(?s).*Content-Type:(( [^;]*)?(; charset=[^;]*)?).*", "$1").strip(),
        row[3].contains("Content-Encoding: gzip"),
        Recording.class.getResource("/wire/llamacpp/" + name + ".req.json") == null
            ? null
            : resource(name + ".req.json").getBytes(StandardCharsets.ISO_8859_1),
        none ? "" : text.substring(0, body),
        payload.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String resource(String file) {
    try (var in = Recording.class.getResourceAsStream("/wire/llamacpp/" + file)) {
      if (in == null) {
        throw new IllegalStateException("there is no recording " + file);
      }
      return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int status() {
    int line = head.lastIndexOf("HTTP/1.1 ");
    return Integer.parseInt(head.substring(line + 9, line + 12));
  }

  public boolean isStream() {
    return head.contains("text/event-stream");
  }

  /** The reply's body as UTF-8. */
  public String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  /** In HTTP again, a chunked body in other chunks; a cut one without its last chunk. */
  public byte[] reply(long seed) {
    byte[] framed = body;
    if (head.contains("Transfer-Encoding: chunked")) {
      framed = Framed.chunked(body, seed);
      if (isStream() && !text().contains("[DONE]") && !text().contains("{\"error\"")) {
        framed = Arrays.copyOf(framed, framed.length - 5);
      }
    }
    var reply = new ByteArrayOutputStream();
    reply.writeBytes(head.getBytes(StandardCharsets.ISO_8859_1));
    reply.writeBytes(framed);
    return reply.toByteArray();
  }

  @Override
  public String toString() {
    return name;
  }
}
