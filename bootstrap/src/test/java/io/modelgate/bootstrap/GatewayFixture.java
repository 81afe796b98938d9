package io.modelgate.bootstrap;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The whole gateway in this process, on a free port, with the echo model. Thread-safe. */
final class GatewayFixture implements AutoCloseable {
  static final String ADMIN_KEY = "admin-key-of-the-tests";

  private final Gateway gateway;
  private final AdminClient admin;

  private GatewayFixture(Gateway gateway) {
    this.gateway = gateway;
    this.admin = new AdminClient("http://127.0.0.1:" + gateway.port(), ADMIN_KEY);
  }

  static GatewayFixture start(Path folder) {
    return start(folder, Map.of());
  }

  /**
   * Starts it.
   *
   * @param folder for the database
   * @param more settings, as environment variables
   */
  static GatewayFixture start(Path folder, Map<String, String> more) {
    return start(folder, null, more);
  }

  /**
   * Starts it with a file of settings.
   *
   * @param file outranked by the environment; null for none
   */
  static GatewayFixture start(Path folder, @Nullable Path file, Map<String, String> more) {
    var environment = new HashMap<String, String>();
    environment.put("MG_SERVER_HOST", "127.0.0.1");
    environment.put("MG_SERVER_PORT", "0");
    environment.put("MG_SERVER_SHUTDOWN_GRACE", "1s");
    environment.put("MG_DATABASE_PATH", folder.resolve("modelgate.db").toString());
    environment.put("MG_ADMIN_API_KEY", ADMIN_KEY);
    environment.put("MG_DEMO", "true");
    environment.put("MG_ADAPTERS_ECHO_PACE", "1ms");
    // A scripted backend counts what it is asked; RoutingIT and the targets' tests ask more.
    environment.put("MG_HEALTH_INTERVAL", "0s");
    environment.put("MG_ROUTING_MAX_ATTEMPTS", "1");
    environment.putAll(more);
    return switch (Settings.load(file, environment)) {
      case Settings.Loading.Loaded loaded ->
          new GatewayFixture(
              Gateway.start(new LiveSettings(file, environment, loaded, InstantSource.system())));
      case Settings.Loading.Faulty(var faults, _) -> throw new AssertionError(faults.toString());
    };
  }

  /** Makes it notice every change of its settings' files that was made before. */
  void noticeChangedSettings() {
    gateway.checkSettings();
    gateway.checkSettings();
  }

  /** See {@link Gateway#lookAround}. */
  void lookAround(Consumer<String> news) {
    gateway.lookAround(news);
  }

  int port() {
    return gateway.port();
  }

  /** Scheme, host and port. */
  String url() {
    return "http://127.0.0.1:" + port();
  }

  AdminClient admin() {
    return admin;
  }

  @Override
  public void close() {
    admin.close();
    gateway.close();
  }
}
