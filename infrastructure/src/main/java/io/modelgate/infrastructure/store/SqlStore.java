package io.modelgate.infrastructure.store;

import io.helidon.dbclient.DbClientException;
import io.modelgate.application.port.ApiKeys;
import io.modelgate.application.port.AuditTrail;
import io.modelgate.application.port.CallRecords;
import io.modelgate.application.port.LastUses;
import io.modelgate.application.port.ModelRoutes;
import io.modelgate.application.port.Quotas;
import io.modelgate.application.port.RefusedCalls;
import io.modelgate.application.port.UsageHistory;
import io.modelgate.application.port.UsageReports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What outlives the process: keys, models and what each key has used, in one SQLite file that one
 * process has open. Reads answer from memory; all writes go through one thread. Thread-safe.
 */
public final class SqlStore implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SqlStore.class);

  private final Path file;
  private final StoreLock lock;
  private final StoreWriter writer;
  private final SqlApiKeys apiKeys;
  private final SqlModelRoutes modelRoutes;
  private final SqlQuotas quotas;
  private final StoreReaders readers;
  private final SqlUsageHistory usageHistory;
  private final SqlAuditTrail auditTrail;
  private final SqlUsageReports usageReports;
  private final SqlCallRecords callRecords;
  private final LastUses lastUses;
  private final RefusedCalls refusedCalls;

  private SqlStore(
      Path file,
      StoreLock lock,
      StoreWriter writer,
      StoreReaders readers,
      ZoneId zone,
      Contents contents) {
    this.file = file;
    this.lock = lock;
    this.writer = writer;
    this.auditTrail = new SqlAuditTrail(writer, readers);
    this.readers = readers;
    this.usageHistory = new SqlUsageHistory(readers);
    this.usageReports = new SqlUsageReports(readers);
    this.lastUses = contents.uses();
    this.callRecords = new SqlCallRecords(readers);
    this.refusedCalls =
        call -> {
          contents.uses().note(call.key(), call.time());
          writer.note(call);
        };
    this.apiKeys = new SqlApiKeys(writer, contents.keys());
    this.modelRoutes = new SqlModelRoutes(writer, contents.models(), contents.routes());
    this.quotas = new SqlQuotas(writer, zone, contents.used(), contents.uses());
  }

  /**
   * Opens the store, making directory, file and schema as needed. Blocks.
   *
   * @throws StoreRefused when that cannot be; nothing stays open then
   */
  public static SqlStore open(StoreSettings settings) {
    return open(settings, Migrations.ALL, Patience.DEFAULT);
  }

  static SqlStore open(StoreSettings settings, Migrations migrations, Patience patience) {
    try {
      Path file = realPath(settings.database());
      StoreLock lock = StoreLock.take(file);
      SqlStore store = null;
      try {
        store = open(file, settings, migrations, patience, lock);
      } finally {
        if (store == null) {
          lock.close();
        }
      }
      return store;
    } catch (IOException e) {
      throw new StoreRefused(
          "The data directory of %s cannot be used: %s. It has to be writable for the user the gateway runs as."
              .formatted(settings.database(), e),
          e);
    }
  }

  private static SqlStore open(
      Path file, StoreSettings settings, Migrations migrations, Patience patience, StoreLock lock)
      throws IOException {
    OwnerOnly.file(file);
    OwnerOnly.tighten(file.resolveSibling(file.getFileName() + "-wal"));
    OwnerOnly.tighten(file.resolveSibling(file.getFileName() + "-shm"));
    var database = new SqliteDatabase(file, settings.durability());
    SqlStore store = null;
    try {
      int found;
      try (Connection connection = database.connection()) {
        found = migrations.apply(connection);
      }
      Contents contents = Contents.load(database, file, settings);
      var writer =
          new StoreWriter(
              database,
              new UsageTables(database).lastKept(),
              patience,
              settings.usage(),
              settings.clock());
      var readers = new StoreReaders(file, patience.change());
      store = new SqlStore(file, lock, writer, readers, settings.zone(), contents);
      store.writer.start();
      LOG.info(
          "store {} open: schema {} (found {}), {} keys, {} models",
          file,
          migrations.newest(),
          found,
          contents.keys().size(),
          contents.routes().size());
      return store;
    } catch (SQLException e) {
      throw Refusals.of(file, e);
    } catch (DbClientException e) {
      throw e.getCause() instanceof SQLException cause ? Refusals.of(file, cause) : e;
    } finally {
      if (store == null) {
        database.discard();
      }
    }
  }

  /**
   * Copies a database, also while another process has it open. The secret key is not in the copy.
   *
   * @param target a path beside which there is room for a second file; only its owner can read it
   * @param replace whether a file that is there may be replaced
   * @throws StoreRefused when it cannot be; then the target is as it was
   */
  public static BackupSummary backup(Path database, Path target, boolean replace) {
    return StoreBackup.write(database, target, replace);
  }

  /**
   * Puts a backup in the database's place. The next start brings an older schema forward.
   *
   * @param secretKey as of the settings; null for the one in the file beside the database
   * @param now names the file that the database replaced is kept in
   * @return that file; null when there was no database
   * @throws StoreRefused when the database is open, the backup is not one, or the secret key does
   *     not open its credentials; then the database is as it was
   */
  public static @Nullable Path restore(
      Path database, Path backup, @Nullable String secretKey, Instant now) {
    return StoreBackup.restore(database, backup, secretKey, now);
  }

  /**
   * Encrypts the credentials of a database that nobody has open with another secret key. Cut off at
   * any moment, the old key or the new one opens all; doing it again finishes it.
   *
   * @param old the key in force; null for the one in the file beside the database
   * @param fresh the key to come; null to make one, which needs that file
   * @return how many credentials there are
   * @throws StoreRefused when it cannot be done; then nothing has changed
   */
  public static int rotateSecretKey(Path database, @Nullable String old, @Nullable String fresh) {
    return SecretRotation.run(database, old, fresh);
  }

  public ApiKeys apiKeys() {
    return apiKeys;
  }

  public ModelRoutes modelRoutes() {
    return modelRoutes;
  }

  public Quotas quotas() {
    return quotas;
  }

  public AuditTrail auditTrail() {
    return auditTrail;
  }

  public UsageHistory usageHistory() {
    return usageHistory;
  }

  public UsageReports usageReports() {
    return usageReports;
  }

  public LastUses lastUses() {
    return lastUses;
  }

  public CallRecords callRecords() {
    return callRecords;
  }

  public RefusedCalls refusedCalls() {
    return refusedCalls;
  }

  /** How many refused calls were left out of the log since the start: there were too many. */
  public long refusalsLeftOut() {
    return writer.refusalsLeftOut();
  }

  /** How many writes wait for the thread that does them. */
  public int queued() {
    return writer.queued();
  }

  /** How many calls' charges and records are not on the disk yet; those on their way count. */
  public long owed() {
    return writer.owed();
  }

  /** Whether no charge is overdue: none failed to be kept, or waits for too long. */
  public boolean isKeepingUp() {
    return writer.isKeepingUp();
  }

  /**
   * Whether a call may begin: not when its charge could not be kept, unless the settings let calls
   * be served at that risk.
   */
  public boolean takesCharges() {
    return writer.takesCharges();
  }

  /**
   * Takes no more writes, finishes those that wait, and lets go of file and lock; what cannot be
   * kept is told to the log. Blocks for 10 s at most; a second call does nothing. Reads go on
   * answering.
   */
  @Override
  public void close() {
    readers.close();
    if (!writer.close()) {
      // Whoever opened the file now would write beside a thread that is still writing.
      LOG.warn("store {} is still writing; its lock stays until the process ends", file);
      return;
    }
    try {
      lock.close();
    } catch (IOException e) {
      LOG.warn("the lock of {} could not be given back", file, e);
    }
  }

  /** One name for one file, so that two paths to it meet the same lock. */
  static Path realPath(Path database) throws IOException {
    if (Files.isDirectory(database)) {
      throw new StoreRefused(
          "The database needs the path of a file, and " + database + " is a directory.");
    }
    if (Files.exists(database)) {
      return database.toRealPath();
    }
    Path absolute = database.toAbsolutePath();
    Path directory = absolute.getParent();
    if (directory == null) {
      throw new StoreRefused("The database needs the path of a file, got " + database + ".");
    }
    OwnerOnly.directory(directory);
    return directory.toRealPath().resolve(absolute.getFileName());
  }
}
