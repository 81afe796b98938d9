package io.modelgate.infrastructure.store;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What a range of time is made of: spans whose sums are kept, the largest that fit, and at the ends
 * of each interval perhaps a piece of an hour, for which single calls have to be looked at. All
 * times are milliseconds since 1970.
 */
record Tiles(List<Tile> tiles, List<Piece> pieces) {
  private static final long HOUR = Duration.ofHours(1).toMillis();
  private static final int[] SPANS = {168, 24, 1};

  /**
   * A whole span.
   *
   * @param interval which one it belongs to, from 0 on
   * @param hours how long it is: 1, 24 or 168
   */
  record Tile(int interval, int hours, long start) {}

  /** A piece of an hour; {@code to} is not in it. */
  record Piece(int interval, long from, long to) {}

  /**
   * Lays them.
   *
   * @param bounds two or more, rising: where each interval begins, and where the last one ends
   * @param rowsFrom from when on all calls have a row; before that, an hour counts to the interval
   *     in which it begins
   */
  static Tiles of(List<Long> bounds, long rowsFrom) {
    var tiles = new ArrayList<Tile>();
    var pieces = new ArrayList<Piece>();
    for (int interval = 0; interval < bounds.size() - 1; interval++) {
      long from = bounds.get(interval);
      long to = bounds.get(interval + 1);
      long first = Math.ceilDiv(from, HOUR) * HOUR;
      long last = Math.floorDiv(to, HOUR) * HOUR;
      if (first > last) {
        piece(interval, from, to, rowsFrom, tiles, pieces);
        continue;
      }
      piece(interval, from, first, rowsFrom, tiles, pieces);
      lay(interval, first, last, tiles);
      piece(interval, last, to, rowsFrom, tiles, pieces);
    }
    return new Tiles(tiles, pieces);
  }

  private static void lay(int interval, long first, long last, List<Tile> tiles) {
    for (long at = first; at < last; ) {
      for (int hours : SPANS) {
        long length = hours * HOUR;
        if (at % length == 0 && at + length <= last) {
          tiles.add(new Tile(interval, hours, at));
          at += length;
          break;
        }
      }
    }
  }

  private static void piece(
      int interval, long from, long to, long rowsFrom, List<Tile> tiles, List<Piece> pieces) {
    long hour = Math.floorDiv(from, HOUR) * HOUR;
    if (from == to) {
      return;
    }
    if (hour >= rowsFrom) {
      pieces.add(new Piece(interval, from, to));
    } else if (hour == from) {
      tiles.add(new Tile(interval, 1, hour));
    }
  }

  /** As JSON, {@code [[interval, hours, start], …]}, for SQL to read. */
  String tilesJson() {
    var json = new StringBuilder("[");
    for (Tile tile : tiles) {
      separate(json)
          .append('[')
          .append(tile.interval())
          .append(',')
          .append(tile.hours())
          .append(',')
          .append(tile.start())
          .append(']');
    }
    return json.append(']').toString();
  }

  /** As JSON, {@code [[interval, from, to], …]}, for SQL to read. */
  String piecesJson() {
    var json = new StringBuilder("[");
    for (Piece piece : pieces) {
      separate(json)
          .append('[')
          .append(piece.interval())
          .append(',')
          .append(piece.from())
          .append(',')
          .append(piece.to())
          .append(']');
    }
    return json.append(']').toString();
  }

  private static StringBuilder separate(StringBuilder json) {
    return json.length() > 1 ? json.append(',') : json;
  }
}
