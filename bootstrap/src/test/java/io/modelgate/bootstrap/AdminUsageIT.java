package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelgate.bootstrap.AdminClient.IssuedKey;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the administrator is told of real calls. */
@Timeout(60)
class AdminUsageIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder = Path.of("unset");

  private final HttpClient http = HttpClient.newHttpClient();

  @SuppressWarnings("NullAway.Init")
  private GatewayFixture gateway;

  @BeforeEach
  void start() {
    gateway = GatewayFixture.start(folder);
  }

  @AfterEach
  void stop() {
    gateway.close();
    http.close();
  }

  private HttpResponse<String> call(IssuedKey key, String model) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/chat/completions"))
            .header("Authorization", "Bearer " + key.secret())
            .header("Content-Type", "application/json")
            .timeout(Duration.ofSeconds(20))
            .POST(
                BodyPublishers.ofString(
                    "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"a b c\"}]}"
                        .formatted(model)))
            .build(),
        BodyHandlers.ofString());
  }

  private JsonNode get(String path) {
    return gateway.admin().get(path);
  }

  /** Refused calls come into the log when the store has time. */
  private JsonNode refused(int many) {
    JsonNode found;
    do {
      found = get("/requests?outcome=refused").get("data");
    } while (found.size() < many);
    return found;
  }

  @Test
  void whatIsToldIsWhatWasChargedAndWhoWasTurnedAway() throws Exception {
    IssuedKey alice = gateway.admin().createKey("alice", "\"rpm\":2,\"burst\":2");
    IssuedKey bob = gateway.admin().createKey("bob");
    Instant before = InstantSource.system().instant();
    long tokens = 0;
    for (IssuedKey caller : new IssuedKey[] {alice, bob, alice}) {
      tokens += JSON.readTree(call(caller, "echo").body()).at("/usage/total_tokens").asLong();
    }
    assertThat(call(alice, "echo").statusCode()).isEqualTo(429);
    HttpResponse<String> unknown = call(bob, "nobody's");
    assertThat(unknown.statusCode()).isEqualTo(404);

    JsonNode turnedAway = refused(2);

    assertThat(
            StreamSupport.stream(turnedAway.spliterator(), false)
                .map(call -> call.get("key_name").asText() + " " + call.get("refusal").asText()))
        .containsExactlyInAnyOrder("alice rpm", "bob model");
    String id = unknown.headers().firstValue("x-request-id").orElseThrow();
    assertThat(get("/requests?request_id=" + id).at("/data/0/model").asText())
        .isEqualTo("nobody's");

    String range = "?from=" + before + "&to=" + InstantSource.system().instant().plusSeconds(1);
    for (String zone : new String[] {"UTC", "Asia/Kolkata", "America/St_Johns"}) {
      for (String interval : new String[] {"hour", "day"}) {
        JsonNode usage =
            get("/usage" + range + "&group_by=key&time_zone=" + zone + "&interval=" + interval);
        assertThat(usage.at("/totals/requests").asLong()).isEqualTo(3);
        assertThat(usage.at("/totals/refused").asLong()).isEqualTo(2);
        assertThat(usage.at("/totals/total_tokens").asLong()).isEqualTo(tokens);
        assertThat(usage.at("/groups/0/name").asText()).isEqualTo("alice");
      }
    }
    assertThat(
            UsageRows.of(folder.resolve("modelgate.db")).usedByKey().values().stream()
                .mapToLong(Long::longValue)
                .sum())
        .isEqualTo(tokens);
    assertThat(get("/overview").at("/top_models/0/group").asText()).isEqualTo("echo");
    assertThat(get("/requests").get("data")).hasSize(5);
  }

  @Test
  void theLogIsTheSameAfterARestart() throws Exception {
    IssuedKey key = gateway.admin().createKey("carol");
    call(key, "echo");
    call(key, "nobody's");
    JsonNode refused = refused(1);
    JsonNode before = get("/requests?from=2020-01-01");

    gateway.close();
    gateway = GatewayFixture.start(folder);

    assertThat(get("/requests?from=2020-01-01")).isEqualTo(before);
    assertThat(get("/requests/" + refused.at("/0/id").asText())).isEqualTo(refused.get(0));
  }
}
