package io.modelgate.infrastructure.server;

import io.helidon.http.DirectHandler.EventType;
import io.helidon.http.DirectHandler.TransportRequest;
import io.helidon.http.RequestException;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.http.Status;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * Reads a request line and headers as far as the framing of requests hangs on them, once, byte by
 * byte; what they mean is the server's to find out. For one thread.
 *
 * <p>Stricter than HTTP has to be: no line ends but CRLF, no folded lines, no target but a path in
 * its normal form (or {@code *} of OPTIONS), exactly one {@code Host}, at most one {@code
 * Content-Length} of digits alone, {@code Transfer-Encoding} nothing but {@code chunked} and not
 * beside a length, and no {@code Connection} that would have a proxy drop one of these.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9112#section-11.2">RFC 9112, 11.2: request
 *     smuggling</a>
 */
final class RequestHead {
  static final int LONGEST_REQUEST_LINE = 8 * 1024;
  static final int LONGEST_HEADERS = 32 * 1024;
  static final int MOST_HEADERS = 100;

  private static final int MOST_LENGTH_DIGITS = 18;

  /**
   * A path that readers take for another: with empty segments, dot segments however written,
   * parameters, backslashes, or an escape in its first segment, where none is needed. A proxy that
   * keeps clients from {@code /admin} would let {@code /x/../admin} pass.
   */
  private static final Pattern ALIAS =
      Pattern.compile(
          "^[^?]*(?:;|\\\\|//|(?:/|%2f|%5c)(?:\\.|%2e){1,2}(?:/|%2f|%5c|\\?|$))|^/[^/?]*%",
          Pattern.CASE_INSENSITIVE);

  private static final boolean[] IN_TOKENS = inTokens();

  private int lineLength;
  private int headersLength;
  private int headers;
  private boolean inHeaders;
  private boolean complete;
  private String method = "";
  private String target = "";
  private int hosts;
  private long length = -1;
  private boolean chunked;

  /**
   * Reads on.
   *
   * @param bytes may be longer; not kept
   * @param from where the last call stopped; what is before it may have moved, but must still be
   *     there back to the line's beginning
   * @return where this stopped: behind the empty line when that made it complete
   * @throws RequestException when it is malformed or too long
   */
  int read(byte[] bytes, int from, int to) {
    int i = from;
    int lineStart = from - lineLength;
    while (i < to && !complete) {
      byte b = bytes[i];
      if (b == '\r') {
        if (i + 1 == to) {
          break;
        }
        if (bytes[i + 1] != '\n') {
          throw malformed("a carriage return alone");
        }
        readLine(bytes, lineStart, i);
        i += 2;
        lineStart = i;
      } else if ((b >= 0 && b < ' ' && b != '\t') || b == 0x7f) {
        throw malformed("a control character, or a line end that is not CRLF");
      } else {
        i++;
      }
    }
    lineLength = i - lineStart;
    checkSize(lineLength);
    return i;
  }

  boolean isComplete() {
    return complete;
  }

  boolean isChunked() {
    return chunked;
  }

  /** 0 when the request has no body of a length told ahead. */
  long contentLength() {
    return Math.max(0, length);
  }

  /** Says that the request is no proper HTTP/1.1; the answer does not say what is wrong. */
  RequestException malformed(String what) {
    return refusal(400, what);
  }

  private RequestException refusal(int status, String what) {
    return RequestException.builder()
        .type(EventType.BAD_REQUEST)
        .status(Status.create(status))
        .request(new Unread(method, target))
        .setKeepAlive(false)
        .message(what)
        .safeMessage(true)
        .build();
  }

  private void readLine(byte[] bytes, int from, int to) {
    checkSize(to - from);
    if (!inHeaders) {
      readRequestLine(bytes, from, to);
      inHeaders = true;
    } else if (from == to) {
      checkWhole();
      complete = true;
    } else {
      headersLength += to - from + 2;
      headers++;
      readHeader(bytes, from, to);
    }
  }

  private void checkSize(int line) {
    if (!inHeaders && line > LONGEST_REQUEST_LINE) {
      throw refusal(414, "the request line is too long");
    }
    if (inHeaders && (headersLength + line > LONGEST_HEADERS || headers > MOST_HEADERS)) {
      throw refusal(431, "the headers are too long, or too many");
    }
  }

  private void readRequestLine(byte[] bytes, int from, int to) {
    int targetStart = indexOf(bytes, ' ', from, to) + 1;
    int versionStart = indexOf(bytes, ' ', targetStart, to) + 1;
    if (targetStart == 0 || versionStart == 0) {
      throw malformed("the request line");
    }
    if (!isToken(bytes, from, targetStart - 1)) {
      throw malformed("the method");
    }
    method = text(bytes, from, targetStart - 1);
    String version = text(bytes, versionStart, to);
    if (!version.equals("HTTP/1.1")) {
      throw version.matches("HTTP/\\d\\.\\d")
          ? refusal(505, "the version of HTTP")
          : malformed("the version of HTTP");
    }
    checkTarget(bytes, targetStart, versionStart - 1);
    target = text(bytes, targetStart, versionStart - 1);
  }

  private void checkTarget(byte[] bytes, int from, int to) {
    boolean path = from < to && bytes[from] == '/';
    boolean all = to - from == 1 && bytes[from] == '*' && method.equals("OPTIONS");
    if (!path && !all) {
      throw malformed("a target that is not a path");
    }
    boolean odd = false;
    for (int i = from; i < to; i++) {
      byte b = bytes[i];
      if (b <= ' ' || b == '#') {
        throw malformed("the target");
      }
      boolean behindSlash = i > from && bytes[i - 1] == '/';
      odd |= b == ';' || b == '%' || b == '\\' || (behindSlash && (b == '/' || b == '.'));
    }
    if (odd && ALIAS.matcher(text(bytes, from, to)).find()) {
      throw malformed("a path that is another one's alias");
    }
  }

  private void readHeader(byte[] bytes, int from, int to) {
    int colon = indexOf(bytes, ':', from, to);
    if (colon < 0 || !isToken(bytes, from, colon)) {
      throw malformed("the name of a header, or a folded line");
    }
    switch (colon - from) {
      case 4 -> {
        if (isNamed("host", bytes, from)) {
          hosts++;
        }
      }
      case 10 -> {
        if (isNamed("connection", bytes, from)) {
          checkConnection(text(bytes, colon + 1, to));
        }
      }
      case 14 -> {
        if (isNamed("content-length", bytes, from)) {
          readLength(bytes, colon + 1, to);
        }
      }
      case 17 -> {
        if (isNamed("transfer-encoding", bytes, from)) {
          readCoding(trimmed(text(bytes, colon + 1, to)));
        }
      }
      default -> {}
    }
  }

  private void readLength(byte[] bytes, int from, int to) {
    String value = trimmed(text(bytes, from, to));
    if (length >= 0 || value.isEmpty() || value.length() > MOST_LENGTH_DIGITS) {
      throw malformed("Content-Length");
    }
    for (int i = 0; i < value.length(); i++) {
      if (value.charAt(i) < '0' || value.charAt(i) > '9') {
        throw malformed("Content-Length");
      }
    }
    length = Long.parseLong(value);
  }

  private void readCoding(String value) {
    if (chunked || !value.equalsIgnoreCase("chunked")) {
      throw malformed("Transfer-Encoding");
    }
    chunked = true;
  }

  private void checkConnection(String value) {
    for (String option : value.split(",", -1)) {
      String name = trimmed(option);
      if (name.equalsIgnoreCase("content-length")
          || name.equalsIgnoreCase("transfer-encoding")
          || name.equalsIgnoreCase("host")) {
        throw malformed("Connection");
      }
    }
  }

  private void checkWhole() {
    if (chunked && length >= 0) {
      throw malformed("Transfer-Encoding beside Content-Length");
    }
    if (hosts != 1) {
      throw malformed("Host");
    }
  }

  private static boolean isNamed(String name, byte[] bytes, int from) {
    for (int i = 0; i < name.length(); i++) {
      if ((bytes[from + i] | 0x20) != name.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isToken(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] < 0 || !IN_TOKENS[bytes[i]]) {
        return false;
      }
    }
    return from < to;
  }

  private static int indexOf(byte[] bytes, char wanted, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] == wanted) {
        return i;
      }
    }
    return -1;
  }

  private static String text(byte[] bytes, int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
  }

  /** Without the blanks and tabs around it; no other character is white space in HTTP. */
  private static String trimmed(String value) {
    int from = 0;
    int to = value.length();
    while (from < to && isBlank(value.charAt(from))) {
      from++;
    }
    while (from < to && isBlank(value.charAt(to - 1))) {
      to--;
    }
    return value.substring(from, to);
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }

  private static boolean[] inTokens() {
    var in = new boolean[128];
    for (char c : "!#$%&'*+-.^_`|~".toCharArray()) {
      in[c] = true;
    }
    for (char c = '0'; c <= 'z'; c++) {
      in[c] |= c <= '9' || (c >= 'A' && c <= 'Z') || c >= 'a';
    }
    return in;
  }

  /** What is known of a request that is refused before the server has read it. */
  private record Unread(String method, String path) implements TransportRequest {
    @Override
    public String protocolVersion() {
      return "HTTP/1.1";
    }

    @Override
    public ServerRequestHeaders headers() {
      return ServerRequestHeaders.create();
    }
  }
}
