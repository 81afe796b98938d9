package io.modelgate.infrastructure.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Status line and headers of a backend's reply.
 *
 * @param minorVersion of HTTP/1: 0 or 1
 * @param status 100 to 599
 */
record HttpHead(int minorVersion, int status, List<Header> headers) {
  /**
   * @param name in lower case
   * @param value without white space around it; ISO 8859-1, no control characters but tabs
   */
  record Header(String name, String value) {}

  /** The first value of that lower-case name. */
  @Nullable String header(String name) {
    for (Header header : headers) {
      if (header.name.equals(name)) {
        return header.value;
      }
    }
    return null;
  }

  boolean isInterim() {
    return status < 200;
  }

  /** Whether the backend will take another request on the connection. */
  boolean keepsAlive() {
    boolean close = false;
    boolean keep = false;
    for (String value : all("connection")) {
      for (String option : value.toLowerCase(Locale.ROOT).split(",", -1)) {
        close |= option.strip().equals("close");
        keep |= option.strip().equals("keep-alive");
      }
    }
    return !close && (minorVersion == 1 || keep);
  }

  /**
   * How the body is delimited, after RFC 9112 section 6.3 but refusing whatever two readers could
   * take for different lengths.
   */
  BodyFraming framing() throws CallFailed {
    List<String> codings = all("transfer-encoding");
    List<String> lengths = all("content-length");
    if (status == 204 || status == 304) {
      return new BodyFraming.FixedLength(0);
    }
    if (!codings.isEmpty()) {
      if (!lengths.isEmpty() || minorVersion == 0) {
        throw CallFailed.unintelligible("a reply with Transfer-Encoding and another length");
      }
      if (codings.size() > 1 || !codings.getFirst().equalsIgnoreCase("chunked")) {
        throw CallFailed.unintelligible("a Transfer-Encoding other than chunked");
      }
      return new BodyFraming.Chunked();
    }
    return lengths.isEmpty()
        ? new BodyFraming.UntilClose()
        : new BodyFraming.FixedLength(contentLength(lengths));
  }

  private static long contentLength(List<String> lengths) throws CallFailed {
    String length = lengths.getFirst();
    for (String other : lengths) {
      if (!other.equals(length)) {
        throw notOneNumber();
      }
    }
    if (length.isEmpty() || length.length() > 18) {
      throw notOneNumber();
    }
    long value = 0;
    for (int i = 0; i < length.length(); i++) {
      int digit = length.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        throw notOneNumber();
      }
      value = value * 10 + digit;
    }
    return value;
  }

  private static CallFailed notOneNumber() {
    return CallFailed.unintelligible("a Content-Length that is not one number");
  }

  private List<String> all(String name) {
    List<String> values = new ArrayList<>(1);
    for (Header header : headers) {
      if (header.name.equals(name)) {
        values.add(header.value);
      }
    }
    return values;
  }
}
