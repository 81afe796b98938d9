package io.modelgate.bootstrap;

import io.modelgate.bootstrap.SettingsKey.Applies;
import io.modelgate.bootstrap.ValueForm.HostAndPort;
import io.modelgate.bootstrap.ValueForm.Limit;
import io.modelgate.domain.access.QuotaPeriod;
import io.modelgate.domain.access.RateLimits;
import io.modelgate.domain.net.Network;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.StreamUsage;
import io.modelgate.infrastructure.client.Proxy;
import io.modelgate.infrastructure.redis.RedisSettings;
import io.modelgate.infrastructure.routing.RoutingSettings;
import io.modelgate.infrastructure.server.TlsFiles;
import io.modelgate.infrastructure.store.StoreSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Every setting there is, in the order of the file. The defaults, the names in the file and in the
 * environment, the checks, {@code config/modelgate.yaml} and the README's table all follow from
 * here.
 */
final class SettingsTable {
  private static final List<SettingsKey<?>> KEYS = new ArrayList<>();

  static final SettingsKey<String> SERVER_HOST =
      key(
          "server.host",
          ValueForm.host(),
          "0.0.0.0",
          "The address to listen on.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Long> SERVER_PORT =
      key(
          "server.port",
          ValueForm.wholeNumber(0, 65535),
          "18080",
          "The port to listen on; 0 takes any free one and prints it.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Long> SERVER_ADMIN_PORT =
      key(
          "server.admin-port",
          ValueForm.wholeNumber(1, 65535),
          null,
          "A port of its own for operators: /admin, /health, and /metrics, which needs no key there.",
          Applies.AFTER_RESTART);
  static final SettingsKey<String> SERVER_ADMIN_HOST =
      key(
          "server.admin-host",
          ValueForm.host(),
          "127.0.0.1",
          "The address that the admin port listens on.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Duration> SERVER_SHUTDOWN_DELAY =
      key(
          "server.shutdown-delay",
          ValueForm.duration("0s", "10m"),
          "0s",
          "How long calls are still accepted once the gateway is told to stop and /health/ready says"
              + " 503: as long as a load balancer needs to notice.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Duration> SERVER_SHUTDOWN_GRACE =
      key(
          "server.shutdown-grace",
          ValueForm.duration("0s", "10m"),
          "30s",
          "How long calls under way may go on once no more are accepted; then they are ended, and their"
              + " clients told.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Boolean> SERVER_PUBLIC_ADMIN =
      key(
          "server.public-admin",
          ValueForm.yesOrNo(),
          "true",
          "Whether /admin and /metrics, behind the admin key, are on the listener of all, too.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Long> SERVER_MAX_CONNECTIONS =
      key(
          "server.max-connections",
          ValueForm.wholeNumber(1, 1_000_000),
          "4096",
          "Clients' connections at a time, on each listener; those beyond are answered 503 or closed.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Duration> SERVER_HEAD_TIMEOUT =
      key(
          "server.head-timeout",
          ValueForm.duration("10ms", "10m"),
          "10s",
          "In which a request's head must have come: from connecting, on a kept connection from its"
              + " first byte.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Duration> SERVER_BODY_TIMEOUT =
      key(
          "server.body-timeout",
          ValueForm.duration("10ms", "1h"),
          "30s",
          "In which a request's body must have come, from the end of its head.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Integer> SERVER_BODY_RATE =
      key(
          "server.body-rate",
          ValueForm.size("1B", "1GB"),
          "50KB",
          "For each so many bytes that have come, a body has a second more.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Duration> SERVER_IDLE_TIMEOUT =
      key(
          "server.idle-timeout",
          ValueForm.duration("10ms", "24h"),
          "75s",
          "How long a connection is kept between requests.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Duration> SERVER_WRITE_TIMEOUT =
      key(
          "server.write-timeout",
          ValueForm.duration("10ms", "1h"),
          "60s",
          "How long a client may take nothing of its reply; then it counts as gone.",
          Applies.AFTER_RESTART);
  static final SettingsKey<List<Network>> SERVER_TRUSTED_PROXIES =
      key(
          "server.trusted-proxies",
          ValueForm.networks(),
          null,
          "Whose X-Forwarded-For or Forwarded is believed, separated by commas.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Limit> SERVER_WRONG_KEYS =
      key(
          "server.wrong-keys",
          ValueForm.limitOfAtLeastOne(1_000_000),
          "20",
          "Wrong keys a minute from one address (of IPv6, a /64) before they are answered 429.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Set<String>> SERVER_CORS_ORIGINS =
      key(
          "server.cors.allowed-origins",
          ValueForm.origins(),
          null,
          "Whose pages may call /v1 from a browser, separated by commas; * for everyone's.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Path> SERVER_TLS_CERTIFICATE =
      key(
          "server.tls.certificate",
          ValueForm.path(),
          null,
          "Speak TLS with this certificate: PEM with those that vouch for it behind it, or PKCS #12"
              + " with its key. The files are read again when they change.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Path> SERVER_TLS_PRIVATE_KEY =
      key(
          "server.tls.private-key",
          ValueForm.path(),
          null,
          "The certificate's key in PEM; without one, the certificate is in PKCS #12.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Secret> SERVER_TLS_PASSWORD =
      key(
          "server.tls.password",
          ValueForm.password(),
          null,
          "Opens the key, or the PKCS #12 file.",
          Applies.AFTER_RESTART);
  static final SettingsKey<TlsFiles.Minimum> SERVER_TLS_MIN_VERSION =
      key(
          "server.tls.min-version",
          ValueForm.tlsVersion(),
          "1.2",
          "The oldest TLS that is spoken.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Boolean> SERVER_TLS_ADMIN =
      key(
          "server.tls.admin",
          ValueForm.yesOrNo(),
          "false",
          "Whether to speak TLS on the admin port, too.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Path> DATABASE_PATH =
      key(
          "database.path",
          ValueForm.path(),
          "./data/modelgate.db",
          "The SQLite file with keys, models and counts; secrets made at first start lie beside it."
              + " Relative to the directory the gateway is started in.",
          Applies.AFTER_RESTART);
  static final SettingsKey<StoreSettings.Durability> DATABASE_SYNCHRONOUS =
      key(
          "database.synchronous",
          ValueForm.oneOf(StoreSettings.Durability.class),
          "normal",
          "What written usage outlives: a killed process, or with full a power cut too, at the price"
              + " of a flush of the disk for each batch. Keys and models always outlive both.",
          Applies.AFTER_RESTART);
  static final SettingsKey<HostAndPort> REDIS_ADDR =
      key(
          "redis.addr",
          ValueForm.hostAndPort(),
          "localhost:6379",
          "Where Redis listens; used with rate-limit.store: redis.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Secret> REDIS_PASSWORD =
      key("redis.password", ValueForm.password(), null, "Its password.", Applies.AFTER_RESTART);
  static final SettingsKey<Boolean> REDIS_TLS =
      key(
          "redis.tls",
          ValueForm.yesOrNo(),
          "false",
          "Whether to speak TLS to it.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Duration> TIMEOUT =
      key(
          "timeout",
          ValueForm.duration("10ms", "24h"),
          "300s",
          "The patience with a backend: for the head of its reply, for silence within a stream, and"
              + " for a whole call that is not streamed. A model can have its own.",
          Applies.AT_ONCE);
  static final SettingsKey<Duration> CONNECT_TIMEOUT =
      key(
          "connect-timeout",
          ValueForm.duration("10ms", "5m"),
          "5s",
          "The patience with a connection to a backend.",
          Applies.AT_ONCE);
  static final SettingsKey<List<Network>> UPSTREAM_ALLOWED_ADDRESSES =
      key(
          "upstream.allowed-addresses",
          ValueForm.networks(),
          null,
          "Addresses that backends may have although such are not called: link-local ones and those of"
              + " clouds' metadata services. Private networks and this machine need no permission.",
          Applies.AT_ONCE);
  static final SettingsKey<Integer> MAX_BODY_SIZE =
      key(
          "max-body-size",
          ValueForm.size("1KB", "1GB"),
          "5MB",
          "The largest request; a larger one is answered 413.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Integer> MAX_REPLY_SIZE =
      key(
          "max-reply-size",
          ValueForm.size("1KB", "1GB"),
          "64MB",
          "The largest reply that is not streamed, and the largest single event of a stream.",
          Applies.AT_ONCE);
  static final SettingsKey<Integer> ROUTING_MAX_ATTEMPTS =
      key(
          "routing.max-attempts",
          ValueForm.smallNumber(1, 20),
          "3",
          "How often a call is made at most, over all targets and fallback models, before its reply"
              + " has begun.",
          Applies.AT_ONCE);
  static final SettingsKey<Duration> ROUTING_BACKOFF =
      key(
          "routing.backoff",
          ValueForm.duration("1ms", "1m"),
          "100ms",
          "The pause before the same target is asked again, half of it at random; twice as long each"
              + " time. Another target is asked at once.",
          Applies.AT_ONCE);
  static final SettingsKey<Duration> ROUTING_MAX_RETRY_AFTER =
      key(
          "routing.max-retry-after",
          ValueForm.duration("0s", "5m"),
          "5s",
          "The longest Retry-After of a busy backend that the gateway waits out itself.",
          Applies.AT_ONCE);
  static final SettingsKey<Boolean> ROUTING_RETRY_AMBIGUOUS =
      key(
          "routing.retry-ambiguous",
          ValueForm.yesOrNo(),
          "false",
          "Whether to call again where a backend may have worked on the call, and billed it: after"
              + " 500, 502, 504, a timeout, or a connection that broke after the request was sent.",
          Applies.AT_ONCE);
  static final SettingsKey<RoutingSettings.Affinity> ROUTING_AFFINITY =
      key(
          "routing.affinity",
          ValueForm.oneOf(RoutingSettings.Affinity.class),
          "none",
          "Which calls keep to one of several targets while it has room: none, those of a key, or"
              + " those that begin alike, whose prompt that engine has in its cache.",
          Applies.AT_ONCE);
  static final SettingsKey<Integer> BREAKER_FAILURES =
      key(
          "breaker.failures",
          ValueForm.smallNumber(1, 1_000),
          "5",
          "After how many failures in a row a target gets no calls for a while.",
          Applies.AT_ONCE);
  static final SettingsKey<Integer> BREAKER_FAILURE_PERCENT =
      key(
          "breaker.failure-percent",
          ValueForm.smallNumber(1, 100),
          "50",
          "Which part of at least 20 calls within 30 seconds has to fail for the same.",
          Applies.AT_ONCE);
  static final SettingsKey<Duration> BREAKER_OPEN_FOR =
      key(
          "breaker.open-for",
          ValueForm.duration("10ms", "1h"),
          "10s",
          "How long that is, before one call tries; twice as long after each try that fails, up to"
              + " eight times.",
          Applies.AT_ONCE);
  static final SettingsKey<Duration> HEALTH_INTERVAL =
      key(
          "health.interval",
          ValueForm.duration("0s", "1h"),
          "10s",
          "How often engines are asked whether they are well, by what costs no tokens; 0s for never."
              + " Those that are not are asked sooner, cloud services six times as seldom.",
          Applies.AT_ONCE);
  static final SettingsKey<Integer> QUEUE_WEIGHT_FREE =
      key(
          "queue.weight-free",
          ValueForm.smallNumber(1, 1_000),
          "1",
          "What calls of keys of tier free count for where calls wait for a busy engine.",
          Applies.AT_ONCE);
  static final SettingsKey<Integer> QUEUE_WEIGHT_PAID =
      key(
          "queue.weight-paid",
          ValueForm.smallNumber(1, 1_000),
          "4",
          "What those of keys of tier paid count for.",
          Applies.AT_ONCE);
  static final SettingsKey<Boolean> STREAM_EARLY_HEADERS =
      key(
          "stream.early-headers",
          ValueForm.yesOrNo(),
          "false",
          "Whether a stream's head is sent as soon as the call is admitted, and comments while it"
              + " waits; what fails then is told by an event, not by a status.",
          Applies.AT_ONCE);
  static final SettingsKey<Duration> STREAM_KEEP_ALIVE =
      key(
          "stream.keep-alive",
          ValueForm.duration("0s", "10m"),
          "15s",
          "After how much silence a comment is sent on an open stream; 0s for never.",
          Applies.AT_ONCE);
  static final SettingsKey<Limit> RATE_LIMIT_RPM =
      key(
          "rate-limit.rpm",
          ValueForm.limit(RateLimits.MAX_RPM),
          "60",
          "Requests a minute for a new key whose maker names no other number; as many may come at"
              + " once.",
          Applies.AT_ONCE);
  static final SettingsKey<Limit> RATE_LIMIT_TPM =
      key(
          "rate-limit.tpm",
          ValueForm.limit(RateLimits.MAX_TPM),
          "unlimited",
          "Tokens a minute for a new key whose maker names no other number.",
          Applies.AT_ONCE);
  static final SettingsKey<Limit> RATE_LIMIT_MAX_CONCURRENT =
      key(
          "rate-limit.max-concurrent",
          ValueForm.limit(RateLimits.MAX_CONCURRENT),
          "unlimited",
          "Calls at the same time for a new key whose maker names no other number.",
          Applies.AT_ONCE);
  static final SettingsKey<Settings.LimitStore> RATE_LIMIT_STORE =
      key(
          "rate-limit.store",
          ValueForm.oneOf(Settings.LimitStore.class),
          "memory",
          "Where calls are counted for the rate limits: in this process, or in a Redis that several"
              + " gateways share.",
          Applies.AFTER_RESTART);
  static final SettingsKey<RedisSettings.OnStoreFailure> RATE_LIMIT_ON_STORE_FAILURE =
      key(
          "rate-limit.on-store-failure",
          ValueForm.oneOf(RedisSettings.OnStoreFailure.class),
          "local",
          "What happens to the rate limits while Redis does not answer: each gateway enforces its"
              + " share by itself, or calls are refused with 503.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Limit> QUOTA_DEFAULT_TOKENS =
      key(
          "quota.default-tokens",
          ValueForm.limit((1L << 53) - 1),
          "1000000",
          "Tokens, prompt and completion together, that a new key may use in a period when its maker"
              + " names no other number.",
          Applies.AT_ONCE);
  static final SettingsKey<QuotaPeriod> QUOTA_DEFAULT_PERIOD =
      key(
          "quota.default-period",
          ValueForm.oneOf(QuotaPeriod.class),
          "total",
          "After which the quota of a new key begins anew when its maker says nothing else: never, or"
              + " by the calendar.",
          Applies.AT_ONCE);
  static final SettingsKey<ZoneId> QUOTA_TIME_ZONE =
      key(
          "quota.time-zone",
          ValueForm.timeZone(),
          "UTC",
          "Whose midnights part the days, weeks and months of quotas and of usage.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Long> QUOTA_ASSUMED_OUTPUT_TOKENS =
      key(
          "quota.assumed-output-tokens",
          ValueForm.wholeNumber(1, 1_000_000_000),
          "4096",
          "How many tokens are set aside for a reply that neither the call nor its model bounds.",
          Applies.AT_ONCE);
  static final SettingsKey<StoreSettings.OnStoreFailure> USAGE_ON_STORE_FAILURE =
      key(
          "usage.on-store-failure",
          ValueForm.oneOf(StoreSettings.OnStoreFailure.class),
          "refuse",
          "What happens to new calls while the usage of earlier ones cannot be written: 503, or they"
              + " are served, and their usage is lost if the process dies first.",
          Applies.AT_ONCE);
  static final SettingsKey<Duration> USAGE_RETENTION =
      key(
          "usage.retention",
          ValueForm.duration("1h", "36500d"),
          "90d",
          "How long the record of a single call is kept; the sums of hours and days stay.",
          Applies.AT_ONCE);
  static final SettingsKey<Secret> ADMIN_API_KEY =
      key(
          "admin.api-key",
          ValueForm.strongSecret(),
          null,
          "The key to the admin API. Without one, a key is made at first start and kept in the file"
              + " admin-key beside the database.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Duration> ADMIN_SESSION_IDLE =
      key(
          "admin.session-idle",
          ValueForm.duration("1s", "30d"),
          "1h",
          "How long a login to the panel lasts without a request.",
          Applies.AT_ONCE);
  static final SettingsKey<Duration> ADMIN_SESSION_LIFETIME =
      key(
          "admin.session-lifetime",
          ValueForm.duration("1s", "30d"),
          "12h",
          "How long a login to the panel lasts in any case; logins end with the process.",
          Applies.AT_ONCE);
  static final SettingsKey<Secret> SECRET_KEY =
      key(
          "secret-key",
          ValueForm.strongSecret(),
          null,
          "Encrypts the backends' credentials in the database. Without one, a key is made at first"
              + " start and kept in the file secret-key beside the database.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Settings.ErrorCode> ERRORS_CODE =
      key(
          "errors.code",
          ValueForm.oneOf(Settings.ErrorCode.class),
          "string",
          "What stands under \"code\" in an error: OpenAI's string, as its SDKs expect, or the HTTP"
              + " status as a number.",
          Applies.AFTER_RESTART);
  static final SettingsKey<Logging.Threshold> LOG_LEVEL =
      key(
          "log.level",
          ValueForm.oneOf(Logging.Threshold.class),
          "info",
          "How much the gateway says about itself on standard output; libraries say less.",
          Applies.AT_ONCE);
  static final SettingsKey<Logging.Format> LOG_FORMAT =
      key(
          "log.format",
          ValueForm.oneOf(Logging.Format.class),
          "text",
          "Lines for people, or one JSON object a line.",
          Applies.AT_ONCE);
  static final SettingsKey<Boolean> DEMO =
      key(
          "demo",
          ValueForm.yesOrNo(),
          "false",
          "Whether to serve the built-in model \"echo\" and keep a key to try it with in the file"
              + " demo-key beside the database.",
          Applies.AFTER_RESTART);
  static final String LLAMACPP_BASE_URL = "http://localhost:8082";
  static final Map<BackendKind, AdapterKeys> ADAPTERS = adapters();
  static final SettingsKey<Duration> ECHO_PACE =
      key(
          "adapters.echo.pace",
          ValueForm.duration("0ms", "1m"),
          "20ms",
          "The pause between the pieces that the model \"echo\" streams.",
          Applies.AT_ONCE);

  /** All of them; read-only, and last in this class so that none is missed. */
  static final List<SettingsKey<?>> ALL = List.copyOf(KEYS);

  private SettingsTable() {}

  /**
   * What each kind of backend outside this program has.
   *
   * @param apiKeyHeader null where the kind leaves no choice
   * @param streamUsage null where the kind tells without being asked
   */
  record AdapterKeys(
      SettingsKey<BaseUrl> baseUrl,
      SettingsKey<List<BaseUrl>> fallbackUrls,
      SettingsKey<Limit> maxConcurrent,
      SettingsKey<Integer> maxQueue,
      SettingsKey<Duration> maxWait,
      SettingsKey<Credential> apiKey,
      @Nullable SettingsKey<String> apiKeyHeader,
      @Nullable SettingsKey<StreamUsage> streamUsage,
      SettingsKey<Proxy> proxy) {}

  private static Map<BackendKind, AdapterKeys> adapters() {
    var adapters = new EnumMap<BackendKind, AdapterKeys>(BackendKind.class);
    for (BackendKind kind : BackendKind.values()) {
      String baseUrl = "Where the backend lives; a trailing /v1 changes nothing.";
      switch (kind) {
        case OLLAMA -> adapters.put(kind, adapter(kind, "http://localhost:11434", baseUrl));
        case VLLM -> adapters.put(kind, adapter(kind, "http://localhost:8000", baseUrl));
        case LLAMACPP -> adapters.put(kind, adapter(kind, LLAMACPP_BASE_URL, baseUrl));
        case OPENAI -> adapters.put(kind, adapter(kind, "https://api.openai.com", baseUrl));
        case API3 ->
            adapters.put(
                kind,
                adapter(
                    kind,
                    null,
                    "Where a third party's API lives; without one, each model names its own."));
        case ECHO -> {} // built in: has a pace and no address
      }
    }
    return Map.copyOf(adapters);
  }

  /** What such engines do at a time unless told otherwise; clouds have limits of their own. */
  private static String usualPlaces(BackendKind kind) {
    return switch (kind) {
      case OLLAMA, LLAMACPP -> "4";
      case VLLM -> "256";
      case OPENAI, API3, ECHO -> "unlimited";
    };
  }

  private static AdapterKeys adapter(
      BackendKind kind, @Nullable String defaultBaseUrl, String baseUrlEffect) {
    String section = "adapters." + kind.wireName();
    return new AdapterKeys(
        key(
            section + ".base-url",
            ValueForm.baseUrl(),
            defaultBaseUrl,
            baseUrlEffect,
            Applies.AT_ONCE),
        key(
            section + ".fallback-urls",
            ValueForm.baseUrls(),
            null,
            "Where else the same models are, separated by commas; tried in this order.",
            Applies.AT_ONCE),
        key(
            section + ".max-concurrent",
            ValueForm.limit(1_000_000),
            usualPlaces(kind),
            "How many calls each engine gets at a time; others wait in line, served by key.",
            Applies.AT_ONCE),
        key(
            section + ".max-queue",
            ValueForm.smallNumber(0, 100_000),
            "256",
            "How many calls may wait for an engine; one more is answered 429.",
            Applies.AT_ONCE),
        key(
            section + ".max-wait",
            ValueForm.duration("10ms", "1h"),
            "60s",
            "How long a call may wait before it is answered 429.",
            Applies.AT_ONCE),
        key(
            section + ".api-key",
            ValueForm.credential(),
            null,
            "What the gateway shows to it, for models that have no credential of their own.",
            Applies.AT_ONCE),
        kind == BackendKind.API3
            ? key(
                section + ".api-key-header",
                ValueForm.headerName(),
                "x-api-key",
                "The header that carries the credential, as it is.",
                Applies.AT_ONCE)
            : null,
        kind == BackendKind.OLLAMA
            ? null
            : key(
                section + ".stream-usage",
                ValueForm.streamUsage(),
                "ask",
                "Whether to ask it for the token counts of a stream; some refuse the question.",
                Applies.AT_ONCE),
        key(
            section + ".proxy",
            ValueForm.proxy(),
            null,
            "An HTTP proxy to go through, by CONNECT; a secret, for it may hold a password.",
            Applies.AT_ONCE));
  }

  private static <T> SettingsKey<T> key(
      String name,
      ValueForm<T> form,
      @Nullable String defaultText,
      String effect,
      Applies applies) {
    var key = new SettingsKey<>(name, form, defaultText, effect, applies);
    KEYS.add(key);
    return key;
  }
}
