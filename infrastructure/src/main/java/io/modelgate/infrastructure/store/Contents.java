package io.modelgate.infrastructure.store;

import io.helidon.dbclient.DbExecute;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.routing.ModelRoute;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that is in the file when it is opened.
 *
 * @param models reads and writes credentials with the right secret key
 */
record Contents(
    ModelTable models,
    List<ModelRoute> routes,
    List<ApiKey> keys,
    List<QuotaUse> used,
    RememberedUses uses) {
  /**
   * Reads everything once, and puts right what an earlier process could not.
   *
   * @throws StoreRefused when the secret key is not the right one, or a row makes no sense
   */
  static Contents load(SqliteDatabase database, Path file, StoreSettings settings)
      throws IOException, SQLException {
    ModelTable models = new ModelTable(cipher(database, file, settings.secretKey()));
    DbExecute execute = database.execute();
    UsageTables.forgetLostCharges(execute);
    return new Contents(
        models,
        models.all(execute),
        ApiKeyTable.all(execute),
        UsageTables.recentUse(execute, settings.clock().instant()),
        new RememberedUses(UsageTables.lastUses(execute)));
  }

  private static CredentialCipher cipher(SqliteDatabase database, Path file, @Nullable String named)
      throws IOException, SQLException {
    var keyFile = SecretKeyFile.beside(file);
    if (named != null) {
      return cipher(named, "MG_SECRET_KEY");
    }
    if (keyFile.exists()) {
      try (Connection connection = database.connection()) {
        return cipher(keyFile, connection);
      }
    }
    if (ModelTable.hasCredentials(database.execute())) {
      throw new StoreRefused(
          "The secret key is missing: %s holds encrypted credentials, but MG_SECRET_KEY is not set and there is no file %s."
              .formatted(file, keyFile.path()));
    }
    return cipher(keyFile.create(), "The file " + keyFile.path());
  }

  /** The file's secret; when a rotation was cut off after its commit, the one it proposed. */
  static CredentialCipher cipher(SecretKeyFile keyFile, Connection connection)
      throws IOException, SQLException {
    CredentialCipher proposed = proposed(keyFile);
    if (proposed != null && KeptCredentials.areOpenedBy(proposed, connection)) {
      keyFile.adopt();
      return proposed;
    }
    return cipher(keyFile.read(), "The file " + keyFile.path());
  }

  /**
   * Null when nothing is proposed that could be a key: older versions left an empty file, or half a
   * key, when they were killed.
   */
  private static @Nullable CredentialCipher proposed(SecretKeyFile keyFile) throws IOException {
    if (!keyFile.hasProposed()) {
      return null;
    }
    try {
      return CredentialCipher.of(keyFile.readProposed());
    } catch (IllegalArgumentException | CharacterCodingException _) {
      return null;
    }
  }

  static CredentialCipher cipher(String secret, String source) {
    try {
      return CredentialCipher.of(secret);
    } catch (IllegalArgumentException e) {
      throw new StoreRefused(source + " cannot be used: " + e.getMessage() + ".", e);
    }
  }
}
