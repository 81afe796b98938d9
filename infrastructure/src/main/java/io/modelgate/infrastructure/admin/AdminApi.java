package io.modelgate.infrastructure.admin;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.application.admin.ChangeApiKey;
import io.modelgate.application.admin.ChangeRoutes;
import io.modelgate.application.admin.IssueApiKey;
import io.modelgate.application.admin.ResetUsage;
import io.modelgate.application.admin.SyncModels;
import io.modelgate.application.admin.TestModel;
import io.modelgate.application.chat.AdmitCaller;
import io.modelgate.application.chat.ListModels;
import io.modelgate.application.port.ApiKeys;
import io.modelgate.application.port.AuditTrail;
import io.modelgate.application.port.CallRecords;
import io.modelgate.application.port.LastUses;
import io.modelgate.application.port.Limits;
import io.modelgate.application.port.ModelRoutes;
import io.modelgate.application.port.Quotas;
import io.modelgate.application.port.Targets;
import io.modelgate.application.port.UsageReports;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.infrastructure.server.ApiErrors;
import io.modelgate.infrastructure.server.Metrics;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The admin side of the listener. Behind the admin key: {@code /metrics}, and under {@link
 * #PATH}{@code /api} the API that {@code docs/admin-api.yaml} describes; what is an API key's own
 * opens to that key, too. For everyone: the panel's static files, which hold no secrets.
 * Thread-safe.
 *
 * <p>All of the API speaks JSON in snake_case, UTF-8, times as RFC 3339 in UTC. An absent field of
 * a PATCH stays as it is, null clears it, 0 and false are values. What is refused is an error body
 * of {@link ApiErrors} with the field in {@code param}.
 */
public final class AdminApi implements HttpService {
  public static final String PATH = "/admin";

  /** Where the admin-ui jar keeps its files on the class path. */
  private static final String PAGES = "modelgate-admin-ui";

  private static final Header NO_FRAMES = HeaderValues.createCached("X-Frame-Options", "DENY");
  private static final Header NO_REFERRER =
      HeaderValues.createCached("Referrer-Policy", "no-referrer");
  private static final Header NO_STORE = HeaderValues.createCached("Cache-Control", "no-store");
  private static final Header PAGE_POLICY =
      HeaderValues.createCached(
          "Content-Security-Policy",
          "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src"
              + " 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  private static final Header API_POLICY =
      HeaderValues.createCached(
          "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");

  private final AdminGate gate;
  private final AdminKey adminKey;
  private final Sessions sessions;
  private final Keys keys;
  private final Models models;
  private final Calls calls;
  private final Usage usage;
  private final Supplier<Settings> settings;
  private final InstantSource clock;
  private final String pages;

  /**
   * The admin API over those use cases and ports.
   *
   * @param settings those of the moment; asked at each request
   */
  public AdminApi(
      Access access,
      Keys keys,
      Models models,
      Calls calls,
      Usage usage,
      Supplier<Settings> settings,
      InstantSource clock,
      ApiErrors errors) {
    this(access, keys, models, calls, usage, settings, clock, errors, PAGES);
  }

  /** With pages from another place, since only the distribution holds the real ones. */
  AdminApi(
      Access access,
      Keys keys,
      Models models,
      Calls calls,
      Usage usage,
      Supplier<Settings> settings,
      InstantSource clock,
      ApiErrors errors,
      String pages) {
    this.adminKey = new AdminKey(access.adminKey(), access.replacement());
    this.sessions = new Sessions(access.sessions(), clock);
    this.gate = new AdminGate(adminKey, access.callers(), sessions, errors);
    this.keys = keys;
    this.models = models;
    this.calls = calls;
    this.usage = usage;
    this.settings = settings;
    this.clock = clock;
    this.pages = pages;
  }

  @Override
  public void routing(HttpRules rules) {
    var keyJson = new KeyJson(keys.quotas(), keys.lastUses(), clock);
    rules
        .any(AdminApi::addPageHeaders)
        .any("/api", AdminApi::addApiHeaders)
        .any("/api/*", AdminApi::addApiHeaders)
        .register("/api/session", new SessionService(gate, adminKey, sessions))
        .register(
            "/api/admin-key", new AdminKeyService(gate, adminKey, sessions, usage.audit(), clock))
        .register("/api/keys", new KeysService(gate, keys, keyJson, clock))
        .register("/api/models", new ModelsService(gate, models))
        .register("/api/backends", new BackendsService(gate, models.targets()))
        .register("/api/audit", new AuditService(gate, usage.audit(), clock))
        .register("/api/settings", new SettingsService(gate, settings))
        .register(
            "/api",
            new MeService(gate, keys, calls, sessions, clock),
            new OverviewService(gate, keys, models.targets(), usage.reports(), keyJson, clock),
            new UsageService(gate, usage.reports(), keys.all(), clock),
            new RequestsService(gate, usage.records(), keys.all(), clock))
        .get("/api/openapi.yaml", gate.openToAnyone(OpenApi::show))
        .any("/api/openapi.yaml", gate.allowing("GET"))
        .any("/api", gate.nowhere())
        .any("/api/*", gate.nowhere())
        .get("/", AdminApi::addTrailingSlash)
        .register("/", new PanelService(pages));
  }

  /**
   * Adds the admin side to the listener that clients call: this at {@link #PATH}, and {@code
   * /metrics} behind the same key.
   */
  public void register(HttpRouting.Builder routing, Metrics metrics) {
    routing.register(PATH, this).register(MetricsService.behind(gate, metrics));
  }

  /**
   * Adds {@code /metrics}, without a key, to a listener that only the operator's network reaches.
   */
  public static void registerOpenMetrics(
      HttpRouting.Builder routing, Metrics metrics, ApiErrors errors) {
    routing.register(MetricsService.open(errors, metrics));
  }

  private static void addPageHeaders(ServerRequest request, ServerResponse response) {
    response.header(NO_FRAMES).header(NO_REFERRER).header(PAGE_POLICY);
    response.next();
  }

  private static void addApiHeaders(ServerRequest request, ServerResponse response) {
    response.header(NO_STORE).header(API_POLICY);
    response.next();
  }

  /** The page's relative links hang on it. */
  private static void addTrailingSlash(ServerRequest request, ServerResponse response) {
    if (request.prologue().uriPath().rawPath().equals(PATH)) {
      response.status(Status.PERMANENT_REDIRECT_308);
      response.header(HeaderNames.LOCATION, PATH + "/");
      response.send();
    } else {
      response.next();
    }
  }

  /**
   * Who may log in, and for how long.
   *
   * @param replacement makes another admin key, and returns when it is kept; may throw, then the
   *     old one stays; null for one that only the settings change
   * @param callers tells whose an API key is
   * @param sessions asked each time
   */
  public record Access(
      SecretHash adminKey,
      @Nullable Supplier<String> replacement,
      AdmitCaller callers,
      Supplier<SessionLifetime> sessions) {}

  /**
   * How long a login from a page lasts.
   *
   * @param idle without a request
   * @param atMost in any case
   */
  public record SessionLifetime(Duration idle, Duration atMost) {}

  /** What the endpoints for keys stand on. */
  public record Keys(
      IssueApiKey issue,
      ChangeApiKey change,
      ResetUsage reset,
      ApiKeys all,
      Quotas quotas,
      LastUses lastUses) {}

  /** What the endpoints for models stand on. */
  public record Models(
      ChangeRoutes change, ModelRoutes all, Targets targets, SyncModels sync, TestModel test) {}

  /** What the endpoints for a caller's own calls stand on. */
  public record Calls(Limits limits, ListModels models, Chat chat) {}

  /** Serves a chat completion under a key. */
  public interface Chat {
    void serve(ApiKey caller, ServerRequest request, ServerResponse response);
  }

  /** What the endpoints for what has happened stand on. */
  public record Usage(UsageReports reports, CallRecords records, AuditTrail audit) {}

  /**
   * The settings as an operator may see them.
   *
   * @param file where they are read from; null for no file
   * @param loadedAt when those in force were read
   * @param faults why the last change of the file was not taken; empty when it was
   */
  public record Settings(
      List<Setting> all, @Nullable String file, Instant loadedAt, List<String> faults) {
    public Settings {
      all = List.copyOf(all);
      faults = List.copyOf(faults);
    }
  }

  /**
   * One setting. All values are as they would stand in the file, secrets masked, null for nothing.
   *
   * @param value the one in force
   * @param origin who says so: {@code default}, the file, or the name of a variable
   * @param applies {@code at once} or {@code after restart}
   * @param pending what a restart would change; null when it would change nothing
   */
  public record Setting(
      String key,
      @Nullable String value,
      @Nullable String defaultValue,
      String origin,
      String applies,
      @Nullable Pending pending) {}

  /** What waits for a restart; null for nothing. */
  public record Pending(@Nullable String value) {}
}
