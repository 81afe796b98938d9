package io.modelgate.infrastructure.store;

import io.modelgate.application.port.RefusedCall;
import io.modelgate.application.port.UsageRecord;
import io.modelgate.application.port.UsageRecord.Ending;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.QuotaPeriod;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.domain.chat.Endpoint;
import io.modelgate.domain.chat.TokenUsage;
import io.modelgate.domain.chat.UsageSource;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.infrastructure.store.StoreSettings.Durability;
import io.modelgate.testing.Samples;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Fills a new database with the calls of 90 days until now, as a gateway would have: some keys call
 * much, most call little, each prefers one of ten models, on five kinds of backend. Arguments: the
 * file, how many calls, how many keys.
 */
final class ManyCalls {
  private static final Duration TIME = Duration.ofDays(90);
  private static final int MODELS = 10;
  private static final List<Ending> FAILURES =
      Arrays.stream(Ending.values()).filter(ending -> ending != Ending.COMPLETED).toList();
  private static final int TOGETHER = 2_000;
  private static final List<BackendKind> BACKENDS =
      List.of(
          BackendKind.OLLAMA,
          BackendKind.VLLM,
          BackendKind.LLAMACPP,
          BackendKind.OPENAI,
          BackendKind.API3);

  private final Random random = new Random(1);
  private final PeriodCalendar calendar = new PeriodCalendar(ZoneOffset.UTC);
  private final SqliteDatabase database;
  private final UsageTables tables;
  private final int keys;

  private ManyCalls(SqliteDatabase database, int keys) {
    this.database = database;
    this.tables = new UsageTables(database);
    this.keys = keys;
  }

  public static void main(String[] arguments) throws IOException, SQLException {
    Path file = Path.of(arguments[0]);
    OwnerOnly.file(file);
    try (var database = new SqliteDatabase(file, Durability.NORMAL)) {
      try (Connection connection = database.connection()) {
        int _ = Migrations.ALL.apply(connection);
      }
      var many = new ManyCalls(database, Integer.parseInt(arguments[2]));
      many.addKeys();
      many.addCalls(Integer.parseInt(arguments[1]), InstantSource.system().instant());
    }
  }

  private static KeyId key(int number) {
    return new KeyId("key_9f2c5b1ad7e84f0c8a%06d".formatted(number));
  }

  private void addKeys() {
    for (int i = 0; i < keys; i++) {
      var name = "team %d, member %d".formatted(i % 40, i);
      var quota = new TokenQuota(200_000L + 1_000L * i, QuotaPeriod.MONTH);
      ApiKey key =
          Samples.aKey(key(i).value(), "sk-mg-of-the-bench-%06d".formatted(i))
              .on(terms -> terms.withName(name).withQuota(quota));
      ApiKeyTable.insert(database.execute(), key);
    }
  }

  private void addCalls(int calls, Instant now) throws SQLException {
    Instant begin = now.minus(TIME);
    long step = TIME.toNanos() / calls;
    var charges = new ArrayList<Charge>();
    for (int i = 1; i <= calls; i++) {
      Instant time = begin.plusNanos(step * i);
      if (random.nextInt(100) < 3) {
        keep(charges);
        tables.keepRefused(List.of(refused(time, i)), i);
      } else {
        var charge = new Charge(record(time, i), calendar.startsOf(time));
        charge.number(i);
        charges.add(charge);
      }
      if (charges.size() == TOGETHER) {
        keep(charges);
      }
    }
    keep(charges);
    new Summing(database).addThrough(calls - calls % Summing.PIECE);
  }

  private void keep(List<Charge> charges) throws SQLException {
    if (!charges.isEmpty()) {
      tables.keep(charges);
      charges.clear();
    }
  }

  /** The lower its number, the more it calls. */
  private int caller() {
    double chance = random.nextDouble();
    return (int) (keys * (random.nextBoolean() ? chance : chance * chance * chance));
  }

  private String model(int key) {
    return "model-" + (random.nextInt(10) < 7 ? key % MODELS : random.nextInt(MODELS));
  }

  private RefusedCall refused(Instant time, int number) {
    int key = caller();
    return new RefusedCall(
        time,
        "req_%032x".formatted(number * 0x9E3779B97F4A7C15L),
        key(key),
        model(key),
        Endpoint.CHAT_COMPLETIONS,
        true,
        429,
        "rpm",
        Duration.ofMillis(1));
  }

  private UsageRecord record(Instant time, int number) {
    int key = caller();
    String model = model(key);
    Ending ending =
        random.nextInt(100) < 2 ? FAILURES.get(random.nextInt(FAILURES.size())) : Ending.COMPLETED;
    var firstByte = Duration.ofMillis((long) (80 * Math.exp(random.nextGaussian())));
    return new UsageRecord(
        time,
        "req_%032x".formatted(number * 0x9E3779B97F4A7C15L),
        key(key),
        model,
        "organisation/" + model + ":7b-instruct",
        BACKENDS.get((model.charAt(model.length() - 1) - '0') % BACKENDS.size()),
        Endpoint.CHAT_COMPLETIONS,
        new TokenUsage(random.nextInt(2_000), random.nextInt(800), 0, 0).by(UsageSource.UPSTREAM),
        ending,
        ending == Ending.COMPLETED ? 200 : 502,
        random.nextInt(10) < 7,
        firstByte,
        firstByte.plusMillis(random.nextInt(6_000)));
  }
}
