package io.modelgate.infrastructure.memory;

import io.modelgate.application.port.Limits;
import java.util.concurrent.atomic.AtomicBoolean;

/** Settles with the account that it was taken from. */
final class AccountPass implements Limits.Pass {
  private final KeyAccount account;
  private final long taken;
  private final AtomicBoolean settled = new AtomicBoolean();

  AccountPass(KeyAccount account, long taken) {
    this.account = account;
    this.taken = taken;
  }

  @Override
  public void settle(long tokens) {
    if (settled.compareAndSet(false, true)) {
      account.settle(taken, tokens);
    }
  }
}
