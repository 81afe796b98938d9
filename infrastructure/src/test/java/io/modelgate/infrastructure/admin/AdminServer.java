package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.modelgate.application.admin.ChangeApiKey;
import io.modelgate.application.admin.ChangeRoutes;
import io.modelgate.application.admin.IssueApiKey;
import io.modelgate.application.admin.ResetUsage;
import io.modelgate.application.admin.SyncModels;
import io.modelgate.application.admin.TestModel;
import io.modelgate.application.chat.AdmitCaller;
import io.modelgate.application.chat.ListModels;
import io.modelgate.application.port.ApiKeys;
import io.modelgate.application.port.ModelRoutes;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.RateLimits;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.domain.routing.BackendAddresses;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Checkup;
import io.modelgate.infrastructure.server.ApiErrors;
import io.modelgate.infrastructure.server.ApiServer;
import io.modelgate.infrastructure.server.ConnectionLimits;
import io.modelgate.infrastructure.server.Metrics;
import io.modelgate.infrastructure.server.ServerSettings;
import io.modelgate.infrastructure.server.WrongKeys;
import io.modelgate.testing.BrokenStore;
import io.modelgate.testing.InMemoryApiKeys;
import io.modelgate.testing.InMemoryAuditTrail;
import io.modelgate.testing.InMemoryModelRoutes;
import io.modelgate.testing.InMemoryQuotas;
import io.modelgate.testing.NoCallRecords;
import io.modelgate.testing.NoUsageReports;
import io.modelgate.testing.Samples;
import io.modelgate.testing.ScriptedCatalog;
import io.modelgate.testing.ScriptedLimits;
import io.modelgate.testing.ScriptedUpstream;
import io.modelgate.testing.SettableClock;
import io.modelgate.testing.wire.RawConnection;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/** The admin API on a real listener over stores in memory, and a client that holds its key. */
final class AdminServer implements AutoCloseable {
  static final String ADMIN_KEY = "the-admin-key-of-this-test";
  static final String STILL_OPEN = "[still open after 10 s]";
  static final long DEFAULT_QUOTA = 1_000_000;
  private static final AdminApi.Usage NOTHING_USED =
      new AdminApi.Usage(new NoUsageReports(), new NoCallRecords(), new InMemoryAuditTrail());

  final SettableClock clock = new SettableClock(Samples.NOON);
  final ApiKeys keys;
  final ModelRoutes routes;
  final InMemoryQuotas quotas = new InMemoryQuotas();
  volatile AdminApi.Settings settings =
      new AdminApi.Settings(List.of(), null, Samples.NOON, List.of());
  final FixedTargets targets = new FixedTargets();
  final Metrics metrics = Metrics.create("test");
  final Map<KeyId, Instant> lastUses = new ConcurrentHashMap<>();
  final ScriptedCatalog catalog = new ScriptedCatalog();
  volatile Checkup checkup = Checkup.NONE;
  final InMemoryAuditTrail audit = new InMemoryAuditTrail();
  private final ApiServer server;
  private final HttpClient client = HttpClient.newHttpClient();

  private AdminServer(ApiKeys keys, ModelRoutes routes, AdminApi.Usage usage) {
    this.keys = keys;
    this.routes = routes;
    var random = new SecureRandom();
    var changeRoutes =
        new ChangeRoutes(
            routes,
            EnumSet.of(BackendKind.VLLM, BackendKind.OPENAI),
            () -> BackendAddresses.USUAL,
            clock,
            random);
    var api =
        new AdminApi(
            new AdminApi.Access(
                SecretHash.of(ADMIN_KEY),
                replacements(),
                new AdmitCaller(keys, clock),
                () -> new AdminApi.SessionLifetime(Duration.ofHours(1), Duration.ofHours(12))),
            new AdminApi.Keys(
                new IssueApiKey(
                    keys,
                    clock,
                    random,
                    () ->
                        new IssueApiKey.Defaults(
                            TokenQuota.of(DEFAULT_QUOTA), RateLimits.ofRequests(60))),
                new ChangeApiKey(keys, clock),
                new ResetUsage(keys, quotas, clock),
                keys,
                quotas,
                key -> Optional.ofNullable(lastUses.get(key))),
            new AdminApi.Models(
                changeRoutes,
                routes,
                targets,
                new SyncModels(
                    catalog,
                    routes,
                    changeRoutes,
                    () -> Map.of(BackendKind.VLLM, BaseUrl.of("http://gpu:8000"))),
                new TestModel(new ScriptedUpstream(), _ -> checkup, catalog)),
            new AdminApi.Calls(
                new ScriptedLimits(),
                new ListModels(routes, new ScriptedUpstream()),
                (caller, _, response) -> response.send("called by " + caller.terms().name())),
            new AdminApi.Usage(usage.reports(), usage.records(), audit),
            () -> settings,
            clock,
            new ApiErrors(false),
            "admin-pages-of-tests");
    this.server =
        ApiServer.start(
            new ServerSettings(
                "127.0.0.1",
                0,
                5 * 1024 * 1024,
                Duration.ZERO,
                List.of(),
                new WrongKeys(50L, System::nanoTime),
                Set.of(),
                ConnectionLimits.USUAL,
                null),
            new ApiErrors(false),
            metrics,
            routing -> api.register(routing, metrics));
  }

  /** Each replacement is the one before and a plus. */
  private static Supplier<String> replacements() {
    var replaced = new AtomicReference<>(ADMIN_KEY);
    return () -> replaced.updateAndGet(before -> before + "+");
  }

  static AdminServer start() {
    return start(NOTHING_USED);
  }

  /** One that tells that. */
  static AdminServer start(AdminApi.Usage usage) {
    return new AdminServer(new InMemoryApiKeys(), new InMemoryModelRoutes(), usage);
  }

  /** One whose store can be read and nothing else. */
  static AdminServer startOnAFullDisk(ApiKeys keys, ModelRoutes routes) {
    return new AdminServer(BrokenStore.over(keys), BrokenStore.over(routes), NOTHING_USED);
  }

  @Override
  public void close() {
    client.close();
    server.close();
  }

  Reply get(String path) {
    return send(request(path).GET());
  }

  Reply delete(String path) {
    return send(request(path).DELETE());
  }

  Reply post(String path, String json) {
    return send("POST", path, BodyPublishers.ofString(json));
  }

  Reply patch(String path, String json) {
    return send("PATCH", path, BodyPublishers.ofString(json));
  }

  Reply send(String method, String path, BodyPublisher body) {
    return send(request(path).header("Content-Type", "application/json").method(method, body));
  }

  /** With the admin key. */
  HttpRequest.Builder request(String path) {
    return anonymousRequest(path).header("Authorization", "Bearer " + ADMIN_KEY);
  }

  HttpRequest.Builder anonymousRequest(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
        .timeout(Duration.ofSeconds(20));
  }

  Reply send(HttpRequest.Builder request) {
    try {
      return new Reply(client.send(request.build(), BodyHandlers.ofString()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }

  HttpResponse<byte[]> sendForBytes(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return client.send(request.build(), BodyHandlers.ofByteArray());
  }

  /** A client that reads as far as it likes. */
  RawConnection connect() throws IOException {
    return RawConnection.to(server.port());
  }

  /** Sends text as it stands, says that there is no more, and gives back all that comes. */
  String raw(String text) {
    return raw(text, true);
  }

  /** As {@link #raw}, but it is for the server to close; says so when it does not. */
  String rawAndWait(String text) {
    return raw(text, false);
  }

  private String raw(String text, boolean last) {
    var received = new ByteArrayOutputStream();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
      if (last) {
        socket.shutdownOutput();
      }
      socket.getInputStream().transferTo(received);
    } catch (SocketTimeoutException _) {
      return received.toString(StandardCharsets.UTF_8) + STILL_OPEN;
    } catch (IOException e) {
      throw new UncheckedIOException(received.toString(StandardCharsets.UTF_8), e);
    }
    return received.toString(StandardCharsets.UTF_8);
  }

  record Reply(HttpResponse<String> http) {
    private static final JsonMapper JSON = new JsonMapper();

    int status() {
      return http.statusCode();
    }

    String text() {
      return http.body();
    }

    String header(String name) {
      return http.headers().firstValue(name).orElse("");
    }

    JsonNode json() {
      try {
        return JSON.readTree(http.body());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    JsonNode error() {
      return json().path("error");
    }
  }
}
