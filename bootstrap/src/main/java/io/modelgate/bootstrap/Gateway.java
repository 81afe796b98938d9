package io.modelgate.bootstrap;

import io.modelgate.application.admin.ChangeApiKey;
import io.modelgate.application.admin.ChangeRoutes;
import io.modelgate.application.admin.DiscoverModels;
import io.modelgate.application.admin.IssueApiKey;
import io.modelgate.application.admin.ResetUsage;
import io.modelgate.application.admin.SyncModels;
import io.modelgate.application.admin.TestModel;
import io.modelgate.application.chat.AdmitCaller;
import io.modelgate.application.chat.CompleteChat;
import io.modelgate.application.chat.ListModels;
import io.modelgate.application.chat.NoteRefusal;
import io.modelgate.application.chat.ShowStanding;
import io.modelgate.application.chat.ShowUsage;
import io.modelgate.application.port.StoreUnavailable;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.infrastructure.admin.AdminApi;
import io.modelgate.infrastructure.http.OpenAiApi;
import io.modelgate.infrastructure.routing.LiveTargets;
import io.modelgate.infrastructure.server.ApiErrors;
import io.modelgate.infrastructure.server.ApiServer;
import io.modelgate.infrastructure.server.Metrics;
import io.modelgate.infrastructure.server.TlsFiles;
import io.modelgate.infrastructure.server.TlsIdentity;
import io.modelgate.infrastructure.server.TlsUnusable;
import io.modelgate.infrastructure.store.SqlStore;
import io.modelgate.infrastructure.store.StoreRefused;
import io.modelgate.infrastructure.store.StoreSettings;
import io.modelgate.infrastructure.upstream.UpstreamSettings;
import io.modelgate.infrastructure.upstream.Upstreams;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running program: everything put together by hand, in the order in which it starts.
 * Thread-safe.
 */
final class Gateway implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);

  private final SqlStore store;
  private final Upstreams upstreams;
  private final LiveTargets targets;
  private final OpenAiApi openAi;
  private final RateLimiting limits;
  private final ApiServer server;
  private final @Nullable ApiServer adminServer;
  private final SettingsWatch watch;
  private final SettingsWatch certificateWatch;
  private final List<String> notices;
  private final @Nullable Neighbours neighbours;
  private final Duration shutdownDelay;
  private final AtomicBoolean closing;

  private Gateway(
      SqlStore store,
      Upstreams upstreams,
      LiveTargets targets,
      OpenAiApi openAi,
      RateLimiting limits,
      ApiServer server,
      @Nullable ApiServer adminServer,
      SettingsWatch watch,
      SettingsWatch certificateWatch,
      List<String> notices,
      @Nullable Neighbours neighbours,
      Duration shutdownDelay,
      AtomicBoolean closing) {
    this.store = store;
    this.upstreams = upstreams;
    this.targets = targets;
    this.openAi = openAi;
    this.limits = limits;
    this.server = server;
    this.adminServer = adminServer;
    this.watch = watch;
    this.certificateWatch = certificateWatch;
    this.notices = List.copyOf(notices);
    this.neighbours = neighbours;
    this.shutdownDelay = shutdownDelay;
    this.closing = closing;
  }

  /**
   * Opens everything, the listener last, and follows the settings as they change.
   *
   * @throws StartFailure when something outside this program is in the way; then nothing stays open
   */
  static Gateway start(LiveSettings live) {
    Settings settings = live.current();
    InstantSource clock = InstantSource.system();
    SqlStore store = open(live, clock);
    try {
      Upstreams upstreams = Upstreams.open(upstreamSettings(settings), clock);
      try {
        var limits = RateLimiting.open(settings, clock);
        try {
          return listen(live, store, upstreams, limits, clock);
        } catch (RuntimeException e) {
          limits.close();
          throw e;
        }
      } catch (RuntimeException e) {
        upstreams.close();
        throw e;
      }
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
  }

  /** The port listened on. */
  int port() {
    return server.port();
  }

  /** What an operator should know once it is up, e.g. where keys lie; whole lines. */
  List<String> notices() {
    return notices;
  }

  /** One look at what the settings are read from, as {@link SettingsWatch#check}. */
  void checkSettings() {
    watch.check();
  }

  /**
   * Looks for engines beside the gateway, when it is a demo, and adds their models. Returns at once
   * and goes on in a thread of its own; what fails there is logged.
   *
   * @param news takes a sentence for each that is found
   */
  void lookAround(Consumer<String> news) {
    if (neighbours != null) {
      Thread.ofVirtual().name("look-around").start(() -> lookAround(neighbours, news));
    }
  }

  private void lookAround(Neighbours neighbours, Consumer<String> news) {
    try {
      neighbours.greet().forEach(news);
    } catch (InterruptedException _) {
      // Nobody interrupts this thread.
    } catch (StoreUnavailable e) {
      if (!closing.get()) {
        LOG.warn("the models found beside the gateway could not be kept", e);
      }
    }
  }

  /** Whether {@link #close()} had to end calls that outlasted the grace. */
  boolean hasCutCalls() {
    return server.hasCutCalls();
  }

  /**
   * Is not ready any more, goes on accepting for the delay, lets running calls finish for the grace
   * period, then closes what was opened, the listener first. Idempotent.
   */
  @Override
  public void close() {
    if (closing.compareAndSet(false, true)) {
      server.announceEnd();
      acceptForTheDelay();
      try (store;
          upstreams;
          targets;
          openAi;
          limits;
          adminServer;
          server;
          watch;
          certificateWatch) {
        // Closed in the reverse order of this list.
      }
    }
  }

  private void acceptForTheDelay() {
    try {
      Thread.sleep(shutdownDelay);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private static SqlStore open(LiveSettings live, InstantSource clock) {
    Settings settings = live.current();
    Secret key = settings.secretKey();
    try {
      return SqlStore.open(
          new StoreSettings(
              settings.database().path(),
              key == null ? null : key.text(),
              settings.database().durability(),
              settings.quota().zone(),
              () -> live.current().usage(),
              clock));
    } catch (StoreRefused e) {
      throw new StartFailure(String.valueOf(e.getMessage()), e);
    }
  }

  private static Gateway listen(
      LiveSettings live,
      SqlStore store,
      Upstreams upstreams,
      RateLimiting limits,
      InstantSource clock) {
    Settings settings = live.current();
    List<String> notices = new ArrayList<>();
    var closing = new AtomicBoolean();
    var random = new SecureRandom();
    var errors = new ApiErrors(settings.errorCode() == Settings.ErrorCode.STATUS);
    var issueKey = new IssueApiKey(store.apiKeys(), clock, random, () -> defaults(live.current()));
    var changeRoutes =
        new ChangeRoutes(
            store.modelRoutes(),
            upstreams.kinds(),
            () -> live.current().addresses(),
            clock,
            random);
    var models = new ListModels(store.modelRoutes(), upstreams);
    LiveTargets targets =
        LiveTargets.open(
            () -> live.current().routing(),
            () ->
                models.handle().stream()
                    .flatMap(route -> upstreams.destinations(route.name(), route).stream())
                    .toList(),
            upstreams::check,
            random,
            clock);
    var callers = new AdmitCaller(store.apiKeys(), clock);
    var noteRefusal = new NoteRefusal(store.refusedCalls(), clock);
    var openAi =
        new OpenAiApi(
            callers,
            models,
            new CompleteChat(
                models,
                store.apiKeys(),
                store.quotas(),
                limits.port(),
                upstreams,
                targets,
                () -> live.current().retry(),
                random,
                clock,
                () -> live.current().quota().assumedOutputTokens()),
            new ShowStanding(limits.port(), store.quotas(), clock),
            new ShowUsage(store.quotas(), store.usageHistory(), clock, settings.quota().zone()),
            noteRefusal,
            settings.maxBodySize(),
            () -> live.current().streams(),
            () -> store.takesCharges() && !closing.get(),
            errors);
    var admin =
        new AdminApi(
            access(settings, random, notices, callers, () -> live.current().sessions()),
            new AdminApi.Keys(
                issueKey,
                new ChangeApiKey(store.apiKeys(), clock),
                new ResetUsage(store.apiKeys(), store.quotas(), clock),
                store.apiKeys(),
                store.quotas(),
                store.lastUses()),
            new AdminApi.Models(
                changeRoutes,
                store.modelRoutes(),
                targets,
                new SyncModels(
                    upstreams.catalog(),
                    store.modelRoutes(),
                    changeRoutes,
                    () -> baseUrls(live.current())),
                new TestModel(upstreams, upstreams::check, upstreams.catalog())),
            new AdminApi.Calls(limits.port(), models, openAi::chat),
            new AdminApi.Usage(store.usageReports(), store.callRecords(), store.auditTrail()),
            () -> ShownSettings.of(live),
            clock,
            errors);
    Demo demo =
        settings.demo()
            ? Demo.prepare(besideDatabase(settings, "demo-key"), store, issueKey, changeRoutes)
            : null;
    Metrics metrics = metrics(store, limits);
    metrics.gauge(
        "modelgate_refusals_unlogged",
        "Refused calls left out of the log of calls since the start: there were too many.",
        () -> noteRefusal.leftOut() + store.refusalsLeftOut());
    TargetMetrics.add(metrics, targets);
    var listeners = new Listeners(settings, tls(settings), errors, metrics);
    ApiServer server = listeners.start(openAi, admin);
    ApiServer adminServer = listeners.startAdmin(openAi, admin, server);
    if (demo != null) {
      notices.addAll(demo.howToCall(server.port()));
    }
    Neighbours neighbours = settings.demo() ? neighbours(settings, upstreams, changeRoutes) : null;
    var watch =
        SettingsWatch.start(
            live.files(), () -> live.reload((before, after) -> apply(before, after, upstreams)));
    return new Gateway(
        store,
        upstreams,
        targets,
        openAi,
        limits,
        server,
        adminServer,
        watch,
        listeners.watchCertificate(),
        notices,
        neighbours,
        settings.server().shutdownDelay(),
        closing);
  }

  /** Of the kinds that have one; echo has none. */
  private static Map<BackendKind, BaseUrl> baseUrls(Settings settings) {
    Map<BackendKind, BaseUrl> found = new EnumMap<>(BackendKind.class);
    settings
        .adapters()
        .forEach(
            (kind, adapter) -> {
              if (adapter.baseUrl() != null) {
                found.put(kind, adapter.baseUrl());
              }
            });
    return found;
  }

  private static IssueApiKey.Defaults defaults(Settings settings) {
    return new IssueApiKey.Defaults(settings.quota().defaults(), settings.limits().defaults());
  }

  /** What asks for its settings each time, such as the quota of a new key, needs nothing here. */
  private static void apply(Settings before, Settings after, Upstreams upstreams) {
    Logging.change(before.log(), after.log());
    upstreams.apply(upstreamSettings(after));
  }

  private static Neighbours neighbours(
      Settings settings, Upstreams upstreams, ChangeRoutes changeRoutes) {
    var discoverModels = new DiscoverModels(upstreams.catalog(Neighbours.PATIENCE), changeRoutes);
    return new Neighbours(discoverModels, settings.adapters(), upstreams.kinds());
  }

  private static @Nullable TlsIdentity tls(Settings settings) {
    TlsFiles files = settings.edge().tls();
    try {
      return files == null ? null : TlsIdentity.of(files);
    } catch (TlsUnusable e) {
      throw new StartFailure("server.tls: " + e.getMessage(), e, true);
    }
  }

  private static Metrics metrics(SqlStore store, RateLimiting limits) {
    String version = Gateway.class.getPackage().getImplementationVersion();
    var metrics = Metrics.create(version == null ? "dev" : version);
    metrics.gauge(
        "modelgate_limiter_store_up",
        "Whether what rate limits are counted in answers; always, in memory.",
        () -> limits.storeAnswers().getAsBoolean() ? 1 : 0);
    metrics.gauge(
        "modelgate_usage_queue", "Writes that wait for the store's one writer.", store::queued);
    metrics.gauge(
        "modelgate_usage_owed",
        "Calls whose charge and record are not on the disk yet.",
        store::owed);
    metrics.gauge(
        "modelgate_usage_keeping_up",
        "0 when a charge is overdue.",
        () -> store.isKeepingUp() ? 1 : 0);
    return metrics;
  }

  private static UpstreamSettings upstreamSettings(Settings settings) {
    return new UpstreamSettings(
        settings.timeout(),
        settings.connectTimeout(),
        settings.maxReplyBytes(),
        settings.adapters(),
        settings.addresses(),
        settings.demo() ? settings.echoPace() : null);
  }

  /**
   * The admin key is the one set, else the one made at first start; the console says where it lies,
   * not what it is.
   */
  private static AdminApi.Access access(
      Settings settings,
      SecureRandom random,
      List<String> notices,
      AdmitCaller callers,
      Supplier<AdminApi.SessionLifetime> sessions) {
    Secret set = settings.adminApiKey();
    if (set != null) {
      return new AdminApi.Access(SecretHash.of(set.text()), null, callers, sessions);
    }
    var file = besideDatabase(settings, "admin-key");
    notices.add("The admin key is in " + file.path() + ".");
    Supplier<String> replacement =
        () -> {
          String fresh = "mg-admin-" + randomText(random);
          file.write(fresh);
          return fresh;
        };
    String kept = file.read().orElseGet(replacement);
    return new AdminApi.Access(SecretHash.of(kept), replacement, callers, sessions);
  }

  private static String randomText(SecureRandom random) {
    byte[] bytes = new byte[32];
    random.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static KeyFile besideDatabase(Settings settings, String name) {
    return new KeyFile(
        settings.database().path().toAbsolutePath().normalize().resolveSibling(name));
  }
}
