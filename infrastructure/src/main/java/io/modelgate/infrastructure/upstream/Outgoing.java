package io.modelgate.infrastructure.upstream;

import io.modelgate.application.port.ReplySink;
import io.modelgate.domain.chat.Edit;
import io.modelgate.domain.chat.Span;
import java.util.Arrays;
import java.util.List;

/** The events that one read from the backend completed, on their way out in one write. */
final class Outgoing {
  private byte[] bytes = new byte[1024];
  private int length;

  boolean isEmpty() {
    return length == 0;
  }

  /**
   * Adds an event.
   *
   * @param edits in offsets of {@code source}, in rising order, inside {@code event}
   */
  void add(byte[] source, Span event, List<Edit> edits) {
    int from = event.start();
    for (Edit edit : edits) {
      append(source, from, edit.at().start());
      append(edit.replacement(), 0, edit.replacement().length);
      from = edit.at().end();
    }
    append(source, from, event.end());
  }

  /** Adds an event of our own making. */
  void add(byte[] event) {
    append(event, 0, event.length);
  }

  void writeTo(ReplySink sink) {
    int written = length;
    length = 0;
    sink.write(bytes, 0, written);
  }

  private void append(byte[] source, int from, int to) {
    int needed = length + to - from;
    if (needed > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(needed, 2 * bytes.length));
    }
    System.arraycopy(source, from, bytes, length, to - from);
    length = needed;
  }
}
