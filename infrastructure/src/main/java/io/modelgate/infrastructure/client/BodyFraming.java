package io.modelgate.infrastructure.client;

/**
 * Finds a reply's body in what a connection carries. Keeps its place between calls, so that the
 * bytes may come cut anywhere.
 */
sealed interface BodyFraming {
  /**
   * Moves as much of the body as the buffer holds and {@code into} has room for; never reads.
   *
   * @return how many bytes
   * @throws CallFailed when what came cannot be
   */
  int take(WireBuffer wire, byte[] into, int offset, int length) throws CallFailed;

  /** Whether the body has come whole. */
  boolean ended();

  /** Whether the end of the connection is the end of the body. */
  default boolean endsWithConnection() {
    return false;
  }

  /** {@code Content-Length}, or no body at all. */
  final class FixedLength implements BodyFraming {
    private long left;

    FixedLength(long length) {
      this.left = length;
    }

    long left() {
      return left;
    }

    @Override
    public int take(WireBuffer wire, byte[] into, int offset, int length) {
      int taken = wire.take(into, offset, (int) Math.min(length, left));
      left -= taken;
      return taken;
    }

    @Override
    public boolean ended() {
      return left == 0;
    }
  }

  /** Neither length nor chunks: all until the backend closes. */
  final class UntilClose implements BodyFraming {
    @Override
    public int take(WireBuffer wire, byte[] into, int offset, int length) {
      return wire.take(into, offset, length);
    }

    @Override
    public boolean ended() {
      return false;
    }

    @Override
    public boolean endsWithConnection() {
      return true;
    }
  }

  /** {@code Transfer-Encoding: chunked}, RFC 9112 section 7.1. */
  final class Chunked implements BodyFraming {
    private static final int MAX_SIZE_DIGITS = 8;
    private static final int MAX_EXTENSION = 4 * 1024;
    private static final int MAX_TRAILERS = 64 * 1024;

    private enum State {
      SIZE,
      EXTENSION,
      SIZE_FEED,
      DATA,
      DATA_RETURN,
      DATA_FEED,
      TRAILER_START,
      TRAILER,
      TRAILER_FEED,
      END_FEED,
      ENDED
    }

    private State state = State.SIZE;
    private long size;
    private int digits;
    private int overhead;

    @Override
    public int take(WireBuffer wire, byte[] into, int offset, int length) throws CallFailed {
      int taken = 0;
      while (!wire.isEmpty() && state != State.ENDED) {
        if (state != State.DATA) {
          state = after(wire.next());
        } else if (taken == length) {
          return taken;
        } else {
          int moved = wire.take(into, offset + taken, (int) Math.min(length - taken, size));
          taken += moved;
          size -= moved;
          state = size == 0 ? State.DATA_RETURN : State.DATA;
        }
      }
      return taken;
    }

    @Override
    public boolean ended() {
      return state == State.ENDED;
    }

    private State after(byte b) throws CallFailed {
      return switch (state) {
        case SIZE -> afterSize(b);
        case EXTENSION -> b == '\r' ? State.SIZE_FEED : counted(b, MAX_EXTENSION, State.EXTENSION);
        case SIZE_FEED -> {
          expect('\n', b);
          overhead = 0;
          digits = 0;
          yield size == 0 ? State.TRAILER_START : State.DATA;
        }
        case DATA_RETURN -> {
          expect('\r', b);
          yield State.DATA_FEED;
        }
        case DATA_FEED -> {
          expect('\n', b);
          yield State.SIZE;
        }
        case TRAILER_START -> b == '\r' ? State.END_FEED : counted(b, MAX_TRAILERS, State.TRAILER);
        case TRAILER -> b == '\r' ? State.TRAILER_FEED : counted(b, MAX_TRAILERS, State.TRAILER);
        case TRAILER_FEED -> {
          expect('\n', b);
          yield State.TRAILER_START;
        }
        case END_FEED -> {
          expect('\n', b);
          yield State.ENDED;
        }
        case DATA, ENDED -> throw new IllegalStateException("no framing in state " + state);
      };
    }

    private State afterSize(byte b) throws CallFailed {
      int digit = Character.digit(b, 16);
      if (digit >= 0 && digits < MAX_SIZE_DIGITS) {
        size = 16 * size + digit;
        digits++;
        return State.SIZE;
      }
      if (digits > 0 && b == '\r') {
        return State.SIZE_FEED;
      }
      if (digits > 0 && (b == ';' || b == ' ' || b == '\t')) {
        return State.EXTENSION;
      }
      throw CallFailed.unintelligible("a chunk without a proper size");
    }

    private State counted(byte b, int most, State next) throws CallFailed {
      if (b == '\n' || ++overhead > most) {
        throw CallFailed.unintelligible("chunk framing that is broken or endless");
      }
      return next;
    }

    private static void expect(char wanted, byte b) throws CallFailed {
      if (b != wanted) {
        throw CallFailed.unintelligible("chunk framing that is broken");
      }
    }
  }
}
