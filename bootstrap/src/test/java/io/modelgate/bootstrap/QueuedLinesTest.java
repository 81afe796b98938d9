package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Layout;
import ch.qos.logback.core.LayoutBase;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class QueuedLinesTest {
  private final LoggerContext context = new LoggerContext();
  private final Logger log = context.getLogger("calls");

  @AfterEach
  void stop() {
    context.stop();
  }

  private QueuedLines linesTo(OutputStream out) {
    var lines = new QueuedLines(new PrintStream(out, false, StandardCharsets.UTF_8), messages(""));
    lines.setContext(context);
    lines.start();
    log.setAdditive(false);
    log.addAppender(lines);
    return lines;
  }

  private static Layout<ILoggingEvent> messages(String before) {
    return new LayoutBase<>() {
      @Override
      public String doLayout(ILoggingEvent event) {
        return before + event.getFormattedMessage() + "\n";
      }
    };
  }

  @Test
  void writesAllOfThemInTheirOrderBeforeItIsStopped() {
    var written = new ByteArrayOutputStream();
    QueuedLines lines = linesTo(written);

    for (int i = 0; i < 5_000; i++) {
      log.info("{}", i);
    }
    lines.stop();

    assertThat(written.toString(StandardCharsets.UTF_8))
        .isEqualTo(IntStream.range(0, 5_000).mapToObj(i -> i + "\n").collect(Collectors.joining()));
  }

  @Test
  void looksDifferentOnceItIsToldTo() {
    var written = new ByteArrayOutputStream();
    QueuedLines lines = linesTo(written);

    lines.lookLike(messages("now "));
    log.info("new");
    lines.stop();

    assertThat(written.toString(StandardCharsets.UTF_8)).isEqualTo("now new\n");
  }

  @Test
  void nobodyWaitsForAConsoleThatIsNotRead() throws InterruptedException {
    var stuck = new CountDownLatch(1);
    var read = new CountDownLatch(1);
    var written = new ByteArrayOutputStream();
    QueuedLines lines =
        linesTo(
            new OutputStream() {
              @Override
              public void write(int b) {
                write(new byte[] {(byte) b}, 0, 1);
              }

              @Override
              public void write(byte[] bytes, int offset, int length) {
                stuck.countDown();
                try {
                  read.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
                written.write(bytes, offset, length);
              }
            });
    log.info("first");
    stuck.await();

    for (int i = 0; i < 20_000; i++) {
      log.info("{}", i);
    }
    read.countDown();
    lines.stop();

    assertThat(written.toString(StandardCharsets.UTF_8).lines()).hasSizeBetween(8_193, 8_800);
  }
}
