package io.modelgate.infrastructure.store;

import io.modelgate.application.port.ApiKeys;
import io.modelgate.testing.ApiKeysContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

final class SqlApiKeysTest extends ApiKeysContract {
  @TempDir private Path directory;
  private SqlStore store;

  @BeforeEach
  void open() {
    store = SqlStore.open(Stores.settings(directory.resolve("modelgate.db")));
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Override
  protected ApiKeys keys() {
    return store.apiKeys();
  }
}
