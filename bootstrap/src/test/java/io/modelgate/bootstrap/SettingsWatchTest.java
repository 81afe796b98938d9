package io.modelgate.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsWatchTest {
  @TempDir private Path folder;
  private final AtomicInteger changes = new AtomicInteger();

  @SuppressWarnings("NullAway.Init")
  private Path file;

  @SuppressWarnings("NullAway.Init")
  private SettingsWatch watch;

  @BeforeEach
  void watchAFile() throws IOException {
    file = Files.writeString(folder.resolve("settings.yaml"), "timeout: 1s\n");
    watch = new SettingsWatch(List.of(file), changes::incrementAndGet);
    assertThat(changesNoticed()).as("the first look makes sure that nothing was missed").isOne();
    changes.set(0);
  }

  @AfterEach
  void stop() {
    watch.close();
  }

  @Test
  void noticesAFileWrittenOver() throws IOException {
    Files.writeString(file, "timeout: 2s\n");

    assertThat(changesNoticed()).isOne();
    assertThat(changesNoticed()).as("only once").isOne();
  }

  @Test
  void noticesContentAndNothingElse() throws IOException {
    Files.writeString(file, "timeout: 1s\n");
    Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH));

    assertThat(changesNoticed()).isZero();
  }

  @Test
  void noticesAChangeThatKeepsSizeAndTime() throws IOException {
    FileTime time = Files.getLastModifiedTime(file);
    Files.writeString(file, "timeout: 3s\n");
    Files.setLastModifiedTime(file, time);

    assertThat(changesNoticed()).isOne();
  }

  @Test
  void noticesAFileThatAnotherTookThePlaceOf() throws IOException {
    Path other = Files.writeString(folder.resolve("other"), "timeout: 2s\n");
    Files.move(other, file, StandardCopyOption.ATOMIC_MOVE);

    assertThat(changesNoticed()).isOne();

    Files.writeString(file, "timeout: 4s\n");
    assertThat(changesNoticed()).isEqualTo(2);
  }

  @Test
  void noticesALinkThatLeadsElsewhere() throws IOException {
    Path first = Files.createDirectory(folder.resolve("first"));
    Path second = Files.createDirectory(folder.resolve("second"));
    Files.writeString(first.resolve("settings.yaml"), "timeout: 1s\n");
    Files.writeString(second.resolve("settings.yaml"), "timeout: 2s\n");
    Path link = Files.createSymbolicLink(folder.resolve("data"), first);
    Path linked = link.resolve("settings.yaml");
    try (var linkWatch = new SettingsWatch(List.of(linked), changes::incrementAndGet)) {
      linkWatch.check();
      linkWatch.check();
      changes.set(0);
      Path swapped = Files.createSymbolicLink(folder.resolve("data.new"), second);
      Files.move(swapped, link, StandardCopyOption.ATOMIC_MOVE);

      linkWatch.check();
      linkWatch.check();

      assertThat(changes).hasValue(1);
    }
  }

  @Test
  void waitsUntilAFileIsWrittenToItsEnd() throws IOException {
    Files.writeString(file, "");
    watch.check();
    Files.writeString(file, "timeout: 2");
    watch.check();
    Files.writeString(file, "timeout: 2s\n");
    watch.check();
    assertThat(changes).hasValue(0);

    watch.check();
    assertThat(changes).hasValue(1);
  }

  @Test
  void noticesThatAFileIsGoneAndThatItIsBack() throws IOException {
    Files.delete(file);
    assertThat(changesNoticed()).isOne();

    Files.writeString(file, "timeout: 2s\n");
    assertThat(changesNoticed()).isEqualTo(2);
  }

  @Test
  void looksByItself() throws Exception {
    var noticed = new CountDownLatch(1);
    Path secret = Files.writeString(folder.resolve("secret"), "one");
    try (var _ = SettingsWatch.start(List.of(file, secret), noticed::countDown)) {
      assertThat(noticed.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  /** How often a change was told so far, after two looks. */
  private int changesNoticed() {
    watch.check();
    watch.check();
    return changes.get();
  }
}
