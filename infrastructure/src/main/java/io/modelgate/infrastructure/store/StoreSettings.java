package io.modelgate.infrastructure.store;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What the store needs to know.
 *
 * @param database the SQLite file; made when missing, and its directory too. Beside it stand {@code
 *     -wal} and {@code -shm} while the store is open, {@code .lock}, and perhaps {@code secret-key}
 * @param secretKey what upstream credentials are encrypted with, any text of 16 characters or more
 *     that nobody can guess (for example {@code openssl rand -base64 32}); null to keep one in the
 *     file {@code secret-key} beside the database
 */
public record StoreSettings(Path database, @Nullable String secretKey) {
  /** Shows where, never the key. */
  @Override
  public String toString() {
    return "StoreSettings[database=" + database + "]";
  }
}
