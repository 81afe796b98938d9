package io.modelgate.bootstrap;

import static io.modelgate.testing.backend.ScriptedBackend.hangUp;
import static io.modelgate.testing.backend.ScriptedBackend.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.bootstrap.AdminClient.IssuedKey;
import io.modelgate.infrastructure.redis.RedisServerProcess;
import io.modelgate.testing.backend.ConnectProxy;
import io.modelgate.testing.backend.ScriptedBackend;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The shipped program with marked secrets and marked backends, driven down every way on which
 * something fails, at its most talkative: no byte that a client receives or that is logged holds a
 * secret in any form, and no client learns where a backend is.
 */
@Timeout(180)
class SecretsIT {
  private static final String HOST = "127.77.13.57";
  private static final String PATH = "/marked-path-q7";
  private static final String NAME = "marked-host-zz9.invalid";

  /** Stands for the credential; as long as those are. */
  private static final String SHOWN = "the-credential-that-was-shown";

  private static final String PROMPT = "Whisper-Quagga-4711";

  private final Marks secrets = new Marks();
  private final Marks places = new Marks();
  private final StringBuilder toClients = new StringBuilder();
  private final StringBuilder toAdmin = new StringBuilder();

  private final String adminKey = secrets.secret("admin key", "adm-Q7adminQ7adminQ7admin+/=x");
  private final String secretKey = secrets.secret("secret key", "Zx9secretZx9secretZx9secret+/=");
  private final String redisPassword =
      secrets.secret("Redis password", "Rd5redisRd5redisRd5redisRd5");
  private final String adapterKey =
      secrets.secret("adapter's credential", "sk-up-Ad3adapterAd3adapter+/=");
  private final String modelKey =
      secrets.secret("model's credential", "sk-up-Mo8modelMo8modelmod+/=x");
  private final String proxyPassword =
      secrets.secret("proxy's password", "px4passwordpx4passwordpx4");
  private final String wrongKey =
      secrets.secret("wrong key", "sk-mg-0Wr9ngKeyWr9ngKeyWr9ngKeyWr9ngKeyWr9ngKeyWr9");
  private final String wrongAdminKey =
      secrets.secret("wrong admin key", "adm-Wr0ngAdminWr0ngAdminWr0ng");

  @TempDir Path folder = Path.of("unset");

  @ParameterizedTest
  @EnumSource(Logging.Format.class)
  void noByteThatLeavesHoldsASecret(Logging.Format format) throws Exception {
    secrets.words(
        "proxy's Basic",
        Base64.getEncoder()
            .encodeToString(("px-user:" + proxyPassword).getBytes(StandardCharsets.UTF_8)));
    places.words("backend", HOST, PATH.substring(1), NAME, "127.0.0.1:", "localhost");
    String log;
    try (var redis = RedisServerProcess.startedWith(redisPassword);
        var backend = ScriptedBackend.start(new ServerSocket(0, 50, InetAddress.getByName(HOST)));
        var proxy = ConnectProxy.answering("HTTP/1.1 407 Who are you\r\n\r\n");
        var gateway =
            GatewayProcess.run(folder, environment(format, redis, backend, proxy), "serve");
        var admin = new AdminClient(gateway.url(), adminKey)) {
      String marked = "http://" + HOST + ":" + backend.port() + PATH;
      List<String> models = createModels(admin, marked);
      IssuedKey key = issue(admin, "good", "\"rpm\":null");

      failBackends(gateway, backend, key, models, words(marked));
      failCallers(gateway, admin, key);
      failAdministrators(gateway, marked);
      failConnections(gateway, key);
      redis.stop();
      backend.onRequest(hangUp());
      chat(gateway, issue(admin, "limited", "\"rpm\":1000").secret(), "vllm", false);
      String dump = dumpThreads(gateway, backend, key);
      gateway.terminate();
      assertThat(gateway.exitCode()).as(gateway.complaint()).isZero();
      log = gateway.said() + gateway.complaint() + dump;
    }
    assertThat(log).as("enough was logged").contains("unreachable", "not_authorized", "rejected");
    assertThat(toClients.toString())
        .as("enough was said")
        .contains("upstream_auth_failed", "no luck");
    assertThat(secrets.in(log)).as("secrets in the log").isEmpty();
    assertThat(secrets.in(toClients.toString())).as("secrets to clients").isEmpty();
    assertThat(secrets.in(toAdmin.toString())).as("secrets to administrators").isEmpty();
    assertThat(places.in(toClients.toString())).as("backends to clients").isEmpty();
    assertThat(log).as("prompts in the log").doesNotContain(PROMPT);
    assertThat(toAdmin).as("operators need it").contains(HOST);
  }

  @Test
  void noComplaintAboutSettingsHoldsASecret() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("wrong.yaml"),
            """
            admin: {api-kee: %s}
            adapters:
              vllm: {api-key: {%s: 1}, base-url: "http://u:%s@h/"}
              openai: {proxy: "%s"}
            redis: {addr: "redis://:%s@h"}
            %s: 1
            """
                .formatted(
                    adminKey,
                    modelKey.replace("=", ""),
                    adapterKey,
                    proxyPassword,
                    redisPassword,
                    secretKey));
    Files.writeString(folder.resolve("broken.yaml"), "admin:\n  api-key: " + adminKey + ": x\n :-");
    try (var wrong =
            GatewayProcess.run(
                folder,
                Map.of("MG_ADMIN_API_KEY", "tooshort-px4password"),
                "serve",
                "--config",
                file.toString());
        var broken = GatewayProcess.run(folder, Map.of(), "serve", "--config", "broken.yaml");
        var option = GatewayProcess.run(folder, Map.of(), "serve", "--config", "missing.yaml")) {
      assertThat(List.of(wrong.exitCode(), broken.exitCode(), option.exitCode())).containsOnly(2);
      String said = wrong.complaint() + wrong.said() + broken.complaint() + broken.said();
      assertThat(said).contains("adapters.vllm.base-url", "adapters.openai.proxy", "redis.addr");
      assertThat(secrets.in(said)).isEmpty();
    }
  }

  private Map<String, String> environment(
      Logging.Format format,
      RedisServerProcess redis,
      ScriptedBackend backend,
      ConnectProxy proxy) {
    var environment = new HashMap<String, String>();
    environment.put("MG_SERVER_HOST", "127.0.0.1");
    environment.put("MG_SERVER_PORT", "0");
    environment.put("MG_SERVER_SHUTDOWN_GRACE", "0s");
    environment.put("MG_CONNECT_TIMEOUT", "500ms"); // also for looking up a host there is not
    environment.put("MG_ADMIN_API_KEY", adminKey);
    environment.put("MG_SECRET_KEY", secretKey);
    // Each failure is to be seen once, and none is to keep the next call away.
    environment.put("MG_ROUTING_MAX_ATTEMPTS", "1");
    environment.put("MG_BREAKER_FAILURES", "1000");
    environment.put("MG_BREAKER_FAILURE_PERCENT", "100");
    environment.put("MG_LOG_LEVEL", "trace");
    environment.put("MG_LOG_FORMAT", format.name().toLowerCase(Locale.ROOT));
    environment.put("MG_RATE_LIMIT_STORE", "redis");
    environment.put("MG_REDIS_ADDR", "127.0.0.1:" + redis.port());
    environment.put("MG_REDIS_PASSWORD", redisPassword);
    environment.put("MG_ADAPTERS_OPENAI_API_KEY", adapterKey);
    environment.put("MG_ADAPTERS_OPENAI_BASE_URL", "http://" + HOST + ":" + backend.port() + PATH);
    environment.put(
        "MG_ADAPTERS_API3_PROXY", "http://px-user:" + proxyPassword + "@127.0.0.1:" + proxy.port());
    return environment;
  }

  private List<String> createModels(AdminClient admin, String marked) {
    for (String kind : List.of("vllm", "llamacpp", "ollama")) {
      admin.createModel(model(kind, kind, marked));
    }
    admin.createModel("{\"name\":\"openai\",\"backend\":\"openai\"}"); // the adapter's credential
    admin.createModel(model("proxied", "api3", marked));
    admin.createModel(model("nowhere", "vllm", "http://" + NAME + PATH));
    admin.createModel(model("closed", "vllm", "http://" + HOST + ":1" + PATH));
    return List.of("vllm", "llamacpp", "ollama", "openai");
  }

  private String model(String name, String kind, String url) {
    return "{\"name\":\"%s\",\"backend\":\"%s\",\"base_url\":\"%s\",\"api_key\":\"%s\",\"timeout\":\"2s\"}"
        .formatted(name, kind, url, modelKey);
  }

  private IssuedKey issue(AdminClient admin, String name, String fields) {
    IssuedKey key = admin.createKey(name, fields);
    secrets.secret("key " + name, key.secret());
    return key;
  }

  /** What a backend might say of itself, and of what it was shown. */
  private String words(String marked) {
    String place = marked.substring("http://".length(), marked.indexOf(PATH));
    return "no luck at "
        + String.join(
            ", ",
            marked + "/v1",
            place,
            HOST,
            "HTTPConnectionPool(host='" + HOST + "', port=80): url: " + PATH + "/v1/chat",
            "http:\\\\/\\\\/" + place + "\\\\/v1",
            "http%3A%2F%2F" + place.replace(":", "%3A"),
            "with Bearer " + SHOWN);
  }

  private void failBackends(
      GatewayProcess gateway,
      ScriptedBackend backend,
      IssuedKey key,
      List<String> models,
      String words)
      throws IOException {
    String json = "application/json";
    String inError =
        "{\"error\":{\"message\":\"%s\",\"type\":\"%s\",\"code\":400}}".formatted(words, words);
    for (String model : models) {
      for (boolean stream : new boolean[] {false, true}) {
        for (String status :
            List.of("400 Bad", "401 No", "403 No", "404 No", "429 Slow", "500 Oh", "503 Oh")) {
          failOnce(gateway, backend, key, model, stream, reply(status, json, inError));
        }
        failOnce(
            gateway,
            backend,
            key,
            model,
            stream,
            reply("422 No", json, "{\"detail\":\"" + words + "\"}"));
        failOnce(gateway, backend, key, model, stream, reply("400 No", "text/plain", words));
        failOnce(
            gateway, backend, key, model, stream, reply("502 No", "text/html", "<h1>" + words));
        failOnce(
            gateway,
            backend,
            key,
            model,
            stream,
            reply("302 Moved\r\nLocation: http://" + HOST + PATH, json, ""));
        failOnce(gateway, backend, key, model, stream, reply("200 OK", json, inError));
        failOnce(gateway, backend, key, model, stream, reply("200 OK", json, words));
        failOnce(gateway, backend, key, model, stream, words + "\r\n\r\n");
        failOnce(
            gateway,
            backend,
            key,
            model,
            stream,
            "HTTP/1.1 200 OK\r\n" + words.replace(":", "") + "\r\n\r\n");
        failOnce(
            gateway,
            backend,
            key,
            model,
            stream,
            reply("200 OK", "text/event-stream", "data: " + inError + "\n\n"));
        failOnce(gateway, backend, key, model, stream, "");
      }
    }
    for (String model : List.of("proxied", "nowhere", "closed")) {
      chat(gateway, key.secret(), model, false);
      chat(gateway, key.secret(), model, true);
    }
  }

  private void failOnce(
      GatewayProcess gateway,
      ScriptedBackend backend,
      IssuedKey key,
      String model,
      boolean stream,
      String reply)
      throws IOException {
    String shown = model.equals("openai") ? adapterKey : modelKey;
    backend.onRequest(send(reply.replace(SHOWN, shown)), hangUp());
    chat(gateway, key.secret(), model, stream);
  }

  private static String reply(String status, String type, String body) {
    return "HTTP/1.1 %s\r\nContent-Type: %s\r\nX-Served-By: %s\r\nSet-Cookie: at=%s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
        .formatted(status, type, HOST, HOST, body.length(), body);
  }

  private void failCallers(GatewayProcess gateway, AdminClient admin, IssuedKey key)
      throws IOException {
    String bearer = "Authorization: Bearer ";
    IssuedKey disabled = issue(admin, "disabled", "\"rpm\":null");
    admin.changeKey(disabled.id(), "{\"status\":\"disabled\"}");
    IssuedKey poor = issue(admin, "poor", "\"rpm\":null,\"quota_tokens\":1");
    IssuedKey slow = issue(admin, "slow", "\"rpm\":0");
    for (String secret :
        List.of(wrongKey, disabled.secret(), poor.secret(), slow.secret(), adminKey, modelKey)) {
      chat(gateway, secret, "vllm", false);
      chat(gateway, secret, secret, true);
    }
    chat(gateway, key.secret(), key.secret(), false);
    String secret = key.secret();
    for (String header :
        List.of(
            "Authorization: " + secret,
            "Authorization: Basic "
                + Base64.getEncoder().encodeToString(secret.getBytes(StandardCharsets.UTF_8)),
            bearer + secret + " " + secret,
            bearer + secret + "\r\n" + bearer + wrongKey,
            bearer + secret + "\0",
            bearer + secret + "x".repeat(20_000),
            "x-api-key: " + secret,
            "Cookie: key=" + secret)) {
      client(
          gateway,
          "POST /v1/chat/completions HTTP/1.1\r\n" + header + "\r\nContent-Length: 2\r\n\r\n{}");
    }
    for (String path :
        List.of(
            "/v1/models?api_key=",
            "/v1/models/",
            "/v1/",
            "/admin/",
            "/admin/api/keys/",
            "/",
            "/v1/usage?key=")) {
      client(gateway, "GET " + path + secret + " HTTP/1.1\r\n" + bearer + secret + "\r\n\r\n");
      client(gateway, "GET " + path + wrongKey + " HTTP/1.1\r\n\r\n");
    }
    for (String body :
        List.of(
            "{\"model\":\"" + secret,
            "[\"" + secret + "\"]",
            "{\"model\":{\"" + secret + "\":1}}",
            secret)) {
      client(
          gateway,
          "POST /v1/chat/completions HTTP/1.1\r\n%s%s\r\nContent-Length: %d\r\n\r\n%s"
              .formatted(bearer, secret, body.length(), body));
    }
    for (String path :
        List.of(
            "/admin/api/models",
            "/admin/api/keys",
            "/admin/api/settings",
            "/metrics",
            "/v1/models",
            "/v1/usage",
            "/health",
            "/health/ready")) {
      client(gateway, "GET " + path + " HTTP/1.1\r\n" + bearer + secret + "\r\n\r\n");
      client(gateway, "GET " + path + " HTTP/1.1\r\n" + bearer + wrongAdminKey + "\r\n\r\n");
    }
    client(
        gateway, "GET /metrics HTTP/1.1\r\n" + bearer + adminKey + "\r\n\r\n"); // for anyone's eyes
  }

  private void failAdministrators(GatewayProcess gateway, String marked) throws IOException {
    for (String path :
        List.of("/models", "/keys", "/settings", "/models/" + modelKey.replaceAll("[^a-z]", "x"))) {
      admin(gateway, "GET", path, "");
    }
    for (String body :
        List.of(
            "{\"name\":\"a\",\"backend\":\"vllm\",\"base_url\":\"http://u:"
                + proxyPassword
                + "@h\"}",
            "{\"name\":\"a\",\"backend\":\"vllm\",\"base_url\":\"http://h h/?"
                + proxyPassword
                + "\"}",
            "{\"name\":\"a\",\"backend\":\"vllm\",\"api_key\":\"bad " + modelKey + "\"}",
            "{\"name\":\"a\",\"backend\":\"vllm\",\"api_key\":[\"" + modelKey + "\"]}",
            "{\"name\":\"vllm\",\"backend\":\"vllm\",\"base_url\":\""
                + marked
                + "\",\"api_key\":\""
                + modelKey
                + "\"}",
            "{\"name\":\"a\",\"backend\":\"vllm\",\"api_kee\":\"" + modelKey + "\"}",
            "{\"api_key\":\"" + modelKey,
            "{\"name\":\"a\",\"timeout\":\"" + modelKey + "\"}")) {
      admin(gateway, "POST", "/models", body);
      admin(gateway, "POST", "/keys", body);
    }
  }

  /** Connections that break in the middle of secrets. */
  private void failConnections(GatewayProcess gateway, IssuedKey key) throws IOException {
    for (String half :
        List.of(
            "POST /v1/chat/completions HTTP/1.1\r\nAuthorization: Bearer " + key.secret(),
            "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                + key.secret()
                + "\r\nContent-Length: 500\r\n\r\n{\"model\"",
            "BREW /" + key.secret() + " HTCPCP/1.0\r\n\r\n",
            key.secret() + "\r\n\r\n")) {
      try (var socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
        socket.setSoTimeout(5_000);
        socket.getOutputStream().write(half.getBytes(StandardCharsets.ISO_8859_1));
        socket.shutdownOutput();
        read(socket, toClients);
      }
    }
  }

  /** While a call is under way. */
  private String dumpThreads(GatewayProcess gateway, ScriptedBackend backend, IssuedKey key)
      throws IOException, InterruptedException {
    backend.onRequest(send("HTTP/1.1 200 OK\r\n"), backend.silence());
    int before = backend.requests().size();
    Thread call = Thread.ofVirtual().start(() -> chatQuietly(gateway, key));
    while (backend.requests().size() == before) {
      Thread.sleep(5);
    }
    long pid = gateway.pid();
    Path file = folder.resolve("threads-" + pid + ".json");
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    run(jcmd, String.valueOf(pid), "Thread.dump_to_file", "-format=json", file.toString());
    run("kill", "-3", String.valueOf(pid));
    gateway.awaitLine("Full thread dump");
    String commandLine = Files.readString(Path.of("/proc/" + pid + "/cmdline"));
    call.join(Duration.ofSeconds(10));
    String dump = Files.readString(file);
    assertThat(dump).contains("upstream-pool");
    return dump + commandLine;
  }

  private void chatQuietly(GatewayProcess gateway, IssuedKey key) {
    try {
      chat(gateway, key.secret(), "vllm", false);
    } catch (IOException _) {
      // it was stopped
    }
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(said).isZero();
  }

  private void chat(GatewayProcess gateway, String secret, String model, boolean stream)
      throws IOException {
    String body =
        "{\"model\":\"%s\",\"stream\":%s,\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
            .formatted(model, stream, PROMPT);
    String reply =
        ask(
            gateway,
            "POST /v1/chat/completions HTTP/1.1\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(secret, body.length(), body));
    synchronized (toClients) {
      toClients.append(reply.replace("'" + model + "'", "'the model it asked for'"));
    }
  }

  /** But for the path that it asked for itself, and the name at its end, which it is told. */
  private void client(GatewayProcess gateway, String request) throws IOException {
    String path = request.split(" ", 3)[1].split("\\?", 2)[0];
    String name = path.substring(path.lastIndexOf('/') + 1);
    toClients.append(ask(gateway, request).replace(path, "/path").replace("'" + name + "'", "it"));
  }

  private void admin(GatewayProcess gateway, String method, String path, String body)
      throws IOException {
    toAdmin.append(
        ask(
            gateway,
            "%s /admin/api%s HTTP/1.1\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(method, path, adminKey, body.length(), body)));
  }

  /** All bytes that come back. */
  private static String ask(GatewayProcess gateway, String request) throws IOException {
    var all = new StringBuilder();
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
      socket.setSoTimeout(15_000);
      int line = request.indexOf("\r\n") + 2;
      String whole =
          request.substring(0, line) + "Host: x\r\nConnection: close\r\n" + request.substring(line);
      socket.getOutputStream().write(whole.getBytes(StandardCharsets.ISO_8859_1));
      read(socket, all);
    }
    return all.toString();
  }

  private static void read(Socket socket, StringBuilder into) throws IOException {
    try {
      into.append(new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1));
    } catch (SocketException _) {
      // reset: nothing more comes
    }
  }
}
