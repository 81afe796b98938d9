package io.modelgate.domain.chat;

import java.util.List;

/**
 * Replaces one stretch of a body and leaves every other byte alone.
 *
 * @param at what is replaced, in offsets of the original; empty to insert
 * @param replacement what stands there afterwards; owned by this record, must not be changed
 */
public record Edit(Span at, @SuppressWarnings("ArrayRecordComponent") byte[] replacement) {
  /**
   * The original with all edits made.
   *
   * @param edits in rising order, not overlapping
   * @return the original array itself when there is nothing to edit
   * @throws IllegalArgumentException when the edits overlap, are out of order or lie outside
   */
  public static byte[] apply(byte[] original, List<Edit> edits) {
    if (edits.isEmpty()) {
      return original;
    }
    int length = original.length;
    for (Edit edit : edits) {
      length += edit.replacement.length - edit.at.length();
    }
    byte[] edited = new byte[length];
    int read = 0;
    int written = 0;
    for (Edit edit : edits) {
      if (edit.at.start() < read || edit.at.end() > original.length) {
        throw new IllegalArgumentException(
            "edits must be in order, apart and inside, got " + edit.at);
      }
      int kept = edit.at.start() - read;
      System.arraycopy(original, read, edited, written, kept);
      System.arraycopy(edit.replacement, 0, edited, written + kept, edit.replacement.length);
      written += kept + edit.replacement.length;
      read = edit.at.end();
    }
    System.arraycopy(original, read, edited, written, original.length - read);
    return edited;
  }
}
