package io.modelgate.infrastructure.json;

import io.modelgate.domain.chat.Span;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Walks through one JSON text (RFC 8259) in UTF-8 without building anything, and knows at which
 * bytes each value stands. Strict: no NaN, leading zeros, trailing commas, comments, unescaped
 * control characters, byte order mark, ill-formed UTF-8, nor nesting over {@link #MAX_DEPTH}. What
 * was passed is valid; what lies ahead is unknown, so {@link #finish()} before trusting the whole.
 *
 * <p>Each method throws {@link MalformedJson} when the text is not JSON up to where it must read,
 * or when the value ahead is not of the type asked for, and {@link IllegalStateException} when
 * there is no value ahead to ask for, or no container of that type. After an exception the cursor
 * is of no more use. Not thread-safe. Allocates only the strings and spans it returns; never
 * recurses.
 *
 * <pre>{@code
 * cursor.enterObject();
 * for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
 *   if (name.equals("model") && cursor.type() == JsonCursor.Type.STRING) {
 *     model = cursor.string();
 *   }
 * }
 * cursor.finish();
 * }</pre>
 */
public final class JsonCursor {
  /** How many containers may stand inside one another. */
  public static final int MAX_DEPTH = 512;

  private final byte[] bytes;
  private final int limit;
  private final long[] objects = new long[MAX_DEPTH / Long.SIZE]; // a bit per level; else an array
  private int depth;
  private int position;
  private Ahead ahead = Ahead.VALUE;

  // Of the string passed last, between its quotes.
  private int textStart;
  private int textEnd;
  private boolean textEscaped;

  /**
   * A cursor before the value that the whole array holds.
   *
   * @param bytes not copied; must not be changed meanwhile
   */
  public JsonCursor(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  /**
   * A cursor over a part of an array; all offsets still count from the array's start.
   *
   * @param bytes not copied; must not be changed meanwhile
   * @param from the first byte's offset
   * @param to the offset after the last byte
   */
  public JsonCursor(byte[] bytes, int from, int to) {
    if (from < 0 || to < from || to > bytes.length) {
      throw new IndexOutOfBoundsException(
          "need 0 <= from <= to <= " + bytes.length + ", got " + from + " and " + to);
    }
    this.bytes = bytes;
    this.position = from;
    this.limit = to;
  }

  /** What a value is. */
  public enum Type {
    OBJECT,
    ARRAY,
    STRING,
    NUMBER,
    TRUE,
    FALSE,
    NULL
  }

  private enum Ahead {
    VALUE,
    FIRST_OR_CLOSE,
    COMMA_OR_CLOSE
  }

  /** The type of the value ahead, by its first character alone. Stays before it. */
  public Type type() {
    if (ahead != Ahead.VALUE) {
      throw new IllegalStateException("no value is ahead at byte " + position);
    }
    byte first = peek();
    return switch (first) {
      case '{' -> Type.OBJECT;
      case '[' -> Type.ARRAY;
      case '"' -> Type.STRING;
      case 't' -> Type.TRUE;
      case 'f' -> Type.FALSE;
      case 'n' -> Type.NULL;
      case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> Type.NUMBER;
      default -> throw unexpected();
    };
  }

  /** Steps into the object ahead, before its first member. */
  public void enterObject() {
    expect(Type.OBJECT, "an object");
    open(true);
  }

  /** Steps into the array ahead, before its first element. */
  public void enterArray() {
    expect(Type.ARRAY, "an array");
    open(false);
  }

  /**
   * Goes on to the next member of the object entered last, over the previous one's value if that
   * was left ahead.
   *
   * @return its name, unescaped, with its value ahead; null at the object's end, which steps out of
   *     it; null again once the outermost object has ended
   */
  public @Nullable String nextName() {
    if (depth == 0 && ahead == Ahead.COMMA_OR_CLOSE) {
      return null;
    }
    return advanceIn(true) ? text() : null;
  }

  /**
   * Goes on to the next element of the array entered last, over the previous one if that was left
   * ahead.
   *
   * @return whether there is one, now ahead; false at the array's end, which steps out of it; false
   *     again once the outermost array has ended
   */
  public boolean nextElement() {
    if (depth == 0 && ahead == Ahead.COMMA_OR_CLOSE) {
      return false;
    }
    return advanceIn(false);
  }

  /**
   * Passes over the value ahead, whatever it holds, and checks all of it.
   *
   * @return where it stands, quotes and brackets included, white space around it not
   */
  public Span skip() {
    Type type = type();
    int start = position;
    int outside = depth;
    pass(type);
    while (depth > outside) {
      if (advance()) {
        pass(type());
      }
    }
    return new Span(start, position);
  }

  /** The offset of the next byte that was not read yet. */
  public int position() {
    return position;
  }

  /**
   * Passes over the string ahead.
   *
   * @return unescaped; holds surrogates without a partner where the text escapes such
   */
  public String string() {
    expect(Type.STRING, "a string");
    passString();
    ahead = Ahead.COMMA_OR_CLOSE;
    return text();
  }

  /**
   * Passes over the string ahead without making one.
   *
   * @return how many UTF-8 bytes it has unescaped
   */
  public int stringBytes() {
    expect(Type.STRING, "a string");
    passString();
    ahead = Ahead.COMMA_OR_CLOSE;
    return textEscaped
        ? JsonEscapes.unescapedLength(bytes, textStart, textEnd)
        : textEnd - textStart;
  }

  /**
   * Passes over the number ahead.
   *
   * @return its exact value, {@code 1.0} and {@code 1e2} being integers; null when it has a
   *     fraction; {@code Long.MIN_VALUE} or {@code MAX_VALUE} when it lies beyond a {@code long}
   */
  public @Nullable Long integer() {
    expect(Type.NUMBER, "a number");
    int start = position;
    pass(Type.NUMBER);
    return JsonNumber.integer(bytes, start, position);
  }

  /**
   * Passes over all that is left of the outermost value and checks that only white space follows.
   */
  public void finish() {
    if (ahead == Ahead.VALUE) {
      skip();
    }
    while (depth > 0) {
      if (advance()) {
        skip();
      }
    }
    skipWhiteSpace();
    if (position < limit) {
      throw unexpected();
    }
  }

  private void expect(Type wanted, String inWords) {
    if (type() != wanted) {
      throw new MalformedJson("expected " + inWords, position);
    }
  }

  private void open(boolean object) {
    if (depth == MAX_DEPTH) {
      throw new MalformedJson("nesting over " + MAX_DEPTH, position);
    }
    long bit = 1L << depth; // shifts by the lowest six bits of depth
    objects[depth / Long.SIZE] =
        object ? objects[depth / Long.SIZE] | bit : objects[depth / Long.SIZE] & ~bit;
    depth++;
    position++;
    ahead = Ahead.FIRST_OR_CLOSE;
  }

  private boolean isInObject() {
    return (objects[(depth - 1) / Long.SIZE] & (1L << (depth - 1))) != 0;
  }

  private boolean advanceIn(boolean object) {
    if (depth == 0 || isInObject() != object) {
      throw new IllegalStateException("in no " + (object ? "object" : "array"));
    }
    if (ahead == Ahead.VALUE) {
      skip();
    }
    return advance();
  }

  /** On to the innermost container's next value; false when there is none and it is closed. */
  private boolean advance() {
    boolean object = isInObject();
    byte next = peek();
    if (next == (object ? '}' : ']')) {
      position++;
      depth--;
      ahead = Ahead.COMMA_OR_CLOSE;
      return false;
    }
    if (ahead == Ahead.COMMA_OR_CLOSE) {
      if (next != ',') {
        throw unexpected();
      }
      position++;
    }
    if (object) {
      passName();
    }
    ahead = Ahead.VALUE;
    return true;
  }

  private void passName() {
    if (peek() != '"') {
      throw unexpected();
    }
    passString();
    if (peek() != ':') {
      throw unexpected();
    }
    position++;
  }

  /** Over a scalar, or into a container. */
  private void pass(Type type) {
    switch (type) {
      case OBJECT -> open(true);
      case ARRAY -> open(false);
      case STRING -> {
        passString();
        ahead = Ahead.COMMA_OR_CLOSE;
      }
      case NUMBER -> {
        passNumber();
        ahead = Ahead.COMMA_OR_CLOSE;
      }
      case TRUE -> passLiteral("true");
      case FALSE -> passLiteral("false");
      case NULL -> passLiteral("null");
    }
  }

  private void passLiteral(String literal) {
    for (int i = 0; i < literal.length(); i++) {
      if (position == limit || bytes[position] != literal.charAt(i)) {
        throw unexpected();
      }
      position++;
    }
    ahead = Ahead.COMMA_OR_CLOSE;
  }

  private void passNumber() {
    if (bytes[position] == '-') {
      position++;
    }
    if (position < limit && bytes[position] == '0') {
      position++;
      if (isDigitAhead()) {
        throw new MalformedJson("a number with a leading zero", position - 1);
      }
    } else {
      passDigits();
    }
    if (position < limit && bytes[position] == '.') {
      position++;
      passDigits();
    }
    if (position < limit && (bytes[position] == 'e' || bytes[position] == 'E')) {
      position++;
      if (position < limit && (bytes[position] == '+' || bytes[position] == '-')) {
        position++;
      }
      passDigits();
    }
  }

  private void passDigits() {
    if (!isDigitAhead()) {
      throw unexpected();
    }
    while (isDigitAhead()) {
      position++;
    }
  }

  private boolean isDigitAhead() {
    return position < limit && bytes[position] >= '0' && bytes[position] <= '9';
  }

  private void passString() {
    int at = position + 1;
    boolean escaped = false;
    while (at < limit) {
      byte b = bytes[at];
      if (b >= ' ' && b != '"' && b != '\\') {
        at++;
      } else if (b == '"') {
        textStart = position + 1;
        textEnd = at;
        textEscaped = escaped;
        position = at + 1;
        return;
      } else if (b == '\\') {
        at = afterEscape(at);
        escaped = true;
      } else {
        at = afterCharacter(at);
      }
    }
    throw new MalformedJson("the text ends inside a string", limit);
  }

  private int afterCharacter(int at) {
    if (bytes[at] >= 0) {
      throw new MalformedJson("an unescaped control character in a string", at);
    }
    int length = Utf8.sequenceLength(bytes, at, limit);
    if (length == 0) {
      throw new MalformedJson("ill-formed UTF-8", at);
    }
    return at + length;
  }

  private int afterEscape(int at) {
    byte kind = at + 1 < limit ? bytes[at + 1] : 0;
    if (kind != 'u') {
      if (JsonEscapes.isShort(kind)) {
        return at + 2;
      }
      throw new MalformedJson("an escape that JSON does not know", at);
    }
    if (limit - at < 6 || !JsonEscapes.areHexDigits(bytes, at + 2)) {
      throw new MalformedJson("an escape without four hexadecimal digits", at);
    }
    return at + 6;
  }

  private String text() {
    return textEscaped
        ? JsonEscapes.unescape(bytes, textStart, textEnd)
        : new String(bytes, textStart, textEnd - textStart, StandardCharsets.UTF_8);
  }

  private void skipWhiteSpace() {
    while (position < limit && isWhiteSpace(bytes[position])) {
      position++;
    }
  }

  private static boolean isWhiteSpace(byte b) {
    return b == ' ' || b == '\n' || b == '\r' || b == '\t';
  }

  /** The next byte that is no white space, not yet passed. */
  private byte peek() {
    skipWhiteSpace();
    if (position == limit) {
      throw unexpected();
    }
    return bytes[position];
  }

  private MalformedJson unexpected() {
    if (position == limit) {
      return new MalformedJson("the text ends too early", position);
    }
    byte b = bytes[position];
    if (b > ' ' && b < 0x7f) {
      return new MalformedJson("unexpected character '" + (char) b + "'", position);
    }
    if (b < 0 && Utf8.sequenceLength(bytes, position, limit) == 0) {
      return new MalformedJson("ill-formed UTF-8", position);
    }
    return new MalformedJson("unexpected byte 0x%02x".formatted(b), position);
  }
}
