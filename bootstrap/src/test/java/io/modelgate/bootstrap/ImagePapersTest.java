package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelgate.bootstrap.Settings.Loading.Loaded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

/**
 * The Dockerfile and {@code docker-compose.yml} say what the program means; whether they work is
 * tried by {@code make image-check}.
 */
class ImagePapersTest {
  private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();
  private static final Settings DEFAULTS = ((Loaded) Settings.load(null, Map.of())).settings();

  @TempDir Path folder = Path.of("unset");

  @Test
  void theSettingsOfTheComposeFileAreRightAndTheirSecretsAreThere() throws IOException {
    JsonNode gateway = compose().at("/services/gateway");
    List<String> granted = texts(gateway.get("secrets"));
    Map<String, String> environment = new TreeMap<>();
    gateway
        .get("environment")
        .properties()
        .forEach(variable -> environment.put(variable.getKey(), variable.getValue().asText()));
    Path secret = Files.writeString(folder.resolve("secret"), "0123456789abcdef0123456789abcdef");
    List<String> asked = new ArrayList<>();
    environment.replaceAll(
        (name, value) -> {
          if (name.endsWith("_FILE")) {
            asked.add(value.replaceFirst("^/run/secrets/", ""));
            return secret.toString();
          }
          return value;
        });

    assertThat(Settings.load(null, environment))
        .isInstanceOfSatisfying(Loaded.class, loaded -> assertThat(loaded.warnings()).isEmpty());
    assertThat(asked).isNotEmpty().containsExactlyInAnyOrderElementsOf(granted);
    assertThat(compose().get("secrets").properties())
        .extracting(Map.Entry::getKey)
        .containsAll(granted);
  }

  @Test
  void theGatewayWaitsForAHealthyRedisAtTheAddressThatItsSettingsName() throws IOException {
    JsonNode services = compose().get("services");

    assertThat(services.at("/gateway/depends_on/redis/condition").asText())
        .isEqualTo("service_healthy");
    assertThat(services.at("/redis/healthcheck/test").asText()).contains("PONG");
    assertThat(services.at("/gateway/environment/MG_REDIS_ADDR").asText()).isEqualTo("redis:6379");
    assertThat(services.at("/gateway/environment/MG_RATE_LIMIT_STORE").asText()).isEqualTo("redis");
  }

  @Test
  void theDatabaseLiesInAVolumeThatLastsAndAllElseCanBeReadOnly() throws IOException {
    JsonNode compose = compose();
    Path database = Path.of(said("WORKDIR")).resolve(DEFAULTS.database().path()).normalize();

    assertThat(database).isEqualTo(Path.of("/data/modelgate.db"));
    assertThat(said("VOLUME")).isEqualTo("/data");
    assertThat(texts(compose.at("/services/gateway/volumes"))).containsExactly("data:/data");
    assertThat(compose.get("volumes").has("data")).isTrue();
    assertThat(compose.at("/services/gateway/read_only").booleanValue()).isTrue();
  }

  @Test
  void thePortIsTheOneThatTheProgramListensOn() throws IOException {
    String port = String.valueOf(DEFAULTS.server().port());

    assertThat(said("EXPOSE")).isEqualTo(port);
    assertThat(said("HEALTHCHECK")).contains("127.0.0.1:${MG_SERVER_PORT:-" + port + "}/health");
    assertThat(texts(compose().at("/services/gateway/ports")))
        .containsExactly("127.0.0.1:" + port + ":" + port);
  }

  @Test
  void dockerWaitsLongerThanTheCallsMayTake() throws IOException {
    String period = compose().at("/services/gateway/stop_grace_period").asText();
    Duration longest = DEFAULTS.server().shutdownDelay().plus(DEFAULTS.server().shutdownGrace());

    assertThat(Duration.parse("PT" + period)).isGreaterThan(longest.plusSeconds(5));
  }

  @Test
  void theProgramIsNotRoot() throws IOException {
    assertThat(said("USER")).matches("[1-9]\\d{3,}:[1-9]\\d{3,}");
    assertThat(said("COPY --from=build --chown=" + said("USER"))).endsWith("/data/ /data/");
  }

  private static JsonNode compose() throws IOException {
    Object read = new Yaml().load(Files.readString(REPOSITORY.resolve("docker-compose.yml")));
    return new ObjectMapper().valueToTree(read);
  }

  /** The one instruction of the Dockerfile's last stage that begins so, without its beginning. */
  private static String said(String beginning) throws IOException {
    String text = Files.readString(REPOSITORY.resolve("Dockerfile"));
    List<String> found =
        text.substring(text.lastIndexOf("\nFROM "))
            .lines()
            .filter(line -> line.startsWith(beginning + " "))
            .toList();
    assertThat(found).as(beginning).hasSize(1);
    return found.getFirst().substring(beginning.length() + 1);
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(text -> texts.add(text.asText()));
    return texts;
  }
}
