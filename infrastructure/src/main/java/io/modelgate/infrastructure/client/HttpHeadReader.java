package io.modelgate.infrastructure.client;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Reads a reply's head, strictly: what is not HTTP/1 as RFC 9112 writes it is refused, for a reply
 * taken for another one's would reach the wrong client.
 */
final class HttpHeadReader {
  static final int MAX_BYTES = 64 * 1024;
  static final int MAX_HEADERS = 200;
  private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[01] [1-5][0-9]{2}( .*)?");

  private final WireBuffer wire;
  private byte[] line = new byte[256];
  private int budget = MAX_BYTES;

  private HttpHeadReader(WireBuffer wire) {
    this.wire = wire;
  }

  /**
   * Reads the head of the final reply, over any interim ones.
   *
   * @throws CallFailed when it is no HTTP/1, or too long
   * @throws EOFException when the connection ends before the head does
   */
  static HttpHead read(WireBuffer wire) throws IOException {
    var reader = new HttpHeadReader(wire);
    HttpHead head = reader.readOne();
    while (head.isInterim()) {
      if (head.status() == 101) {
        throw CallFailed.unintelligible("a change of protocol that nobody asked for");
      }
      head = reader.readOne();
    }
    return head;
  }

  private HttpHead readOne() throws IOException {
    String status = readLine();
    if (!STATUS_LINE.matcher(status).matches()) {
      throw CallFailed.unintelligible("a reply that does not start with an HTTP/1 status line");
    }
    List<HttpHead.Header> headers = new ArrayList<>();
    for (String field = readLine(); !field.isEmpty(); field = readLine()) {
      if (headers.size() == MAX_HEADERS) {
        throw CallFailed.unintelligible("a reply with over " + MAX_HEADERS + " headers");
      }
      headers.add(header(field));
    }
    return new HttpHead(status.charAt(7) - '0', Integer.parseInt(status.substring(9, 12)), headers);
  }

  private static HttpHead.Header header(String field) throws CallFailed {
    int colon = field.indexOf(':');
    if (colon < 1 || !field.chars().limit(colon).allMatch(HttpHeadReader::isTokenCharacter)) {
      throw CallFailed.unintelligible("a header line without a proper name");
    }
    return new HttpHead.Header(
        field.substring(0, colon).toLowerCase(Locale.ROOT), field.substring(colon + 1).strip());
  }

  private static boolean isTokenCharacter(int c) {
    return (c >= '0' && c <= '9')
        || (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
  }

  /** A line without its CRLF. */
  private String readLine() throws IOException {
    int length = 0;
    while (true) {
      byte b = nextByte();
      if (b == '\r') {
        if (nextByte() != '\n') {
          throw CallFailed.unintelligible("a carriage return inside a head");
        }
        return new String(line, 0, length, StandardCharsets.ISO_8859_1);
      }
      if ((b >= 0 && b < ' ' && b != '\t') || b == 0x7f) {
        throw CallFailed.unintelligible("a control character inside a head");
      }
      if (length == line.length) {
        line = Arrays.copyOf(line, 2 * length);
      }
      line[length++] = b;
    }
  }

  private byte nextByte() throws IOException {
    if (budget-- == 0) {
      throw CallFailed.unintelligible("a head of over " + MAX_BYTES + " bytes");
    }
    if (wire.isEmpty() && !wire.fill()) {
      throw new EOFException("the connection ended inside the reply's head");
    }
    return wire.next();
  }
}
