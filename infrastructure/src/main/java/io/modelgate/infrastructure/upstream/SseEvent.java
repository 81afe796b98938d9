package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.Span;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One event, by its fields, seen in the bytes that hold it. Void once those change.
 *
 * @param data the data's bytes; of an event with one line of it, which is nearly every one, those
 *     it was cut from
 * @param at where in {@code data} the data stands
 * @param lines where the event's data lines stand in the bytes it was cut from
 * @param saysError whether it calls itself an error: {@code event: error}, or the field {@code
 *     error:} in place of data, as llama-server had it in early 2025
 * @param isText whether all but the data is UTF-8
 */
record SseEvent(
    @SuppressWarnings("ArrayRecordComponent") byte[] data,
    Span at,
    List<Span> lines,
    boolean saysError,
    boolean isText) {
  private static final byte[] MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
  private static final byte[] DATA = ascii("data");
  private static final byte[] EVENT = ascii("event");
  private static final byte[] ERROR = ascii("error");
  private static final byte[] DONE = ascii("[DONE]");

  static SseEvent of(byte[] bytes, Span event) {
    List<Span> lines = new ArrayList<>(1);
    boolean saysError = false;
    boolean text = true;
    int lineStart = event.start();
    while (lineStart < event.end()) {
      int lineEnd = lineStart;
      while (lineEnd < event.end() && bytes[lineEnd] != '\n' && bytes[lineEnd] != '\r') {
        lineEnd++;
      }
      int colon = lineStart;
      while (colon < lineEnd && bytes[colon] != ':') {
        colon++;
      }
      var name = new Span(lineStart, colon);
      Span value = value(bytes, colon, lineEnd);
      boolean error = holds(bytes, name, ERROR);
      if (error || holds(bytes, name, DATA)) {
        lines.add(value);
      } else {
        text &= isUtf8(bytes, lineStart, lineEnd);
      }
      saysError |= error || (holds(bytes, name, EVENT) && holds(bytes, value, ERROR));
      lineStart = lineEnd + 1;
    }
    return switch (lines.size()) {
      case 0 -> new SseEvent(bytes, new Span(0, 0), lines, saysError, text);
      case 1 -> new SseEvent(bytes, lines.getFirst(), lines, saysError, text);
      default -> joined(bytes, lines, saysError, text);
    };
  }

  /**
   * The first of a stream, which a byte order mark may precede.
   *
   * @see <a
   *     href="https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream">
   *     HTML: one leading mark is ignored</a>
   */
  static SseEvent first(byte[] bytes, Span event) {
    boolean marked =
        event.length() >= MARK.length
            && Arrays.equals(
                bytes, event.start(), event.start() + MARK.length, MARK, 0, MARK.length);
    return of(bytes, marked ? new Span(event.start() + MARK.length, event.end()) : event);
  }

  private static Span value(byte[] bytes, int colon, int lineEnd) {
    int start = Math.min(colon + 1, lineEnd);
    return new Span(start < lineEnd && bytes[start] == ' ' ? start + 1 : start, lineEnd);
  }

  /** Lines other than data are rare and short. */
  private static boolean isUtf8(byte[] bytes, int from, int to) {
    if (from == to) {
      return true;
    }
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, from, to - from));
      return true;
    } catch (CharacterCodingException _) {
      return false;
    }
  }

  private static SseEvent joined(byte[] bytes, List<Span> lines, boolean saysError, boolean text) {
    var data = new ByteArrayOutputStream();
    for (Span line : lines) {
      data.write(bytes, line.start(), line.length());
      data.write('\n');
    }
    return new SseEvent(data.toByteArray(), new Span(0, data.size() - 1), lines, saysError, text);
  }

  /** Whether there is nothing in it for a client: a comment, a ping, a blank line. */
  boolean isBlank() {
    return isBlank(at.start(), at.end());
  }

  /** Whether it is the one that ends a stream. */
  boolean isDone() {
    int start = at.start();
    while (start < at.end() && isBlank(start, start + 1)) {
      start++;
    }
    int end = start + DONE.length;
    return end <= at.end() && holds(data, new Span(start, end), DONE) && isBlank(end, at.end());
  }

  /**
   * Where a stretch of the data stands in the bytes that the event was cut from.
   *
   * @param inData within one line, as every JSON string is
   */
  Span inEvent(Span inData) {
    if (lines.size() == 1) {
      return inData;
    }
    int lineStart = 0;
    for (Span line : lines) {
      if (inData.start() < lineStart + line.length()) {
        int shift = line.start() - lineStart;
        return new Span(inData.start() + shift, inData.end() + shift);
      }
      lineStart += line.length() + 1;
    }
    throw new IllegalArgumentException("not in the data: " + inData);
  }

  private boolean isBlank(int from, int to) {
    for (int i = from; i < to; i++) {
      if (data[i] != ' ' && data[i] != '\n') {
        return false;
      }
    }
    return true;
  }

  private static boolean holds(byte[] bytes, Span at, byte[] text) {
    if (at.length() != text.length) {
      return false;
    }
    for (int i = 0; i < text.length; i++) {
      if (bytes[at.start() + i] != text[i]) {
        return false;
      }
    }
    return true;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
