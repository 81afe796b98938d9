package io.modelgate.bootstrap;

import io.modelgate.bootstrap.AdminClient.IssuedKey;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Everybody who calls a gateway during a soak: the patient, those who leave, read slowly, drip or
 * say nothing, and those who are refused. Each is a thread that goes on until {@link #stop}; what
 * fails on the way is counted, not thrown. Thread-safe.
 */
final class SoakTraffic {
  private static final long SEED = 20261124;
  private static final int TRUE_MODELS = 3;

  /** A reply of an engine that counts, which its client had whole. */
  record Received(String requestId, String keyId, int words) {}

  private final int port;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final List<Thread> threads = new ArrayList<>();
  private final Queue<Received> received = new ConcurrentLinkedQueue<>();
  private final Map<String, AtomicLong> counts = new ConcurrentHashMap<>();
  private final AtomicLong number;
  private volatile boolean stopped;

  /**
   * None is on the way yet.
   *
   * @param first the number of the first call: ids must not come again
   */
  SoakTraffic(int port, long first) {
    this.port = port;
    this.number = new AtomicLong(first);
  }

  /** What somebody does again and again. */
  private interface Turn {
    void take(Random random) throws IOException, InterruptedException;
  }

  void start(List<IssuedKey> keys, Map<String, IssuedKey> refusedKeys) {
    for (int i = 0; i < 8; i++) {
      IssuedKey key = keys.get(i % keys.size());
      go(i, 100, random -> patient(key, random));
    }
    for (int i = 0; i < 4; i++) {
      IssuedKey key = keys.get(i % keys.size());
      go(100 + i, 150, random -> unlucky(key, random));
      go(200 + i, 200, random -> leaver(key, random));
    }
    for (int i = 0; i < 3; i++) {
      IssuedKey key = keys.get(i % keys.size());
      go(300 + i, 300, random -> slowReader(key, random));
      go(400 + i, 300, random -> dripping(key, random));
      go(500 + i, 1_000, this::silent);
    }
    refusedKeys.forEach((why, key) -> go(why.hashCode(), 300, random -> refused(why, key, random)));
  }

  private void go(int who, int pauseMillis, Turn turn) {
    var random = new Random(SEED + who);
    threads.add(
        Thread.ofVirtual()
            .start(
                () -> {
                  while (!stopped) {
                    try {
                      turn.take(random);
                      Thread.sleep(random.nextInt(2 * pauseMillis));
                    } catch (IOException e) {
                      count("connection failed");
                    } catch (InterruptedException _) {
                      return;
                    }
                  }
                }));
  }

  /** Lets everybody finish what he is at. */
  void stop() throws InterruptedException {
    stopped = true;
    for (Thread thread : threads) {
      if (!thread.join(Duration.ofSeconds(60))) {
        throw new AssertionError("a client still waits 60 s after the load's end");
      }
    }
    http.close();
  }

  List<Received> received() {
    return List.copyOf(received);
  }

  /** How many ended in which way. */
  Map<String, Long> counts() {
    var sorted = new TreeMap<String, Long>();
    counts.forEach((what, count) -> sorted.put(what, count.get()));
    return sorted;
  }

  long calls() {
    return number.get();
  }

  private void count(String what) {
    counts.computeIfAbsent(what, _ -> new AtomicLong()).incrementAndGet();
  }

  private String nextId() {
    return "soak-" + number.incrementAndGet();
  }

  private void patient(IssuedKey key, Random random) throws IOException, InterruptedException {
    String id = nextId();
    if (random.nextInt(5) == 0) {
      HttpResponse<String> reply =
          post("/v1/embeddings", key, id, "{\"model\":\"true-0\",\"input\":\"twelve bytes\"}");
      count("embeddings " + reply.statusCode());
      return;
    }
    boolean stream = random.nextBoolean();
    HttpResponse<String> reply =
        post(
            "/v1/chat/completions",
            key,
            id,
            chat(
                "true-" + random.nextInt(TRUE_MODELS),
                stream,
                1 + random.nextInt(HonestEngine.WORDS)));
    boolean whole =
        reply.statusCode() == 200
            && (stream ? reply.body().endsWith("data: [DONE]\n\n") : reply.body().endsWith("}"));
    if (whole) {
      received.add(new Received(id, key.id(), reply.body().split(" the", -1).length - 1));
    }
    count((stream ? "stream " : "whole ") + reply.statusCode() + (whole ? "" : " broken"));
  }

  /** Calls backends that misbehave. */
  private void unlucky(IssuedKey key, Random random) throws IOException, InterruptedException {
    boolean stream = random.nextBoolean();
    HttpResponse<String> reply =
        post(
            "/v1/chat/completions",
            key,
            nextId(),
            chat(stream ? "odd-stream" : "odd-whole", stream, 5));
    count("misbehaving backend " + reply.statusCode());
  }

  private void leaver(IssuedKey key, Random random) throws IOException, InterruptedException {
    try (Socket socket = connect()) {
      boolean stream = random.nextInt(4) > 0;
      send(socket, raw(key, nextId(), chat("true-" + random.nextInt(TRUE_MODELS), stream, 40)));
      if (stream && random.nextBoolean()) {
        socket.getInputStream().readNBytes(random.nextInt(1_200));
      } else {
        Thread.sleep(random.nextInt(400));
      }
      switch (random.nextInt(3)) {
        case 0 -> {
          socket.setSoLinger(true, 0);
          count("left with a reset");
        }
        case 1 -> {
          socket.shutdownOutput();
          drain(socket.getInputStream(), 0);
          count("closed half and read on");
        }
        default -> count("left");
      }
    }
  }

  private void slowReader(IssuedKey key, Random random) throws IOException, InterruptedException {
    try (Socket socket = connect()) {
      send(socket, raw(key, nextId(), chat("true-" + random.nextInt(TRUE_MODELS), true, 40)));
      InputStream in = socket.getInputStream();
      for (int i = 0; i < 60 && in.read() >= 0; i++) {
        Thread.sleep(20);
      }
      if (random.nextBoolean()) {
        drain(in, 5);
      }
      count("read slowly");
    }
  }

  private void dripping(IssuedKey key, Random random) throws IOException, InterruptedException {
    try (Socket socket = connect()) {
      String request = raw(key, nextId(), chat("true-" + random.nextInt(TRUE_MODELS), false, 3));
      int enough = random.nextBoolean() ? request.length() : random.nextInt(request.length());
      for (int i = 0; i < enough; i += 8) {
        send(socket, request.substring(i, Math.min(enough, i + 8)));
        Thread.sleep(30);
      }
      if (enough == request.length()) {
        drain(socket.getInputStream(), 0);
      }
      count("dripped");
    }
  }

  private void silent(Random random) throws IOException, InterruptedException {
    try (Socket socket = connect()) {
      Thread.sleep(random.nextInt(3_000));
      count(socket.isConnected() ? "said nothing" : "");
    }
  }

  private void refused(String why, IssuedKey key, Random random)
      throws IOException, InterruptedException {
    String body =
        switch (random.nextInt(6)) {
          case 0 -> "{\"model\":\"none-such\",\"messages\":[]}";
          case 1 -> "{\"model\":\"true-0\",";
          case 2 -> "{\"model\":\"true-0\",\"messages\":\"" + "x".repeat(6 << 20) + "\"}";
          default -> chat("true-1", random.nextBoolean(), 2);
        };
    count(why + " " + post("/v1/chat/completions", key, nextId(), body).statusCode());
  }

  static String chat(String model, boolean stream, int words) {
    return "{\"model\":\"%s\",\"stream\":%s,\"max_tokens\":%d,\"messages\":%s}"
        .formatted(model, stream, words, HonestEngine.PROMPT);
  }

  private HttpResponse<String> post(String path, IssuedKey key, String id, String body)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(Duration.ofSeconds(30))
            .header("Authorization", "Bearer " + key.secret())
            .header("x-request-id", id)
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  private static String raw(IssuedKey key, String id, String body) {
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\nx-request-id: %s\r\nContent-Length: %d\r\n\r\n%s"
        .formatted(key.secret(), id, body.length(), body);
  }

  private Socket connect() throws IOException {
    var socket = new Socket();
    socket.setReceiveBufferSize(4_096);
    socket.setSoTimeout(30_000);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static void drain(InputStream in, int pauseMillis)
      throws IOException, InterruptedException {
    byte[] some = new byte[256];
    while (in.read(some) >= 0) {
      Thread.sleep(pauseMillis);
    }
  }
}
