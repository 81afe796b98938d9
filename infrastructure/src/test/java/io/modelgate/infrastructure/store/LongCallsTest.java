package io.modelgate.infrastructure.store;

import static io.modelgate.infrastructure.store.Stores.LONG;
import static io.modelgate.infrastructure.store.Stores.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.application.port.Quotas.Verdict;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.TokenDemand;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.infrastructure.store.StoreSettings.Durability;
import io.modelgate.infrastructure.store.StoreSettings.UsagePolicy;
import io.modelgate.testing.Samples;
import io.modelgate.testing.SettableClock;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a call has set aside has a deadline. */
final class LongCallsTest {
  private static final KeyId KEY = new KeyId("a");
  private static final TokenQuota HUNDRED = TokenQuota.of(100);
  private static final TokenDemand ALL = new TokenDemand(10, 1, 90);

  @TempDir private Path directory;

  @Test
  void whatACallHasForTooLongGoesToTheOneThatNeedsItAndWhatItUsesIsChargedAllTheSame()
      throws IOException, SQLException {
    StoreWriter writer = writer();
    var quotas =
        new SqlQuotas(
            writer, ZoneOffset.UTC, List.of(), new RememberedUses(Map.of()), Duration.ZERO);
    var stuck = (Verdict.Reserved) quotas.reserve(KEY, HUNDRED, ALL, NOON);

    var next = quotas.reserve(KEY, HUNDRED, ALL, NOON);

    assertThat(next).isInstanceOf(Verdict.Reserved.class);
    assertThat(stuck.reservation().tokens()).isZero();
    ((Verdict.Reserved) next).reservation().cancel();
    stuck.reservation().settle(Samples.aRecord(KEY, 30));
    assertThat(quotas.standing(KEY, HUNDRED, NOON).used()).isEqualTo(30);
    assertThat(quotas.standing(KEY, HUNDRED, NOON).reserved()).isZero();
    assertThat(writer.close()).isTrue();
  }

  @Test
  void aCallWithinItsTimeKeepsWhatItHas() throws IOException, SQLException {
    StoreWriter writer = writer();
    var quotas =
        new SqlQuotas(
            writer, ZoneOffset.UTC, List.of(), new RememberedUses(Map.of()), Duration.ofHours(1));
    var running = (Verdict.Reserved) quotas.reserve(KEY, HUNDRED, ALL, NOON);

    assertThat(quotas.reserve(KEY, HUNDRED, ALL, NOON)).isInstanceOf(Verdict.Busy.class);

    assertThat(running.reservation().tokens()).isEqualTo(100);
    assertThat(writer.close()).isTrue();
  }

  private StoreWriter writer() throws IOException, SQLException {
    Path file = directory.resolve("modelgate.db");
    OwnerOnly.file(file);
    var database = new SqliteDatabase(file, Durability.NORMAL);
    try (Connection connection = database.connection()) {
      Migrations.ALL.apply(connection);
    }
    var writer =
        new StoreWriter(database, 0, LONG, () -> UsagePolicy.DEFAULT, new SettableClock(NOON));
    writer.start();
    return writer;
  }
}
