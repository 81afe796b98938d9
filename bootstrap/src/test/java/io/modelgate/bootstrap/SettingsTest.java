package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.modelgate.bootstrap.Settings.Fault;
import io.modelgate.bootstrap.Settings.Loading.Faulty;
import io.modelgate.bootstrap.Settings.Loading.Loaded;
import io.modelgate.domain.access.QuotaPeriod;
import io.modelgate.domain.access.RateLimits;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.StreamUsage;
import io.modelgate.infrastructure.redis.RedisSettings;
import io.modelgate.infrastructure.store.StoreSettings;
import io.modelgate.infrastructure.upstream.UpstreamSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
  private static final String SECRET = "hunter2-hunter2-hunter2";

  @TempDir Path folder = Path.of("unset");

  @Test
  void holdTheirDefaultsWhenNobodySaysOtherwise() {
    Settings settings = loaded(Settings.load(null, Map.of()));

    assertThat(settings.server())
        .isEqualTo(
            new Settings.Server(
                "0.0.0.0", 18080, "127.0.0.1", null, Duration.ZERO, Duration.ofSeconds(30)));
    assertThat(settings.database())
        .isEqualTo(
            new Settings.Database(Path.of("./data/modelgate.db"), StoreSettings.Durability.NORMAL));
    assertThat(settings.redis().address()).isEqualTo(new ValueForm.HostAndPort("localhost", 6379));
    assertThat(settings.redis().password()).isNull();
    assertThat(settings.redis().tls()).isFalse();
    assertThat(settings.timeout()).isEqualTo(Duration.ofMinutes(5));
    assertThat(settings.connectTimeout()).isEqualTo(Duration.ofSeconds(5));
    assertThat(settings.maxBodySize()).isEqualTo(5_242_880);
    assertThat(settings.maxReplyBytes()).isEqualTo(67_108_864);
    assertThat(settings.limits())
        .isEqualTo(
            new Settings.Limits(
                RateLimits.ofRequests(60),
                Settings.LimitStore.MEMORY,
                RedisSettings.OnStoreFailure.LOCAL));
    assertThat(settings.quota())
        .isEqualTo(new Settings.Quota(TokenQuota.of(1_000_000), ZoneId.of("UTC"), 4096));
    assertThat(settings.usage())
        .isEqualTo(
            new StoreSettings.UsagePolicy(
                StoreSettings.OnStoreFailure.REFUSE, Duration.ofDays(90)));
    assertThat(settings.adminApiKey()).isNull();
    assertThat(settings.secretKey()).isNull();
    assertThat(settings.errorCode()).isEqualTo(Settings.ErrorCode.STRING);
    assertThat(settings.log())
        .isEqualTo(new Settings.Log(Logging.Threshold.INFO, Logging.Format.TEXT));
    assertThat(settings.demo()).isFalse();
    assertThat(settings.adapters())
        .isEqualTo(
            Map.of(
                BackendKind.OLLAMA, adapterAt("http://localhost:11434"),
                BackendKind.VLLM, adapterAt("http://localhost:8000"),
                BackendKind.LLAMACPP, adapterAt("http://localhost:8082"),
                BackendKind.OPENAI, adapterAt("https://api.openai.com"),
                BackendKind.API3,
                    new UpstreamSettings.Adapter(
                        null, List.of(), null, "x-api-key", StreamUsage.ASK, null)));
    assertThat(settings.echoPace()).isEqualTo(Duration.ofMillis(20));
  }

  @Test
  void doNotHaveAPrivateKeyWithoutItsCertificate() {
    assertThat(Settings.load(null, Map.of("MG_SERVER_TLS_PRIVATE_KEY", "/etc/key.pem")))
        .isInstanceOfSatisfying(
            Settings.Loading.Faulty.class,
            faulty ->
                assertThat(faulty.faults())
                    .singleElement()
                    .hasToString(
                        "MG_SERVER_TLS_PRIVATE_KEY: server.tls.private-key: /etc/key.pem – means"
                            + " nothing without server.tls.certificate"));
  }

  @Test
  void comeFromTheFileBeforeTheDefaultAndFromTheEnvironmentBeforeTheFile() {
    Path file =
        file(
            """
            server:
              host: 127.0.0.1
              port: 1111
            """);

    Settings settings = loaded(Settings.load(file, Map.of("MG_SERVER_PORT", "2222")));

    assertThat(settings.server().host()).isEqualTo("127.0.0.1");
    assertThat(settings.server().port()).isEqualTo(2222);
    assertThat(settings.timeout()).isEqualTo(Duration.ofMinutes(5));
  }

  @Test
  void canAllBeSetInTheFile() {
    Path file =
        file(
            """
            server: {host: "::1", port: 0, admin-port: 9090, admin-host: 0.0.0.0, shutdown-delay: 7s, shutdown-grace: 5s}
            database: {path: /var/lib/modelgate/gate.db, synchronous: full}
            redis: {addr: "[::1]:6380", password: "pa${ss}word", tls: true}
            timeout: 1h
            connect-timeout: 500ms
            upstream.allowed-addresses: 169.254.10.0/24, fe80::1
            max-body-size: 512KB
            max-reply-size: 2048
            rate-limit: {rpm: unlimited, tpm: 1000, max-concurrent: 0, store: redis}
            rate-limit.on-store-failure: deny
            quota: {default-tokens: 0, default-period: week, time-zone: Europe/Berlin}
            quota.assumed-output-tokens: 100
            usage: {on-store-failure: serve, retention: 30d}
            admin.api-key: %1$s
            secret-key: %1$s
            errors.code: status
            log: {level: trace, format: json}
            demo: true
            adapters:
              vllm: {base-url: "https://gpu.example/v1/", api-key: abc, stream-usage: never}
              echo: {pace: 0ms}
            """
                .formatted(SECRET));

    Settings settings = loaded(Settings.load(file, Map.of()));

    assertThat(settings.server())
        .isEqualTo(
            new Settings.Server(
                "::1", 0, "0.0.0.0", 9090, Duration.ofSeconds(7), Duration.ofSeconds(5)));
    assertThat(settings.database())
        .isEqualTo(
            new Settings.Database(
                Path.of("/var/lib/modelgate/gate.db"), StoreSettings.Durability.FULL));
    assertThat(settings.redis())
        .isEqualTo(
            new Settings.Redis(
                new ValueForm.HostAndPort("[::1]", 6380), new Secret("pa${ss}word"), true));
    assertThat(settings.timeout()).isEqualTo(Duration.ofHours(1));
    assertThat(settings.connectTimeout()).isEqualTo(Duration.ofMillis(500));
    assertThat(settings.addresses().permits("169.254.10.1")).isTrue();
    assertThat(settings.addresses().permits("fe80::1")).isTrue();
    assertThat(settings.addresses().permits("169.254.169.254")).isFalse();
    assertThat(settings.maxBodySize()).isEqualTo(524_288);
    assertThat(settings.maxReplyBytes()).isEqualTo(2048);
    assertThat(settings.limits())
        .isEqualTo(
            new Settings.Limits(
                new RateLimits(null, null, 1000L, 0L),
                Settings.LimitStore.REDIS,
                RedisSettings.OnStoreFailure.DENY));
    assertThat(settings.quota())
        .isEqualTo(
            new Settings.Quota(
                new TokenQuota(0L, QuotaPeriod.WEEK), ZoneId.of("Europe/Berlin"), 100));
    assertThat(settings.usage())
        .isEqualTo(
            new StoreSettings.UsagePolicy(StoreSettings.OnStoreFailure.SERVE, Duration.ofDays(30)));
    assertThat(settings.adminApiKey()).isEqualTo(new Secret(SECRET));
    assertThat(settings.secretKey()).isEqualTo(new Secret(SECRET));
    assertThat(settings.errorCode()).isEqualTo(Settings.ErrorCode.STATUS);
    assertThat(settings.log())
        .isEqualTo(new Settings.Log(Logging.Threshold.TRACE, Logging.Format.JSON));
    assertThat(settings.demo()).isTrue();
    assertThat(settings.adapters().get(BackendKind.VLLM))
        .isEqualTo(
            new UpstreamSettings.Adapter(
                BaseUrl.of("https://gpu.example"), new Credential("abc"), StreamUsage.NEVER));
    assertThat(settings.echoPace()).isZero();
    assertThat(settings.toString()).doesNotContain(SECRET, "pa${ss}word", "abc");
  }

  @Test
  void canEachBeSetInTheEnvironment() {
    // a value that is refused proves that the variable is read
    String wrong = "\0" + "x".repeat(5000);
    for (SettingsKey<?> key : SettingsTable.ALL) {
      assertThat(faults(Settings.load(null, Map.of(key.variable(), wrong))))
          .as(key.variable())
          .singleElement()
          .satisfies(fault -> assertThat(fault.key()).isEqualTo(key.name()))
          .satisfies(fault -> assertThat(fault.origin()).isEqualTo(key.variable()));
    }
  }

  @Test
  void useTheVariableNamesPeopleExpect() {
    var environment =
        Map.of(
            "MG_SERVER_PORT", "9999",
            "MG_DATABASE_PATH", "/tmp/gate.db",
            "MG_ADMIN_API_KEY", SECRET,
            "MG_SECRET_KEY", SECRET + "2",
            "MG_DEMO", "true",
            "MG_ADAPTERS_VLLM_BASE_URL", "http://10.0.0.7:8000/v1");

    Settings settings = loaded(Settings.load(null, environment));

    assertThat(settings.server().port()).isEqualTo(9999);
    assertThat(settings.database().path()).isEqualTo(Path.of("/tmp/gate.db"));
    assertThat(settings.adminApiKey()).isEqualTo(new Secret(SECRET));
    assertThat(settings.secretKey()).isEqualTo(new Secret(SECRET + "2"));
    assertThat(settings.demo()).isTrue();
    assertThat(settings.adapters().get(BackendKind.VLLM))
        .isEqualTo(adapterAt("http://10.0.0.7:8000"));
  }

  @Test
  void listEveryFaultAtOnce() {
    Path file =
        file(
            """
            server:
              port: 99999
              prot: 1
            timeout: soon
            redis.addr: nowhere
            databse.path: x
            quota.time-zone: Mars/Olympus
            rate-limit.rpm: -1
            """);

    var environment = Map.of("MG_MAX_BODY_SIZE", "5 elephants", "MG_DEMO", "perhaps");

    assertThat(faults(Settings.load(file, environment)))
        .extracting(Fault::toString)
        .containsExactlyInAnyOrder(
            file + ": server.port: 99999 – needs a whole number from 0 to 65535",
            file + ": server.prot – is no setting; did you mean server.port?",
            file
                + ": timeout: soon – needs a duration from 10ms to 24h, such as 500ms, 30s, 5m, 1h"
                + " or 90d",
            file
                + ": quota.time-zone: Mars/Olympus – needs a time zone such as UTC or"
                + " Europe/Berlin",
            file + ": rate-limit.rpm: -1 – needs a whole number from 0 to 1000000, or unlimited",
            file + ": redis.addr: nowhere – needs host:port, such as localhost:6379",
            file + ": databse.path – is no setting; did you mean database.path?",
            "MG_MAX_BODY_SIZE: max-body-size: 5 elephants – needs a size from 1KB to 1GB, such as"
                + " 512KB, 5MB or plain bytes (1KB = 1024 bytes)",
            "MG_DEMO: demo: perhaps – needs true or false");
  }

  @Test
  void findAFaultInTheFileEvenWhereTheEnvironmentOutranksIt() {
    Path file = file("server.port: many");

    assertThat(faults(Settings.load(file, Map.of("MG_SERVER_PORT", "1")))).hasSize(1);
  }

  @Test
  void neverShowASecretInAFault() {
    Path file =
        file(
            """
            admin.api-key: tooshort
            adapters.openai.api-key: "sk-with a space"
            adapters.vllm.base-url: "http://user:hunter2@gpu.example?token=hunter2"
            """);

    List<Fault> faults = faults(Settings.load(file, Map.of("MG_SECRET_KEY", "tiny")));

    assertThat(faults)
        .hasSize(4)
        .extracting(Fault::toString)
        .noneMatch(text -> text.contains("tooshort") || text.contains("sk-with"))
        .noneMatch(text -> text.contains("hunter2") || text.contains("tiny"));
    assertThat(faults).extracting(Fault::value).contains("«…»", "http://«…»@gpu.example?«…»");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          server:\\n  port: 1\\n port: 2         | line 3
          timeout: 1s\\nserver: [             | line 2
          server:\\n  port: 1\\nserver:\\n  host: x | line 3
          \\tserver: 1                        | line 1
          """)
  void tellTheLineWhereTheFileIsNoYaml(String text, String where) {
    Path file = file(text.replace("\\n", "\n").replace("\\t", "\t"));

    assertThat(faults(Settings.load(file, Map.of())))
        .singleElement()
        .satisfies(fault -> assertThat(fault.key()).isEqualTo(where))
        .satisfies(fault -> assertThat(fault.allowed()).startsWith("is no valid YAML: "));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "just text",
        "- a\n- b",
        "server: 8080",
        "server.port: [1, 2]",
        "server.port: {a: 1}",
        "? : 1",
        "1: 2",
        "a: \u0001",
        "x: !!java.net.URL [http://localhost]",
        "server: {port: 1}\nserver.port: {x: 2}"
      })
  void refuseAFileOfAnotherShape(String text) {
    assertThat(faults(Settings.load(file(text), Map.of()))).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "\n\n", "# nothing\n", "server:\n", "server:\n  port:\nredis: {}\n", "---\n"})
  void takeAnEmptyKeyAsNotSet(String text) {
    assertThat(loaded(Settings.load(file(text), Map.of("MG_SERVER_HOST", ""))))
        .isEqualTo(loaded(Settings.load(null, Map.of())));
  }

  @Test
  void refuseAFileThatIsNotThereOrIsNoText() throws IOException {
    Path binary = Files.write(folder.resolve("binary.yaml"), new byte[] {(byte) 0xff, 0});

    assertThat(faults(Settings.load(folder.resolve("none.yaml"), Map.of()))).hasSize(1);
    assertThat(faults(Settings.load(binary, Map.of()))).hasSize(1);
    assertThat(faults(Settings.load(folder, Map.of()))).hasSize(1);
  }

  @Test
  void readSecretsFromFiles() {
    Path secret = file(SECRET + "\n");

    Settings settings =
        loaded(Settings.load(null, Map.of("MG_ADMIN_API_KEY_FILE", secret.toString())));

    assertThat(settings.adminApiKey()).isEqualTo(new Secret(SECRET));
  }

  @Test
  void refuseASecretFileThatIsMissingEmptyOrNotAlone() {
    var environment = new HashMap<String, String>();
    environment.put("MG_ADMIN_API_KEY_FILE", folder.resolve("none").toString());
    environment.put("MG_SECRET_KEY_FILE", file("\n").toString());
    environment.put("MG_REDIS_PASSWORD_FILE", file("x").toString());
    environment.put("MG_REDIS_PASSWORD", "y");

    assertThat(faults(Settings.load(null, environment)))
        .extracting(Fault::origin)
        .containsExactlyInAnyOrder(
            "MG_ADMIN_API_KEY_FILE", "MG_SECRET_KEY_FILE", "MG_REDIS_PASSWORD_FILE");
  }

  @Test
  void warnOfVariablesThatMeanNothing() {
    var environment =
        Map.of(
            "MG_SERVER_PROT", "1",
            "MG_SERVER_PORT_FILE", "2",
            "MG_WHATEVER_THIS_IS", "3",
            "MG_JAVA_OPTS", "-Xmx1g",
            "PATH", "/bin");

    var loading = Settings.load(null, environment);

    assertThat(loading).isInstanceOf(Loaded.class);
    assertThat(((Loaded) loading).warnings())
        .containsExactly(
            "MG_SERVER_PORT_FILE is set and means nothing",
            "MG_SERVER_PROT is set and means nothing; did you mean MG_SERVER_PORT?",
            "MG_WHATEVER_THIS_IS is set and means nothing");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1", "s", "-1s", "1.5s", "1w", "99999999999999999999s", "9ms", "25h"})
  void refuseDurationsThatAreNone(String text) {
    assertThat(SettingsTable.TIMEOUT.form().reading().apply(text)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"1024, 1024", "1KB, 1024", "5mb, 5242880", "5 MB, 5242880", "1GB, 1073741824"})
  void readSizes(String text, int bytes) {
    assertThat(SettingsTable.MAX_BODY_SIZE.form().reading().apply(text)).contains(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "5XB", "MB", "-5MB", "1.5MB", "2GB", "9999999999GB", "1023", "0x10"})
  void refuseSizesThatAreNone(String text) {
    assertThat(SettingsTable.MAX_BODY_SIZE.form().reading().apply(text)).isEmpty();
  }

  @Property(tries = 100)
  void noTextMakesReadingFail(@ForAll String text) {
    for (SettingsKey<?> key : SettingsTable.ALL) {
      assertThat(Settings.load(null, Map.of(key.variable(), text))).isNotNull();
      assertThat(key.shown(text).length()).isLessThanOrEqualTo(130);
    }
  }

  private static UpstreamSettings.Adapter adapterAt(@Nullable String url) {
    return new UpstreamSettings.Adapter(
        url == null ? null : BaseUrl.of(url), null, StreamUsage.ASK);
  }

  private Path file(String text) {
    try {
      return Files.writeString(Files.createTempFile(folder, "settings", ".yaml"), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "api_key: {hunter2-hunter2: x}, api_key.«…»",
    "adapters: {openai: {api-kee: {hunter2: 1}}}, adapters.openai.api-kee.«…»",
    "redis: {password: {hunter2: 1}}, redis.password.«…»",
    "redis: {hunter2-hunter2: 1}, redis.«…»",
    "hunter2-hunter2: 1, «…»",
    "server: {prot: 1}, server.prot"
  })
  void showOfAMistypedNameWhatCanBeNoSecret(String line, String shown) throws IOException {
    Path file = Files.writeString(folder.resolve("mistyped.yaml"), line + "\n");

    assertThat(faults(Settings.load(file, Map.of())))
        .singleElement()
        .satisfies(fault -> assertThat(fault.key()).isEqualTo(shown))
        .satisfies(fault -> assertThat(fault.toString()).doesNotContain("hunter2"));
  }

  private static Settings loaded(Settings.Loading loading) {
    return switch (loading) {
      case Loaded(Settings settings, _, _) -> settings;
      case Faulty(var faults, _) -> fail("faults: " + faults);
    };
  }

  private static List<Fault> faults(Settings.Loading loading) {
    return switch (loading) {
      case Loaded _ -> List.of();
      case Faulty(var faults, _) -> faults;
    };
  }
}
