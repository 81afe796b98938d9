package io.modelgate.bootstrap;

import io.modelgate.bootstrap.ValueForm.HostAndPort;
import io.modelgate.domain.access.RateLimits;
import io.modelgate.domain.access.Tier;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.domain.chat.RetryPolicy;
import io.modelgate.domain.net.Network;
import io.modelgate.domain.routing.BackendAddresses;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.CircuitBreaker;
import io.modelgate.domain.routing.StreamUsage;
import io.modelgate.infrastructure.admin.AdminApi;
import io.modelgate.infrastructure.http.StreamSettings;
import io.modelgate.infrastructure.redis.RedisSettings;
import io.modelgate.infrastructure.routing.RoutingSettings;
import io.modelgate.infrastructure.server.ConnectionLimits;
import io.modelgate.infrastructure.server.TlsFiles;
import io.modelgate.infrastructure.store.StoreSettings;
import io.modelgate.infrastructure.store.StoreSettings.UsagePolicy;
import io.modelgate.infrastructure.upstream.UpstreamSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything an operator can set. {@link SettingsTable} has the names, the defaults and what each
 * does. Printing it shows no secret. Immutable.
 *
 * @param edge what strangers may do to the listeners
 * @param timeout patience with a backend; a model can have its own
 * @param addresses which backends may have
 * @param maxBodySize bytes of a request
 * @param maxReplyBytes bytes of a reply that is held whole
 * @param retry when a call is made again
 * @param routing how calls are spread over backends
 * @param streams how streams are kept open
 * @param adminApiKey null to make one at first start
 * @param sessions how long logins to the panel last
 * @param secretKey null to make one at first start
 * @param adapters one for each kind of backend but echo
 */
record Settings(
    Server server,
    Edge edge,
    Database database,
    Redis redis,
    Duration timeout,
    Duration connectTimeout,
    BackendAddresses addresses,
    int maxBodySize,
    int maxReplyBytes,
    RetryPolicy retry,
    RoutingSettings routing,
    StreamSettings streams,
    Limits limits,
    Quota quota,
    UsagePolicy usage,
    @Nullable Secret adminApiKey,
    AdminApi.SessionLifetime sessions,
    @Nullable Secret secretKey,
    ErrorCode errorCode,
    Log log,
    boolean demo,
    Map<BackendKind, UpstreamSettings.Adapter> adapters,
    Duration echoPace) {
  /** A rate over fewer calls is chance. */
  private static final int LEAST_CALLS_OF_A_RATE = 20;

  private static final Duration WINDOW_OF_A_RATE = Duration.ofSeconds(30);

  public Settings {
    adapters = Map.copyOf(adapters);
  }

  /**
   * Reads the settings: built-in default &lt; file &lt; environment.
   *
   * @param file YAML; null for none
   * @param environment as of {@link System#getenv()}; names that do not begin with {@code MG_} are
   *     passed over
   */
  static Loading load(@Nullable Path file, Map<String, String> environment) {
    var reader = new SettingsReader();
    if (file != null) {
      reader.add(SettingsFile.read(file));
    }
    reader.add(SettingsEnvironment.read(environment));
    Settings settings = read(reader);
    return reader.faults().isEmpty()
        ? new Loading.Loaded(settings, reader.texts(), reader.warnings())
        : new Loading.Faulty(reader.faults(), reader.warnings());
  }

  /** Reads what was read before. */
  static Settings of(SettingsTexts texts) {
    var reader = new SettingsReader();
    reader.add(new SettingsSource(List.copyOf(texts.given().values()), List.of(), List.of()));
    return read(reader);
  }

  private static Settings read(SettingsReader reader) {
    var server =
        new Server(
            reader.read(SettingsTable.SERVER_HOST),
            reader.read(SettingsTable.SERVER_PORT).intValue(),
            reader.read(SettingsTable.SERVER_ADMIN_HOST),
            port(reader.readOrNull(SettingsTable.SERVER_ADMIN_PORT)),
            reader.read(SettingsTable.SERVER_SHUTDOWN_DELAY),
            reader.read(SettingsTable.SERVER_SHUTDOWN_GRACE));
    var database =
        new Database(
            reader.read(SettingsTable.DATABASE_PATH),
            reader.read(SettingsTable.DATABASE_SYNCHRONOUS));
    var redis =
        new Redis(
            reader.read(SettingsTable.REDIS_ADDR),
            reader.readOrNull(SettingsTable.REDIS_PASSWORD),
            reader.read(SettingsTable.REDIS_TLS));
    return new Settings(
        server,
        edge(reader),
        database,
        redis,
        reader.read(SettingsTable.TIMEOUT),
        reader.read(SettingsTable.CONNECT_TIMEOUT),
        addresses(reader.readOrNull(SettingsTable.UPSTREAM_ALLOWED_ADDRESSES)),
        reader.read(SettingsTable.MAX_BODY_SIZE),
        reader.read(SettingsTable.MAX_REPLY_SIZE),
        new RetryPolicy(
            reader.read(SettingsTable.ROUTING_MAX_ATTEMPTS),
            reader.read(SettingsTable.ROUTING_BACKOFF),
            reader.read(SettingsTable.ROUTING_MAX_RETRY_AFTER),
            reader.read(SettingsTable.ROUTING_RETRY_AMBIGUOUS)),
        routing(reader),
        new StreamSettings(
            reader.read(SettingsTable.STREAM_EARLY_HEADERS),
            reader.read(SettingsTable.STREAM_KEEP_ALIVE)),
        limits(reader),
        quota(reader),
        new UsagePolicy(
            reader.read(SettingsTable.USAGE_ON_STORE_FAILURE),
            reader.read(SettingsTable.USAGE_RETENTION)),
        reader.readOrNull(SettingsTable.ADMIN_API_KEY),
        new AdminApi.SessionLifetime(
            reader.read(SettingsTable.ADMIN_SESSION_IDLE),
            reader.read(SettingsTable.ADMIN_SESSION_LIFETIME)),
        reader.readOrNull(SettingsTable.SECRET_KEY),
        reader.read(SettingsTable.ERRORS_CODE),
        new Log(reader.read(SettingsTable.LOG_LEVEL), reader.read(SettingsTable.LOG_FORMAT)),
        reader.read(SettingsTable.DEMO),
        adapters(reader),
        reader.read(SettingsTable.ECHO_PACE));
  }

  private static BackendAddresses addresses(@Nullable List<Network> allowed) {
    return allowed == null ? BackendAddresses.USUAL : new BackendAddresses(allowed);
  }

  private static Edge edge(SettingsReader reader) {
    return new Edge(
        reader.read(SettingsTable.SERVER_PUBLIC_ADMIN),
        new ConnectionLimits(
            reader.read(SettingsTable.SERVER_MAX_CONNECTIONS).intValue(),
            reader.read(SettingsTable.SERVER_HEAD_TIMEOUT),
            reader.read(SettingsTable.SERVER_BODY_TIMEOUT),
            reader.read(SettingsTable.SERVER_BODY_RATE),
            reader.read(SettingsTable.SERVER_IDLE_TIMEOUT),
            reader.read(SettingsTable.SERVER_WRITE_TIMEOUT)),
        orEmpty(reader.readOrNull(SettingsTable.SERVER_TRUSTED_PROXIES), List.of()),
        reader.read(SettingsTable.SERVER_WRONG_KEYS).number(),
        orEmpty(reader.readOrNull(SettingsTable.SERVER_CORS_ORIGINS), Set.of()),
        tls(reader),
        reader.read(SettingsTable.SERVER_TLS_ADMIN));
  }

  private static @Nullable TlsFiles tls(SettingsReader reader) {
    Path certificate = reader.readOrNull(SettingsTable.SERVER_TLS_CERTIFICATE);
    Path key = reader.readOrNull(SettingsTable.SERVER_TLS_PRIVATE_KEY);
    Secret password = reader.readOrNull(SettingsTable.SERVER_TLS_PASSWORD);
    TlsFiles.Minimum minimum = reader.read(SettingsTable.SERVER_TLS_MIN_VERSION);
    if (certificate == null) {
      reader.needs(SettingsTable.SERVER_TLS_PRIVATE_KEY, SettingsTable.SERVER_TLS_CERTIFICATE);
      return null;
    }
    return new TlsFiles(certificate, key, password == null ? null : password.text(), minimum);
  }

  private static <T> T orEmpty(@Nullable T value, T empty) {
    return value == null ? empty : value;
  }

  private static @Nullable Integer port(@Nullable Long port) {
    return port == null ? null : port.intValue();
  }

  private static Limits limits(SettingsReader reader) {
    return new Limits(
        new RateLimits(
            reader.read(SettingsTable.RATE_LIMIT_RPM).number(),
            null,
            reader.read(SettingsTable.RATE_LIMIT_TPM).number(),
            reader.read(SettingsTable.RATE_LIMIT_MAX_CONCURRENT).number()),
        reader.read(SettingsTable.RATE_LIMIT_STORE),
        reader.read(SettingsTable.RATE_LIMIT_ON_STORE_FAILURE));
  }

  private static RoutingSettings routing(SettingsReader reader) {
    var places = new EnumMap<BackendKind, RoutingSettings.Places>(BackendKind.class);
    SettingsTable.ADAPTERS.forEach(
        (kind, keys) ->
            places.put(
                kind,
                new RoutingSettings.Places(
                    reader.read(keys.maxConcurrent()).number(),
                    reader.read(keys.maxQueue()),
                    reader.read(keys.maxWait()))));
    return new RoutingSettings(
        reader.read(SettingsTable.ROUTING_AFFINITY),
        new CircuitBreaker.Rule(
            reader.read(SettingsTable.BREAKER_FAILURES),
            reader.read(SettingsTable.BREAKER_FAILURE_PERCENT) / 100.0,
            LEAST_CALLS_OF_A_RATE,
            WINDOW_OF_A_RATE,
            reader.read(SettingsTable.BREAKER_OPEN_FOR)),
        places,
        Map.of(
            Tier.FREE, reader.read(SettingsTable.QUEUE_WEIGHT_FREE),
            Tier.PAID, reader.read(SettingsTable.QUEUE_WEIGHT_PAID)),
        reader.read(SettingsTable.HEALTH_INTERVAL));
  }

  private static Quota quota(SettingsReader reader) {
    return new Quota(
        new TokenQuota(
            reader.read(SettingsTable.QUOTA_DEFAULT_TOKENS).number(),
            reader.read(SettingsTable.QUOTA_DEFAULT_PERIOD)),
        reader.read(SettingsTable.QUOTA_TIME_ZONE),
        reader.read(SettingsTable.QUOTA_ASSUMED_OUTPUT_TOKENS));
  }

  private static <T> List<T> orNone(@Nullable List<T> list) {
    return list == null ? List.of() : list;
  }

  private static Map<BackendKind, UpstreamSettings.Adapter> adapters(SettingsReader reader) {
    var adapters = new EnumMap<BackendKind, UpstreamSettings.Adapter>(BackendKind.class);
    SettingsTable.ADAPTERS.forEach(
        (kind, keys) ->
            adapters.put(
                kind,
                new UpstreamSettings.Adapter(
                    reader.readOrNull(keys.baseUrl()),
                    orNone(reader.readOrNull(keys.fallbackUrls())),
                    reader.readOrNull(keys.apiKey()),
                    keys.apiKeyHeader() == null ? null : reader.read(keys.apiKeyHeader()),
                    keys.streamUsage() == null ? StreamUsage.ASK : reader.read(keys.streamUsage()),
                    reader.readOrNull(keys.proxy()))));
    return adapters;
  }

  /**
   * Where to listen.
   *
   * @param port 0 for any free one
   * @param adminPort where metrics are told without a key; null for nowhere
   * @param shutdownDelay how long calls are accepted after the order to stop; may be zero
   * @param shutdownGrace how long calls under way may go on at the end; may be zero
   */
  record Server(
      String host,
      int port,
      String adminHost,
      @Nullable Integer adminPort,
      Duration shutdownDelay,
      Duration shutdownGrace) {}

  /**
   * What strangers may do to the listeners.
   *
   * @param publicAdmin whether the first listener has the admin side, too
   * @param wrongKeysPerMinute null for no bound
   * @param tls null to speak without
   * @param tlsOnAdminPort whether the admin port speaks it, too
   */
  record Edge(
      boolean publicAdmin,
      ConnectionLimits connections,
      List<Network> trustedProxies,
      @Nullable Long wrongKeysPerMinute,
      Set<String> corsOrigins,
      @Nullable TlsFiles tls,
      boolean tlsOnAdminPort) {}

  /** Where everything is kept, and what it outlives. */
  record Database(Path path, StoreSettings.Durability durability) {}

  /**
   * How fast keys may call.
   *
   * @param defaults of a new key
   */
  record Limits(
      RateLimits defaults, LimitStore store, RedisSettings.OnStoreFailure onStoreFailure) {}

  /** Where calls are counted. */
  enum LimitStore {
    MEMORY,
    REDIS
  }

  /**
   * How much keys may use.
   *
   * @param defaults of a new key
   * @param assumedOutputTokens of a reply that nothing bounds
   */
  record Quota(TokenQuota defaults, ZoneId zone, long assumedOutputTokens) {}

  /** Where Redis is. */
  record Redis(HostAndPort address, @Nullable Secret password, boolean tls) {}

  /** How much is logged, and how it looks. */
  record Log(Logging.Threshold threshold, Logging.Format format) {}

  /** What stands under {@code code} in an error. */
  enum ErrorCode {
    /** OpenAI's, e.g. {@code "invalid_api_key"}. */
    STRING,
    /** The HTTP status as a number. */
    STATUS
  }

  /** How reading went. */
  sealed interface Loading {
    /**
     * All is well.
     *
     * @param texts what the settings were read from
     * @param warnings sentences about what was passed over, e.g. a variable without a meaning
     */
    record Loaded(Settings settings, SettingsTexts texts, List<String> warnings)
        implements Loading {}

    /** At least one thing is wrong; all that is wrong is here. */
    record Faulty(List<Fault> faults, List<String> warnings) implements Loading {}
  }

  /**
   * One thing that is wrong.
   *
   * @param key the setting's path; the text found when no setting has that path
   * @param value as given, secrets masked
   * @param allowed what may stand there, or what to do about it
   * @param origin the file, or the name of the environment variable
   */
  record Fault(String key, String value, String allowed, String origin) {
    /** For the console. */
    @Override
    public String toString() {
      String given = value.isEmpty() ? key : key + ": " + value;
      return origin + ": " + given + " – " + allowed;
    }
  }
}
