package io.modelgate.bootstrap;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that files changed: by content, so that it is all the same whether one was written over,
 * replaced by another of its name, or is reached by a link that now leads elsewhere. A content
 * counts once it was seen twice in a row, for an editor may be half through; so a change is noticed
 * within two seconds. Thread-safe.
 */
final class SettingsWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SettingsWatch.class);
  private static final int PACE_SECONDS = 1;

  private final List<Path> files;
  private final Runnable changed;
  private final CountDownLatch closed = new CountDownLatch(1);
  private List<String> seen;
  private @Nullable List<String> reported;

  /**
   * Only {@link #check} looks.
   *
   * @param changed called by one thread at a time; at first also when nothing changed, so that what
   *     was written between the reading of the files and this call is not missed
   */
  SettingsWatch(List<Path> files, Runnable changed) {
    this.files = List.copyOf(files);
    this.changed = changed;
    this.seen = look();
  }

  /** Looks every second on a thread of its own, if there is anything to watch. */
  static SettingsWatch start(List<Path> files, Runnable changed) {
    var watch = new SettingsWatch(files, changed);
    if (!files.isEmpty()) {
      Thread.ofVirtual().name("settings-watch").start(watch::run);
    }
    return watch;
  }

  private void run() {
    try {
      while (!closed.await(PACE_SECONDS, TimeUnit.SECONDS)) {
        try {
          check();
        } catch (RuntimeException e) {
          LOG.error("changed settings could not be applied", e);
        }
      }
    } catch (InterruptedException _) {
      // Nobody interrupts this thread; close() ends it.
    }
  }

  /** One look at the files; two in a row notice every change made before. */
  synchronized void check() {
    List<String> now = look();
    boolean settled = now.equals(seen);
    seen = now;
    if (settled && !now.equals(reported)) {
      reported = now;
      changed.run();
    }
  }

  /** The contents; of a file that cannot be read, why. */
  private List<String> look() {
    return files.stream().map(SettingsWatch::content).toList();
  }

  private static String content(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1); // any bytes will do
    } catch (IOException e) {
      return e.getClass().getName();
    }
  }

  /** Looks no more; a look under way may still end. */
  @Override
  public void close() {
    closed.countDown();
  }
}
