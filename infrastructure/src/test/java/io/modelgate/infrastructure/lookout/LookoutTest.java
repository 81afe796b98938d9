package io.modelgate.infrastructure.lookout;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class LookoutTest {
  private final Lookout lookout = new Lookout("test-lookout");

  @Test
  void looksAgainAndAgainAtWhatWaits() throws InterruptedException {
    var looks = new CountDownLatch(3);

    lookout.add(_ -> looks.countDown());

    assertThat(looks.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void looksNoMoreAtWhatWasRemoved() throws InterruptedException {
    var gone = new AtomicInteger();
    Lookout.Waiting removed = _ -> gone.incrementAndGet();
    lookout.add(removed);
    lookout.remove(removed);
    var others = new CountDownLatch(5);
    lookout.add(_ -> others.countDown());
    assertThat(others.await(10, TimeUnit.SECONDS)).isTrue();
    int after = gone.get();
    var more = new CountDownLatch(3);
    lookout.add(_ -> more.countDown());

    assertThat(more.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(gone).hasValue(after);
  }

  @Test
  void outlivesWhatThrows() throws InterruptedException {
    var looks = new CountDownLatch(3);
    lookout.add(
        _ -> {
          throw new IllegalStateException("on purpose");
        });

    lookout.add(_ -> looks.countDown());

    assertThat(looks.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void tellsTheTime() throws InterruptedException {
    long before = System.nanoTime();
    var told = new CountDownLatch(1);

    lookout.add(
        now -> {
          if (now - before >= 0 && System.nanoTime() - now >= 0) {
            told.countDown();
          }
        });

    assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();
  }
}
