package io.modelgate.infrastructure.store;

import static io.modelgate.testing.Samples.DEED;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.KeyScope;
import io.modelgate.domain.access.KeySecret;
import io.modelgate.domain.access.KeyTerms;
import io.modelgate.domain.access.ModelPattern;
import io.modelgate.domain.access.QuotaPeriod;
import io.modelgate.domain.access.RateLimits;
import io.modelgate.domain.access.Tier;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.domain.net.Network;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.ModelId;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.domain.routing.StreamUsage;
import io.modelgate.domain.routing.Target;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeTry;
import org.jspecify.annotations.Nullable;

/** Whatever the domain allows comes back from the disk as it was. */
final class RoundTripTest {
  private Path directory = Path.of("");

  @BeforeTry
  void makeDirectory() throws Exception {
    directory = Files.createTempDirectory("modelgate-round-trip");
  }

  @AfterTry
  void removeDirectory() throws Exception {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }

  @Property(tries = 15, shrinking = ShrinkingMode.OFF)
  void keysAndRoutesComeBackAsTheyWere(
      @ForAll("keys") List<ApiKey> keys, @ForAll("routes") List<ModelRoute> routes) {
    var settings = Stores.settings(directory.resolve("modelgate.db"));
    try (SqlStore store = SqlStore.open(settings)) {
      keys.forEach(key -> store.apiKeys().add(key, DEED));
      routes.forEach(route -> store.modelRoutes().add(route, DEED));
    }

    try (SqlStore store = SqlStore.open(settings)) {
      assertThat(store.apiKeys().all()).containsExactlyElementsOf(keys);
      assertThat(store.modelRoutes().all()).containsExactlyElementsOf(routes);
    }
  }

  private static Arbitrary<String> text(int longest) {
    return Arbitraries.strings()
        .ofMinLength(1)
        .ofMaxLength(longest)
        .filter(text -> !text.isBlank() && isWellFormed(text));
  }

  /** Half a surrogate pair has no UTF-8; JSON readers do not let it in either. */
  private static boolean isWellFormed(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }

  private static Arbitrary<Instant> instants() {
    return Arbitraries.longs()
        .between(-62_135_596_800_000L, 253_402_300_799_999L)
        .map(Instant::ofEpochMilli);
  }

  @Provide
  Arbitrary<List<ApiKey>> keys() {
    return Combinators.combine(
            text(64), terms(), instants().injectNull(0.3), instants(), instants())
        .as(
            (id, terms, until, created, updated) ->
                new ApiKey(
                    new KeyId(id),
                    KeySecret.of("before " + id).replacedBy(id, until),
                    terms,
                    created,
                    updated))
        .list()
        .uniqueElements(ApiKey::id)
        .ofMaxSize(12);
  }

  private static Arbitrary<KeyTerms> terms() {
    return Combinators.combine(
            text(KeyTerms.MAX_NAME_LENGTH),
            text(KeyTerms.MAX_NOTE_LENGTH).injectNull(0.3),
            quotas(),
            limits(),
            scopes(),
            Arbitraries.of(Tier.values()),
            Arbitraries.of(true, false),
            instants().injectNull(0.3))
        .as(KeyTerms::new);
  }

  private static Arbitrary<KeyScope> scopes() {
    Arbitrary<ModelPattern> patterns =
        Arbitraries.strings()
            .withCharRange('!', '~')
            .ofMinLength(1)
            .ofMaxLength(200)
            .filter(ModelPattern::isValid)
            .map(ModelPattern::new);
    Arbitrary<Network> networks =
        Arbitraries.of("10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "::1").map(Network::of);
    return Combinators.combine(
            patterns.list().ofMaxSize(5),
            patterns.map(ModelPattern::text).injectNull(0.5),
            networks.list().ofMaxSize(3))
        .as(KeyScope::new);
  }

  private static Arbitrary<TokenQuota> quotas() {
    return Combinators.combine(
            Arbitraries.longs().greaterOrEqual(0).injectNull(0.2),
            Arbitraries.of(QuotaPeriod.values()))
        .as(TokenQuota::new);
  }

  private static Arbitrary<RateLimits> limits() {
    return Combinators.combine(
            Arbitraries.longs().between(0, RateLimits.MAX_RPM).injectNull(0.2),
            Arbitraries.longs().between(0, RateLimits.MAX_RPM).injectNull(0.2),
            Arbitraries.longs().between(0, RateLimits.MAX_TPM).injectNull(0.2),
            Arbitraries.longs().between(0, RateLimits.MAX_CONCURRENT).injectNull(0.2))
        .as(RateLimits::new);
  }

  @Provide
  Arbitrary<List<ModelRoute>> routes() {
    Arbitrary<Duration> timeouts =
        Arbitraries.longs().between(1, Long.MAX_VALUE / 1_000_000).map(Duration::ofMillis);
    Arbitrary<Backend> backends =
        Combinators.combine(
                Arbitraries.of(BackendKind.values()),
                Arbitraries.of(
                        "http://localhost:8000", "https://[::1]:9/v1/", "HTTPS://gpu.example/a%20b")
                    .map(BaseUrl::of)
                    .injectNull(0.3),
                text(ModelName.MAX_LENGTH).injectNull(0.3),
                Arbitraries.strings()
                    .withCharRange('!', '~')
                    .ofMinLength(1)
                    .ofMaxLength(4_096)
                    .map(Credential::new)
                    .injectNull(0.3),
                timeouts.injectNull(0.3),
                Arbitraries.of(StreamUsage.values()).injectNull(0.3),
                Arbitraries.longs().greaterOrEqual(1).injectNull(0.3))
            .as(Backend::new);
    Arbitrary<String> names =
        Arbitraries.strings().withCharRange('!', '~').ofMinLength(1).ofMaxLength(200);
    return Combinators.combine(
            text(64),
            names.filter(ModelName::isValid),
            backends,
            Arbitraries.of(true, false),
            instants(),
            instants())
        .as(RoundTripTest::route)
        .list()
        .uniqueElements(ModelRoute::id)
        .uniqueElements(ModelRoute::name)
        .ofMaxSize(12);
  }

  private static ModelRoute route(
      String id, String name, Backend backend, boolean enabled, Instant created, Instant updated) {
    return new ModelRoute(
        new ModelId(id),
        new ModelName(name),
        List.of(
            new Target(BackendKind.ECHO, null, null, null, Target.MOST, name.length()),
            new Target(
                backend.kind(), backend.baseUrl(), backend.upstreamModel(), backend.credential())),
        List.of(new ModelName("z".repeat(200)), new ModelName("y")).stream()
            .filter(other -> !other.value().equals(name))
            .toList(),
        backend.timeout(),
        backend.streamUsage(),
        backend.maxOutputTokens(),
        enabled,
        created,
        updated);
  }

  private record Backend(
      BackendKind kind,
      @Nullable BaseUrl baseUrl,
      @Nullable String upstreamModel,
      @Nullable Credential credential,
      @Nullable Duration timeout,
      @Nullable StreamUsage streamUsage,
      @Nullable Long maxOutputTokens) {}
}
