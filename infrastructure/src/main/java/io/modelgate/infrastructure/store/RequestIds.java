package io.modelgate.infrastructure.store;

import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Finds the calls of one request id without reading all of them. */
final class RequestIds {
  /** A client may give all its calls the same id. */
  private static final int MOST = 1_000;

  private static final String PIECES = "SELECT last, hashes FROM request_ids ORDER BY last DESC";
  private static final String ROWS =
      """
      SELECT sequence FROM usage NOT INDEXED
      WHERE sequence > ? AND sequence <= ? AND request_id = ? ORDER BY sequence DESC LIMIT ?
      """;
  private static final String SUMMED = "SELECT summed FROM usage_mark";

  private final String id;
  private final PreparedStatement rows;
  private final List<Long> found = new ArrayList<>();

  private RequestIds(String id, PreparedStatement rows) {
    this.id = id;
    this.rows = rows;
  }

  /** Their sequences, the latest first, at most a thousand. */
  static List<Long> of(String id, Connection connection) throws SQLException {
    try (PreparedStatement rows = connection.prepareStatement(ROWS)) {
      var ids = new RequestIds(id, rows);
      ids.lookAtTheRest(connection);
      ids.lookAtPieces(connection);
      return ids.found;
    }
  }

  private void lookAtTheRest(Connection connection) throws SQLException {
    try (PreparedStatement summed = connection.prepareStatement(SUMMED);
        ResultSet mark = summed.executeQuery()) {
      mark.next();
      look(mark.getLong(1), Long.MAX_VALUE);
    }
  }

  /** A piece's rows are those up to its last, from the last of the piece before on. */
  private void lookAtPieces(Connection connection) throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(PIECES);
        ResultSet pieces = query.executeQuery()) {
      long last = 0;
      boolean mayBeThere = false;
      while (pieces.next() && found.size() < MOST) {
        if (mayBeThere) {
          look(pieces.getLong(1), last);
        }
        last = pieces.getLong(1);
        mayBeThere = isAmong(pieces.getBytes(2));
      }
      if (mayBeThere && found.size() < MOST) {
        look(0, last);
      }
    }
  }

  private boolean isAmong(byte[] hashes) {
    int hash = id.hashCode();
    IntBuffer all = ByteBuffer.wrap(hashes).asIntBuffer();
    while (all.hasRemaining()) {
      if (all.get() == hash) {
        return true;
      }
    }
    return false;
  }

  private void look(long after, long last) throws SQLException {
    rows.setLong(1, after);
    rows.setLong(2, last);
    rows.setString(3, id);
    rows.setInt(4, MOST - found.size());
    try (ResultSet sequences = rows.executeQuery()) {
      while (sequences.next()) {
        found.add(sequences.getLong(1));
      }
    }
  }
}
