package io.modelgate.infrastructure.json;

import org.jspecify.annotations.Nullable;

/**
 * Reads well-formed JSON numbers exactly, in time linear in their digits whatever the exponent:
 * {@code 1e999999999} must not become a billion digits.
 */
final class JsonNumber {
  private static final long FAR_BEYOND = 1_000_000_000_000_000L;

  /** Any number of at most this many digits fits an unsigned {@code long}. */
  private static final int MOST_DIGITS = 19;

  private JsonNumber() {}

  /**
   * The number as an integer, e.g. 100 for {@code 1.00e2}.
   *
   * @return null when it has a fraction; {@code Long.MIN_VALUE} or {@code MAX_VALUE} when it lies
   *     beyond
   */
  static @Nullable Long integer(byte[] bytes, int from, int to) {
    int exponentAt = from;
    while (exponentAt < to && (bytes[exponentAt] | 0x20) != 'e') {
      exponentAt++;
    }
    int first = -1;
    int last = -1;
    int digits = 0;
    long power = exponent(bytes, exponentAt, to);
    boolean fraction = false;
    int zerosSinceLast = 0;
    for (int at = from; at < exponentAt; at++) {
      byte b = bytes[at];
      if (b == '.') {
        fraction = true;
      } else if (b != '-') {
        power -= fraction ? 1 : 0;
        if (b != '0') {
          digits += first < 0 ? 1 : zerosSinceLast + 1;
          first = first < 0 ? at : first;
          last = at;
          zerosSinceLast = 0;
        } else {
          zerosSinceLast++;
        }
      }
    }
    if (first < 0) {
      return 0L;
    }
    power += zerosSinceLast;
    if (power < 0) {
      return null;
    }
    boolean negative = bytes[from] == '-';
    long saturated = negative ? Long.MIN_VALUE : Long.MAX_VALUE;
    if (digits + power > MOST_DIGITS) {
      return saturated;
    }
    long magnitude = 0;
    for (int at = first; at <= last; at++) {
      if (bytes[at] != '.') {
        magnitude = magnitude * 10 + bytes[at] - '0';
      }
    }
    for (long left = power; left > 0; left--) {
      magnitude *= 10;
    }
    if (magnitude < 0) { // beyond the signed half of the unsigned long it was counted in
      return saturated;
    }
    return negative ? -magnitude : magnitude;
  }

  private static long exponent(byte[] bytes, int at, int to) {
    if (at == to) {
      return 0;
    }
    long exponent = 0;
    for (int digit = at + 1; digit < to; digit++) {
      if (bytes[digit] >= '0') {
        exponent = Math.min(FAR_BEYOND, exponent * 10 + bytes[digit] - '0');
      }
    }
    return bytes[at + 1] == '-' ? -exponent : exponent;
  }
}
