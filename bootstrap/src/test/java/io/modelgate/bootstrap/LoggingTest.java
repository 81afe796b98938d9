package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.event.KeyValuePair;
import org.yaml.snakeyaml.Yaml;

class LoggingTest {
  private final LoggerContext context = new LoggerContext();

  @Test
  void writesTextForPeople() {
    LoggingEvent event = event("POST /v1/chat/completions");
    event.addKeyValuePair(new KeyValuePair("status", 200));
    event.addKeyValuePair(new KeyValuePair("key", "two words"));
    event.addKeyValuePair(new KeyValuePair("model", null));

    assertThat(new TextLayout().doLayout(event))
        .isEqualTo(
            "2026-11-22T22:00:00.123Z INFO  io.modelgate.access – POST /v1/chat/completions"
                + " status=200 key=\"two words\" model=null\n");
  }

  @Test
  void writesJsonForMachines() {
    LoggingEvent event = event("said \"hi\"");
    event.addKeyValuePair(new KeyValuePair("status", 200));
    event.addKeyValuePair(new KeyValuePair("tokens", 3L));
    event.addKeyValuePair(new KeyValuePair("stream", true));
    event.addKeyValuePair(new KeyValuePair("model", null));
    event.addKeyValuePair(new KeyValuePair("level", "mine"));

    assertThat(new JsonLayout().doLayout(event))
        .isEqualTo(
            "{\"timestamp\":\"2026-11-22T22:00:00.123Z\",\"level\":\"INFO\","
                + "\"logger\":\"io.modelgate.access\",\"message\":\"said \\\"hi\\\"\","
                + "\"status\":200,\"tokens\":3,\"stream\":true,\"model\":null,\"level_\":\"mine\"}\n");
  }

  @Test
  void keepsTheStackTrace() {
    LoggingEvent event = event("broken");
    event.setThrowableProxy(new ThrowableProxy(new IOException("disk full")));

    assertThat(new TextLayout().doLayout(event))
        .contains("broken\njava.io.IOException: disk full", "\tat io.modelgate.bootstrap");
    assertThat(new JsonLayout().doLayout(event))
        .contains("\"exception\":\"java.io.IOException: disk full\\n\\tat io.modelgate.bootstrap")
        .endsWith("}\n");
  }

  @Property
  void noTextFromOutsideBreaksALineOrItsJson(@ForAll String message, @ForAll String value) {
    LoggingEvent event = event(message);
    event.addKeyValuePair(new KeyValuePair("value", value));

    assertThat(new TextLayout().doLayout(event).strip().lines()).hasSize(1);
    String json = new JsonLayout().doLayout(event);
    assertThat(json.strip().lines()).hasSize(1);
    assertThat(json.codePoints().limit(json.length() - 1)).noneMatch(Character::isISOControl);
  }

  @Test
  void writesJsonThatReadsBackAsItWas() {
    String odd = "quote \" backslash \\ newline \n tab \t bell \u0007 line \u2028 flip \u202e ü 😀";
    LoggingEvent event = event(odd);

    Object read = new Yaml().load(new JsonLayout().doLayout(event));

    assertThat(read).asInstanceOf(InstanceOfAssertFactories.MAP).containsEntry("message", odd);
  }

  @ParameterizedTest
  @CsvSource({
    "ERROR, ERROR, ERROR",
    "WARN, WARN, WARN",
    "INFO, INFO, WARN",
    "DEBUG, DEBUG, INFO",
    "TRACE, TRACE, DEBUG"
  })
  void letsLibrariesSayLess(Logging.Threshold threshold, String ours, String libraries) {
    Logging.configure(context, threshold, Logging.Format.TEXT);

    assertThat(context.getLogger("io.modelgate.any").getEffectiveLevel())
        .isEqualTo(Level.toLevel(ours));
    assertThat(context.getLogger("io.helidon.any").getEffectiveLevel())
        .isEqualTo(Level.toLevel(libraries));
    assertThat(context.getLogger("ROOT").iteratorForAppenders()).toIterable().hasSize(1);
  }

  @Test
  void changesItsLevelAndItsFormWhileItIsUsed() {
    var before = new Settings.Log(Logging.Threshold.INFO, Logging.Format.TEXT);
    Logging.configure(context, before.threshold(), before.format());
    var first = theAppender();

    var louder = new Settings.Log(Logging.Threshold.DEBUG, Logging.Format.TEXT);
    Logging.change(context, before, louder);
    assertThat(context.getLogger("io.modelgate.any").getEffectiveLevel()).isEqualTo(Level.DEBUG);
    assertThat(theAppender()).isSameAs(first);

    Logging.change(context, louder, new Settings.Log(Logging.Threshold.DEBUG, Logging.Format.JSON));
    assertThat(theAppender()).isNotSameAs(first);
    assertThat(((LayoutWrappingEncoder<?>) theAppender().getEncoder()).getLayout())
        .isInstanceOf(JsonLayout.class);
  }

  private ConsoleAppender<?> theAppender() {
    var appenders = new ArrayList<Appender<ILoggingEvent>>();
    context.getLogger("ROOT").iteratorForAppenders().forEachRemaining(appenders::add);
    assertThat(appenders).hasSize(1);
    return (ConsoleAppender<?>) appenders.getFirst();
  }

  @Test
  void hearsWhatIsSaidThroughTheJdksOwnLogger() {
    assertThat(System.getLogger("io.helidon.any").getClass().getName()).startsWith("org.slf4j");
  }

  private LoggingEvent event(String message) {
    var event = new LoggingEvent();
    event.setLoggerContext(context);
    event.setLoggerName("io.modelgate.access");
    event.setLevel(Level.INFO);
    event.setMessage(message);
    event.setInstant(Instant.parse("2026-11-22T22:00:00.123Z"));
    return event;
  }
}
