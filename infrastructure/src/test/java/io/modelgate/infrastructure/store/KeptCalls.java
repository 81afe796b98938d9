package io.modelgate.infrastructure.store;

import io.modelgate.application.port.RefusedCall;
import io.modelgate.application.port.UsageRecord;
import io.modelgate.application.port.UsageRecord.Ending;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.UsageSource;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.infrastructure.store.StoreSettings.Durability;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A database with calls in it, and what each of them was. Pieces of sums have seven calls. */
final class KeptCalls implements AutoCloseable {
  static final int PIECE = 7;
  private static final List<String> MODELS = List.of("small", "large", "it's \"=1+1\"");

  private static final List<Ending> ENDINGS = List.of(Ending.values());
  private static final List<BackendKind> BACKENDS =
      List.of(BackendKind.OLLAMA, BackendKind.VLLM, BackendKind.OPENAI);

  final Path file;
  final List<Known> all = new ArrayList<>();
  final SqliteDatabase database;
  final Summing summing;
  private final UsageTables tables;
  private final Random random = new Random(42);

  /** One of them; {@code backend} and {@code outcome} as they are written. */
  record Known(
      long sequence,
      Instant time,
      String request,
      KeyId key,
      String model,
      String backend,
      String outcome,
      int status,
      Duration duration,
      TokenUsage tokens) {
    boolean isRefused() {
      return outcome.equals(RefusedCall.OUTCOME);
    }

    boolean isError() {
      return List.of("refused_by_backend", "upstream_broke", "timed_out", "shut_down")
          .contains(outcome);
    }
  }

  KeptCalls(Path directory) throws IOException, SQLException {
    file = directory.resolve("modelgate.db");
    OwnerOnly.file(file);
    database = new SqliteDatabase(file, Durability.NORMAL);
    try (Connection connection = database.connection()) {
      Migrations.ALL.apply(connection);
    }
    tables = new UsageTables(database);
    summing = new Summing(database, PIECE);
  }

  /** Keeps a call of any kind, each of them now and then. */
  void keepSome(Instant time) throws SQLException {
    KeyId key = new KeyId("key_" + random.nextInt(14));
    String model = MODELS.get(random.nextInt(3));
    long sequence = all.size() + 1L;
    String request = "req_" + (random.nextInt(5) == 0 ? 0 : sequence);
    Duration duration = Duration.ofMillis(random.nextInt(5_000));
    if (random.nextInt(6) == 0) {
      boolean unknown = random.nextBoolean();
      var refused =
          new RefusedCall(
              time,
              request,
              key,
              unknown ? "invented-" + sequence : model,
              Endpoint.CHAT_COMPLETIONS,
              false,
              unknown ? 404 : 429,
              unknown ? RefusedCall.UNKNOWN_MODEL : "rpm",
              duration);
      tables.keepRefused(List.of(refused), sequence);
      all.add(
          new Known(
              sequence,
              time,
              request,
              key,
              refused.model(),
              "",
              RefusedCall.OUTCOME,
              refused.status(),
              duration,
              TokenUsage.NONE));
    } else {
      Ending ending =
          random.nextInt(3) == 0 ? ENDINGS.get(random.nextInt(ENDINGS.size())) : Ending.COMPLETED;
      keep(
          new UsageRecord(
              time,
              request,
              key,
              model,
              "upstream/" + model,
              BACKENDS.get(random.nextInt(BACKENDS.size())),
              Endpoint.CHAT_COMPLETIONS,
              new TokenUsage(random.nextInt(1_000), random.nextInt(1_000), 3, 2)
                  .by(UsageSource.UPSTREAM),
              ending,
              ending == Ending.COMPLETED ? 200 : 502,
              random.nextBoolean(),
              Duration.ofMillis(1 + random.nextInt(2_000)),
              duration));
    }
  }

  void keep(UsageRecord record) throws SQLException {
    var charge = new Charge(record, new PeriodStarts(1, 2, 3));
    charge.number(all.size() + 1L);
    tables.keep(List.of(charge));
    all.add(
        new Known(
            charge.sequence(),
            record.time(),
            record.requestId(),
            record.key(),
            record.model(),
            record.backend().wireName(),
            record.ending().wireName(),
            record.status(),
            record.duration(),
            record.usage().tokens()));
  }

  @Override
  public void close() throws SQLException {
    database.close();
  }
}
