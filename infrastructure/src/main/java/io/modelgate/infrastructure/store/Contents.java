package io.modelgate.infrastructure.store;

import io.helidon.dbclient.DbExecute;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.routing.ModelRoute;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * All that is in the file when it is opened.
 *
 * @param models reads and writes credentials with the right secret key
 */
record Contents(
    ModelTable models, List<ModelRoute> routes, List<ApiKey> keys, List<QuotaUse> used) {
  /**
   * Reads everything once.
   *
   * @throws StoreRefused when the secret key is not the right one, or a row makes no sense
   */
  static Contents load(DbExecute execute, Path file, StoreSettings settings) throws IOException {
    ModelTable models = new ModelTable(cipher(execute, file, settings));
    return new Contents(
        models,
        models.all(execute),
        ApiKeyTable.all(execute),
        UsageTables.recentUse(execute, settings.clock().instant()));
  }

  private static CredentialCipher cipher(DbExecute execute, Path file, StoreSettings settings)
      throws IOException {
    var keyFile = new SecretKeyFile(file.resolveSibling("secret-key"));
    String named = settings.secretKey();
    if (named != null) {
      return cipher(named, "MG_SECRET_KEY");
    }
    if (keyFile.exists()) {
      return cipher(keyFile.read(), "The file " + keyFile.path());
    }
    if (ModelTable.hasCredentials(execute)) {
      throw new StoreRefused(
          "The secret key is missing: %s holds encrypted credentials, but MG_SECRET_KEY is not set and there is no file %s."
              .formatted(file, keyFile.path()));
    }
    return cipher(keyFile.create(), "The file " + keyFile.path());
  }

  private static CredentialCipher cipher(String secret, String source) {
    try {
      return CredentialCipher.of(secret);
    } catch (IllegalArgumentException e) {
      throw new StoreRefused(source + " cannot be used: " + e.getMessage() + ".", e);
    }
  }
}
