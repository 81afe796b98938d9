package io.modelgate.infrastructure.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * A query put together from our own words and from values, which are only ever bound. For one
 * thread.
 */
final class SqlText {
  private final StringBuilder text;
  private final List<Object> values = new ArrayList<>();

  SqlText(String beginning) {
    this.text = new StringBuilder(beginning);
  }

  /** Words of ours. */
  SqlText add(String words) {
    text.append(words);
    return this;
  }

  /** A value, whatever it says. */
  SqlText bind(Object value) {
    text.append('?');
    values.add(value);
    return this;
  }

  /** Values with commas between them; none are never equal to anything. */
  SqlText bindAll(List<?> all) {
    for (int i = 0; i < all.size(); i++) {
      text.append(i == 0 ? "?" : ", ?");
      values.add(all.get(i));
    }
    return this;
  }

  /** To be closed. */
  PreparedStatement prepare(Connection connection) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(text.toString());
    for (int i = 0; i < values.size(); i++) {
      statement.setObject(i + 1, values.get(i));
    }
    return statement;
  }
}
