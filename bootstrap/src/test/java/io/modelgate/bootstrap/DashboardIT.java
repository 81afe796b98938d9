package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelgate.testing.wire.Scrape;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The dashboard, and the alerts and metrics of the papers, name what the program serves. */
class DashboardIT {
  private static final Path DOCS = Path.of("../docs").toAbsolutePath().normalize();
  private static final Pattern METRIC = Pattern.compile("\\b(modelgate|jvm|process)_[a-z_]+[a-z]");

  @TempDir private Path folder;
  @AutoClose private final HttpClient http = HttpClient.newHttpClient();

  @Test
  void nameOnlyMetricsThatAreServed() throws Exception {
    Set<String> dashboard = new TreeSet<>();
    JsonNode json = new ObjectMapper().readTree(DOCS.resolve("grafana/modelgate.json").toFile());
    json.findValuesAsText("expr").forEach(expression -> dashboard.addAll(metrics(expression)));
    assertThat(dashboard).hasSizeGreaterThan(15);

    Set<String> served = served();

    assertThat(served).containsAll(dashboard);
    assertThat(served)
        .containsAll(metrics(Files.readString(DOCS.resolve("operations.md"))))
        .containsAll(metrics(tableOf(DOCS.resolve("metrics.md"))));
  }

  private static Set<String> metrics(String text) {
    return METRIC.matcher(text).results().map(MatchResult::group).collect(Collectors.toSet());
  }

  /** The rows alone, without those for many metrics at once. */
  private static String tableOf(Path paper) throws IOException {
    return Files.readAllLines(paper).stream()
        .filter(line -> line.startsWith("| `modelgate_"))
        .map(line -> line.substring(0, line.indexOf('|', 2)))
        .collect(Collectors.joining("\n"));
  }

  /** By a gateway that has served, refused and streamed. */
  private Set<String> served() throws IOException, InterruptedException {
    try (var gateway = GatewayFixture.start(folder)) {
      String key = gateway.admin().createKey("client").secret();
      call(gateway, key, "echo");
      call(gateway, key, "none");
      String text =
          http.send(
                  HttpRequest.newBuilder(URI.create(gateway.url() + "/metrics"))
                      .header("Authorization", "Bearer " + GatewayFixture.ADMIN_KEY)
                      .build(),
                  BodyHandlers.ofString())
              .body();
      var names = new TreeSet<String>();
      for (String family : Scrape.parse(text).families()) {
        names.add(family);
        names.add(family + "_bucket");
        names.add(family + "_sum");
        names.add(family + "_count");
      }
      return names;
    }
  }

  private void call(GatewayFixture gateway, String key, String model)
      throws IOException, InterruptedException {
    String body =
        "{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}";
    http.send(
        HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/chat/completions"))
            .header("Authorization", "Bearer " + key)
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.discarding());
  }
}
