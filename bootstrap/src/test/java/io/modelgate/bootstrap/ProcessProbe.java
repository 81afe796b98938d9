package io.modelgate.bootstrap;

import io.modelgate.testing.wire.Scrape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Looks at a gateway from outside: what Linux knows of its process, and its metrics. */
final class ProcessProbe implements AutoCloseable {
  private static final Pattern NUMBER = Pattern.compile("\\d+");
  private static final String ESTABLISHED = "01";

  private final HttpClient http = HttpClient.newHttpClient();
  private final long pid;
  private final String url;
  private final String adminKey;
  private final Set<Integer> backends;

  /**
   * For one process.
   *
   * @param url scheme, host and port
   * @param backends the ports where it has backends
   */
  ProcessProbe(long pid, String url, String adminKey, Set<Integer> backends) {
    this.pid = pid;
    this.url = url;
    this.adminKey = adminKey;
    this.backends = Set.copyOf(backends);
  }

  /**
   * One look.
   *
   * @param rss resident memory in MB
   * @param threads of the operating system
   * @param sockets descriptors that are sockets, whoever is at the other end
   * @param others descriptors that are anything else
   * @param toBackends established connections to backends
   * @param heap used, in MB; garbage counts
   * @param inFlight requests being answered, but for the scrape
   * @param waiting writes for the store's writer, and calls that are owed
   */
  record Look(
      long rss,
      long threads,
      long sockets,
      long others,
      long toBackends,
      long heap,
      long inFlight,
      long waiting) {
    long descriptors() {
      return sockets + others;
    }
  }

  Look look() throws InterruptedException {
    String status = read(Path.of("/proc/" + pid + "/status"));
    List<String> descriptors = descriptors();
    long sockets = descriptors.stream().filter(to -> to.startsWith("socket:")).count();
    Scrape scrape = scrape();
    return new Look(
        number(status, "VmRSS:") / 1024,
        number(status, "Threads:"),
        sockets,
        descriptors.size() - sockets,
        connections(new HashSet<>(descriptors)),
        (long) scrape.sum("jvm_memory_used_bytes", "area", "heap") >> 20,
        (long) scrape.sum("modelgate_requests_in_flight") - 1,
        (long) (scrape.sum("modelgate_usage_queue") + scrape.sum("modelgate_usage_owed")));
  }

  private Scrape scrape() throws InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create(url + "/metrics"))
            .timeout(Duration.ofSeconds(30))
            .header("Authorization", "Bearer " + adminKey)
            .build();
    try {
      return Scrape.parse(http.send(request, BodyHandlers.ofString()).body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long number(String status, String name) {
    Matcher number = NUMBER.matcher(status);
    if (!number.find(status.indexOf(name))) {
      throw new IllegalStateException("no " + name);
    }
    return Long.parseLong(number.group());
  }

  private List<String> descriptors() {
    try (var files = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      return files.map(ProcessProbe::target).filter(to -> !to.isEmpty()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Empty when it was closed meanwhile. */
  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (NoSuchFileException _) {
      return "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Java's sockets are in {@code tcp6}, also those to 127.0.0.1. */
  private long connections(Set<String> descriptors) {
    return List.of("tcp", "tcp6").stream()
        .flatMap(table -> read(Path.of("/proc/" + pid + "/net/" + table)).lines().skip(1))
        .map(line -> line.strip().split("\\s+"))
        .filter(fields -> fields[3].equals(ESTABLISHED))
        .filter(fields -> backends.contains(port(fields[2])))
        .filter(fields -> descriptors.contains("socket:[" + fields[9] + "]"))
        .count();
  }

  private static int port(String address) {
    return Integer.parseInt(
        address.substring(address.indexOf(':') + 1).toUpperCase(Locale.ROOT), 16);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    http.close();
  }
}
