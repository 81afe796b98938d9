package io.modelgate.infrastructure.store;

import java.nio.file.Path;
import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;

/** Says in a sentence why SQLite would not open a file. */
final class Refusals {
  /** The low byte is the error, the rest its variety. */
  private static final int PRIMARY_CODE = 0xff;

  private Refusals() {}

  /** Whether the disk is full, or a limit of the size of files was met. */
  static boolean isNoRoom(SQLException cause) {
    int code = cause.getErrorCode();
    return (code & PRIMARY_CODE) == SQLiteErrorCode.SQLITE_FULL.code
        || code == SQLiteErrorCode.SQLITE_IOERR_WRITE.code;
  }

  static StoreRefused of(Path file, SQLException cause) {
    int code = cause.getErrorCode() & PRIMARY_CODE;
    if (code == SQLiteErrorCode.SQLITE_NOTADB.code || code == SQLiteErrorCode.SQLITE_CORRUPT.code) {
      return new StoreRefused(
          "The file %s is not a SQLite database, or it is damaged. Restore a backup, or set another database.path."
              .formatted(file),
          cause);
    }
    if (code == SQLiteErrorCode.SQLITE_BUSY.code || code == SQLiteErrorCode.SQLITE_LOCKED.code) {
      return new StoreRefused(
          "The database %s is locked by another program. Close that one and start again."
              .formatted(file),
          cause);
    }
    return new StoreRefused(
        "The database %s cannot be opened: %s.".formatted(file, cause.getMessage()), cause);
  }
}
