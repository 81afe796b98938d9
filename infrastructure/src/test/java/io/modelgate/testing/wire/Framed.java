package io.modelgate.testing.wire;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/** Bytes in pieces; the same seed gives the same pieces. */
public final class Framed {
  private Framed() {}

  /** As an HTTP body in chunks, the last chunk included. */
  public static byte[] chunked(byte[] body, long seed) {
    var random = new Random(seed);
    var framed = new ByteArrayOutputStream();
    int at = 0;
    while (at < body.length) {
      int size = 1 + random.nextInt(Math.min(body.length - at, 700));
      framed.writeBytes((Integer.toHexString(size) + "\r\n").getBytes(StandardCharsets.US_ASCII));
      framed.write(body, at, size);
      framed.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
      at += size;
    }
    framed.writeBytes("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    return framed.toByteArray();
  }
}
