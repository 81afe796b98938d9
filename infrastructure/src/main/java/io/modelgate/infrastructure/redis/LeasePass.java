package io.modelgate.infrastructure.redis;

import io.modelgate.application.port.Limits;
import java.util.concurrent.atomic.AtomicBoolean;

/** Settles with the lease that the call began from. */
final class LeasePass implements Limits.Pass {
  private final KeyLease lease;
  private final long taken;
  private final AtomicBoolean settled = new AtomicBoolean();

  LeasePass(KeyLease lease, long taken) {
    this.lease = lease;
    this.taken = taken;
  }

  @Override
  public void settle(long tokens) {
    if (settled.compareAndSet(false, true)) {
      lease.settle(taken, tokens);
    }
  }
}
