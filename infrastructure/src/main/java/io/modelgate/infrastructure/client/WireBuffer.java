package io.modelgate.infrastructure.client;

import java.io.IOException;

/** What was read from a connection and not yet taken. Lives as long as the connection does. */
final class WireBuffer {
  private static final int SIZE = 16 * 1024;

  private final Source source;
  private final byte[] bytes = new byte[SIZE];
  private int position;
  private int limit;

  WireBuffer(Source source) {
    this.source = source;
  }

  /** Where bytes come from; an {@link java.io.InputStream#read(byte[], int, int)}. */
  interface Source {
    int read(byte[] into, int offset, int length) throws IOException;
  }

  boolean isEmpty() {
    return position == limit;
  }

  /**
   * Reads once, into the empty buffer.
   *
   * @return false at the connection's end
   */
  boolean fill() throws IOException {
    position = 0;
    limit = Math.max(source.read(bytes, 0, bytes.length), 0);
    return limit > 0;
  }

  /** The next byte of a buffer that is not empty. */
  byte next() {
    return bytes[position++];
  }

  /** Moves up to {@code length} bytes; returns how many there were. */
  int take(byte[] into, int offset, int length) {
    int taken = Math.min(length, limit - position);
    System.arraycopy(bytes, position, into, offset, taken);
    position += taken;
    return taken;
  }
}
