package io.modelgate.infrastructure.json;

/** Tells well-formed UTF-8 from the rest. */
final class Utf8 {
  private Utf8() {}

  /**
   * How many bytes the character beyond ASCII takes whose first byte stands at {@code at}.
   *
   * @return 2 to 4; 0 when it is ill-formed: overlong, a surrogate, past U+10FFFF, cut short at
   *     {@code limit}
   * @see <a href="https://www.unicode.org/versions/Unicode17.0.0/core-spec/chapter-3/#G27506">The
   *     Unicode Standard, table 3-7</a>
   */
  static int sequenceLength(byte[] bytes, int at, int limit) {
    int lead = bytes[at] & 0xff;
    int length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (lead < 0xc2 || lead > 0xf4 || length > limit - at) {
      return 0;
    }
    int second = bytes[at + 1] & 0xff;
    int lowest = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    int highest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (second < lowest || second > highest) {
      return 0;
    }
    for (int next = at + 2; next < at + length; next++) {
      if ((bytes[next] & 0xc0) != 0x80) {
        return 0;
      }
    }
    return length;
  }
}
