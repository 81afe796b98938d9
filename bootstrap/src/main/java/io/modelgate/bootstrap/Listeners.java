package io.modelgate.bootstrap;

import io.modelgate.infrastructure.admin.AdminApi;
import io.modelgate.infrastructure.http.OpenAiApi;
import io.modelgate.infrastructure.server.ApiErrors;
import io.modelgate.infrastructure.server.ApiServer;
import io.modelgate.infrastructure.server.Metrics;
import io.modelgate.infrastructure.server.ServerSettings;
import io.modelgate.infrastructure.server.TlsIdentity;
import io.modelgate.infrastructure.server.WrongKeys;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What listens where, as the settings have it. Wrong keys are counted for all together. */
final class Listeners {
  private final Settings settings;
  private final @Nullable TlsIdentity tls;
  private final ApiErrors errors;
  private final Metrics metrics;
  private final WrongKeys wrongKeys;

  Listeners(Settings settings, @Nullable TlsIdentity tls, ApiErrors errors, Metrics metrics) {
    this.settings = settings;
    this.tls = tls;
    this.errors = errors;
    this.metrics = metrics;
    this.wrongKeys = new WrongKeys(settings.edge().wrongKeysPerMinute(), System::nanoTime);
  }

  /** The listener of all. */
  ApiServer start(OpenAiApi openAi, AdminApi admin) {
    Settings.Server server = settings.server();
    try {
      return ApiServer.start(
          on(server.host(), server.port(), settings.edge().corsOrigins(), tls),
          errors,
          metrics,
          routing -> {
            openAi.register(routing);
            if (settings.edge().publicAdmin()) {
              admin.register(routing, metrics);
            }
          });
    } catch (IllegalStateException e) {
      throw new StartFailure(String.valueOf(e.getMessage()), e);
    }
  }

  /** The listener for operators alone; null when none is asked for. */
  @Nullable ApiServer startAdmin(OpenAiApi openAi, AdminApi admin, ApiServer first) {
    Settings.Server server = settings.server();
    Integer port = server.adminPort();
    if (port == null) {
      return null;
    }
    try {
      return ApiServer.start(
          on(server.adminHost(), port, Set.of(), settings.edge().tlsOnAdminPort() ? tls : null),
          errors,
          metrics,
          routing -> {
            openAi.registerHealth(routing);
            AdminApi.registerOpenMetrics(routing, metrics, errors);
            routing.register(AdminApi.PATH, admin);
          });
    } catch (IllegalStateException e) {
      first.close();
      throw new StartFailure(String.valueOf(e.getMessage()), e);
    }
  }

  /** Takes a new certificate when there is one. */
  SettingsWatch watchCertificate() {
    return tls == null
        ? SettingsWatch.start(List.of(), () -> {})
        : SettingsWatch.start(tls.files(), tls::reload);
  }

  private ServerSettings on(
      String host, int port, Set<String> corsOrigins, @Nullable TlsIdentity tlsThere) {
    Settings.Edge edge = settings.edge();
    return new ServerSettings(
        host,
        port,
        settings.maxBodySize(),
        settings.server().shutdownGrace(),
        edge.trustedProxies(),
        wrongKeys,
        corsOrigins,
        edge.connections(),
        tlsThere);
  }
}
