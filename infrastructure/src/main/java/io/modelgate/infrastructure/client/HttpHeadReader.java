package io.modelgate.infrastructure.client;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Reads a reply's head, strictly: what is not HTTP/1 as RFC 9112 writes it is refused, for a reply
 * taken for another one's would reach the wrong client.
 */
final class HttpHeadReader {
  static final int MAX_BYTES = 64 * 1024;
  static final int MAX_HEADERS = 200;

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
    if (!isStatusLine(status)) {
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

  /** {@code HTTP/1.x sss}, with or without a reason behind it. */
  private static boolean isStatusLine(String line) {
    return line.startsWith("HTTP/1.")
        && line.length() >= 12
        && (line.charAt(7) == '0' || line.charAt(7) == '1')
        && line.charAt(8) == ' '
        && line.charAt(9) >= '1'
        && line.charAt(9) <= '5'
        && isDigit(line.charAt(10))
        && isDigit(line.charAt(11))
        && (line.length() == 12 || line.charAt(12) == ' ');
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static HttpHead.Header header(String field) throws CallFailed {
    int colon = field.indexOf(':');
    if (colon < 1 || !isToken(field, colon)) {
      throw CallFailed.unintelligible("a header line without a proper name");
    }
    return new HttpHead.Header(
        field.substring(0, colon).toLowerCase(Locale.ROOT), field.substring(colon + 1).strip());
  }

  private static boolean isToken(String field, int end) {
    for (int i = 0; i < end; i++) {
      if (!isTokenCharacter(field.charAt(i))) {
        return false;
      }
    }
    return true;
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
