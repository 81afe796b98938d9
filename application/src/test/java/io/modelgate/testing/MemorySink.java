package io.modelgate.testing;

import io.modelgate.application.port.ReplySink;
import io.modelgate.domain.access.LimitStanding;
import io.modelgate.domain.chat.ReplyHead;
import io.modelgate.domain.chat.UpstreamFailure;
import io.modelgate.domain.routing.ModelName;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what it is given, and insists on the port's order: open once, then write, then end or fail
 * once. Can be looked at from another thread.
 */
public final class MemorySink implements ReplySink {
  private final int writesUntilGone;
  private final List<byte[]> writes = new ArrayList<>();
  private @Nullable ReplyHead head;
  private @Nullable LimitStanding standing;
  private @Nullable ModelName standIn;
  private boolean awaited;
  private byte @Nullable [] end;
  private @Nullable UpstreamFailure failure;
  private Runnable hangUp = () -> {};
  private boolean stopped;

  /** A client that stays. */
  public MemorySink() {
    this(Integer.MAX_VALUE);
  }

  private MemorySink(int writesUntilGone) {
    this.writesUntilGone = writesUntilGone;
  }

  /** A client that takes so many writes; the next one, or the end, finds it gone. */
  public static MemorySink hangingUpAfter(int writes) {
    return new MemorySink(writes);
  }

  @Override
  public synchronized void whenGone(Runnable newHangUp) {
    hangUp = newHangUp;
  }

  /** The client leaves while nothing is written to it. */
  public void hangUp() {
    Runnable told;
    synchronized (this) {
      told = hangUp;
    }
    told.run();
  }

  /** The gateway ends the call while nothing is written. */
  public void stop() {
    synchronized (this) {
      stopped = true;
    }
    hangUp();
  }

  @Override
  public synchronized boolean isStopped() {
    return stopped;
  }

  @Override
  public synchronized void announce(LimitStanding newStanding) {
    insist(head == null, "opened before");
    standing = newStanding;
  }

  @Override
  public synchronized void announce(ModelName newStandIn) {
    standIn = newStandIn;
  }

  @Override
  public synchronized void awaitReply() {
    awaited = true;
  }

  /** 502 for everything. */
  @Override
  public int statusOf(UpstreamFailure failure) {
    return 502;
  }

  @Override
  public synchronized void open(ReplyHead newHead) {
    insist(head == null, "opened twice");
    head = newHead;
  }

  @Override
  public synchronized void write(byte[] bytes, int offset, int length) {
    insistOpen();
    throwIfGone();
    writes.add(Arrays.copyOfRange(bytes, offset, offset + length));
  }

  @Override
  public synchronized void end(byte[] rest) {
    insistOpen();
    throwIfGone();
    end = rest.clone();
  }

  @Override
  public synchronized void fail(UpstreamFailure newFailure) {
    insistOpen();
    throwIfGone();
    failure = newFailure;
  }

  /** What it was opened with; null when it is untouched. */
  public synchronized @Nullable ReplyHead head() {
    return head;
  }

  /** What was said of the caller's limits; null when nothing was. */
  public synchronized @Nullable LimitStanding standing() {
    return standing;
  }

  /** The model that was said to reply instead of the one asked for; null for none. */
  public synchronized @Nullable ModelName standIn() {
    return standIn;
  }

  /** Whether it was told to wait. */
  public synchronized boolean isAwaited() {
    return awaited;
  }

  /** Each write by itself, without the end. */
  public synchronized List<byte[]> writes() {
    return writes.stream().map(byte[]::clone).toList();
  }

  /** All bytes in a row, those of the end included. */
  public synchronized byte[] bytes() {
    var all = new ByteArrayOutputStream();
    try {
      for (byte[] write : writes) {
        all.write(write);
      }
      if (end != null) {
        all.write(end);
      }
    } catch (IOException e) {
      throw new AssertionError("memory does not fail", e);
    }
    return all.toByteArray();
  }

  /** {@link #bytes()} read as UTF-8. */
  public String text() {
    return new String(bytes(), StandardCharsets.UTF_8);
  }

  public synchronized boolean isEnded() {
    return end != null;
  }

  /** What it was failed with; null when it was not. */
  public synchronized @Nullable UpstreamFailure failure() {
    return failure;
  }

  private void insistOpen() {
    insist(head != null, "not opened");
    insist(end == null && failure == null, "ended already");
  }

  private void throwIfGone() {
    if (writes.size() >= writesUntilGone) {
      throw new ClientGone(new IOException("broken pipe"));
    }
  }

  private static void insist(boolean condition, String otherwise) {
    if (!condition) {
      throw new AssertionError("the sink was " + otherwise);
    }
  }
}
