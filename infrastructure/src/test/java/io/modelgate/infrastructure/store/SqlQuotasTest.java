package io.modelgate.infrastructure.store;

import io.modelgate.application.port.Quotas;
import io.modelgate.testing.QuotasContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

final class SqlQuotasTest extends QuotasContract {
  @TempDir private Path directory;
  private SqlStore store;

  @BeforeEach
  void open() {
    store = SqlStore.open(new StoreSettings(directory.resolve("modelgate.db"), null));
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Override
  protected Quotas quotas() {
    return store.quotas();
  }
}
