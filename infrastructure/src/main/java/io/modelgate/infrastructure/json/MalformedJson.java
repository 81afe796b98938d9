package io.modelgate.infrastructure.json;

/**
 * The bytes are no JSON text, or not the one asked for. The message says what was found and at
 * which byte, and repeats at most one character of the text.
 */
public final class MalformedJson extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int offset;

  /**
   * A finding at one byte.
   *
   * @param what what was found, to be followed by "at byte …"
   * @param offset in the array the cursor was given, at most its length
   */
  MalformedJson(String what, int offset) {
    // No stack trace: this is a finding about input that anybody may send, at any rate.
    super(what + " at byte " + offset, null, false, false);
    this.offset = offset;
  }

  /** Where in the array the text stops making sense. */
  public int offset() {
    return offset;
  }
}
