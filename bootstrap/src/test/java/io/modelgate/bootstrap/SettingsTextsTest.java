package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.bootstrap.Settings.Loading.Loaded;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTextsTest {
  private static final String SECRET = "hunter2-hunter2-hunter2";

  @Test
  void tellWhatIsInForceAndWhoSaysSo() {
    SettingsTexts texts = given(Map.of("MG_TIMEOUT", "5m"));

    assertThat(texts.text(SettingsTable.TIMEOUT)).isEqualTo("5m");
    assertThat(texts.origin(SettingsTable.TIMEOUT)).isEqualTo("MG_TIMEOUT");
    assertThat(texts.text(SettingsTable.SERVER_PORT)).isEqualTo("18080");
    assertThat(texts.origin(SettingsTable.SERVER_PORT)).isEqualTo("default");
    assertThat(texts.text(SettingsTable.ADMIN_API_KEY)).isNull();
  }

  @Test
  void differWhereTheValueDiffersNotWhereTheWritingDoes() {
    SettingsTexts before = given(Map.of("MG_TIMEOUT", "5m", "MG_DEMO", "true"));
    SettingsTexts after = given(Map.of("MG_TIMEOUT", "300s", "MG_LOG_LEVEL", "warn"));

    assertThat(before.describeChangesTo(after))
        .isEqualTo("log.level info → warn, demo true → false");
    assertThat(before.describeChangesTo(before)).isEmpty();
  }

  @Test
  void adoptWhatAppliesAtOnceAndKeepTheRest() {
    SettingsTexts before = given(Map.of("MG_SERVER_PORT", "1", "MG_TIMEOUT", "1s"));
    SettingsTexts wanted = given(Map.of("MG_SERVER_HOST", "::1", "MG_CONNECT_TIMEOUT", "2s"));

    Settings settings = Settings.of(before.adopting(wanted));

    assertThat(settings.server().port()).isEqualTo(1);
    assertThat(settings.server().host()).isEqualTo("0.0.0.0");
    assertThat(settings.timeout()).isEqualTo(Duration.ofMinutes(5));
    assertThat(settings.connectTimeout()).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void takeOverTheWritingAndTheOriginOfAValueThatIsTheSame() {
    SettingsTexts before = given(Map.of());
    SettingsTexts wanted = given(Map.of("MG_SERVER_SHUTDOWN_GRACE", "30000ms"));

    SettingsTexts adopted = before.adopting(wanted);

    assertThat(adopted).isEqualTo(wanted);
  }

  @Test
  void nameNoSecrets() {
    SettingsTexts before = given(Map.of());
    SettingsTexts after =
        given(
            Map.of(
                "MG_ADMIN_API_KEY", SECRET,
                "MG_ADAPTERS_VLLM_API_KEY", SECRET,
                "MG_ADAPTERS_OPENAI_PROXY", "http://me:" + SECRET + "@proxy.example:3128"));

    assertThat(before.describeChangesTo(after))
        .isEqualTo(
            "admin.api-key nothing → «…», adapters.vllm.api-key nothing → «…»,"
                + " adapters.openai.proxy nothing → «…»");
    assertThat(after.masked(SettingsTable.ADMIN_API_KEY)).isEqualTo("«…»");
    assertThat(after.toString()).doesNotContain(SECRET).contains("admin.api-key=«…»");
  }

  private static SettingsTexts given(Map<String, String> environment) {
    return ((Loaded) Settings.load(null, environment)).texts();
  }
}
