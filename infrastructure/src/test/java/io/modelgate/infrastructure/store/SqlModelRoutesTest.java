package io.modelgate.infrastructure.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.port.ModelRoutes;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.ModelId;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.domain.routing.Target;
import io.modelgate.testing.ModelRoutesContract;
import io.modelgate.testing.Samples;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
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

  @Test
  void theAuditTellsThatACredentialIsAnotherOneButNotWhich() throws SQLException {
    var disk = new OnDisk(directory.resolve("modelgate.db"));
    routes().add(opening("1", "old-credential"), Samples.DEED);

    var _ =
        routes()
            .change(new ModelId("1"), _ -> opening("1", "new-credential"), Samples.DEED)
            .orElseThrow();

    assertThat(
            disk.texts(
                "SELECT coalesce(after ->> '$.targets[0].api_key', '') FROM audit ORDER BY sequence"))
        .last()
        .isEqualTo("replaced");
    assertThat(disk.texts("SELECT coalesce(before, '') || coalesce(after, '') FROM audit"))
        .hasSize(2)
        .noneMatch(text -> text.contains("-credential"));
  }

  private static ModelRoute opening(String id, String credential) {
    return route(id, "model")
        .withTargets(List.of(new Target(BackendKind.VLLM, null, null, new Credential(credential))));
  }
}
