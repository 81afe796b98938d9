package io.modelgate.infrastructure.store;

import io.modelgate.application.port.ModelRoutes;
import io.modelgate.testing.ModelRoutesContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

final class SqlModelRoutesTest extends ModelRoutesContract {
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
  protected ModelRoutes routes() {
    return store.modelRoutes();
  }
}
