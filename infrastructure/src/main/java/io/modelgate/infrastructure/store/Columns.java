package io.modelgate.infrastructure.store;

import io.helidon.dbclient.DbRow;
import java.time.Instant;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads a row's columns as the domain's types, and back. */
final class Columns {
  private Columns() {}

  /**
   * Reads a row.
   *
   * @param what of whom the row is, and the column that names it, e.g. "model" and "id"
   * @throws StoreRefused when there is something in it that this program would not have written
   */
  static <T> T read(DbRow row, String what, String idColumn, Function<DbRow, T> mapping) {
    try {
      return mapping.apply(row);
    } catch (IllegalArgumentException | NullPointerException | NoSuchElementException e) {
      throw new StoreRefused(
          "The database holds a row that cannot be read, that of %s %s: %s. Restore a backup."
              .formatted(what, textOrNull(row, idColumn), e.getMessage()),
          e);
    }
  }

  static String text(DbRow row, String column) {
    return Objects.requireNonNull(textOrNull(row, column), column);
  }

  static @Nullable String textOrNull(DbRow row, String column) {
    return row.column(column).get(String.class);
  }

  static byte @Nullable [] bytesOrNull(DbRow row, String column) {
    return row.column(column).get(byte[].class);
  }

  static long number(DbRow row, String column) {
    return Objects.requireNonNull(numberOrNull(row, column), column);
  }

  /** SQLite's driver gives an Integer where it fits and a Long where it does not. */
  static @Nullable Long numberOrNull(DbRow row, String column) {
    Number number = row.column(column).get(Number.class);
    return number == null ? null : number.longValue();
  }

  static Instant instant(DbRow row, String column) {
    return Instant.ofEpochMilli(number(row, column));
  }

  static @Nullable Instant instantOrNull(DbRow row, String column) {
    Long millis = numberOrNull(row, column);
    return millis == null ? null : Instant.ofEpochMilli(millis);
  }

  static @Nullable Long millis(@Nullable Instant instant) {
    return instant == null ? null : instant.toEpochMilli();
  }

  /** The instant as it will be read back. */
  static Instant kept(Instant instant) {
    return Instant.ofEpochMilli(instant.toEpochMilli());
  }

  /** A list as one text, an entry a line; null for none. */
  static @Nullable String list(List<?> entries) {
    return entries.isEmpty()
        ? null
        : entries.stream().map(Object::toString).collect(Collectors.joining("\n"));
  }

  static <T> List<T> list(DbRow row, String column, Function<String, T> reader) {
    String text = textOrNull(row, column);
    return text == null ? List.of() : text.lines().map(reader).toList();
  }

  /** Every entity has a status, of which there are two. */
  static String status(boolean enabled) {
    return enabled ? "active" : "disabled";
  }

  static boolean enabled(DbRow row) {
    return text(row, "status").equals("active");
  }
}
