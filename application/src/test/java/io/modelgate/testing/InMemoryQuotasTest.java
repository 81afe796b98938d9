package io.modelgate.testing;

import io.modelgate.application.port.Quotas;

/** The double keeps the contract, so that tests which use it say something. */
final class InMemoryQuotasTest extends QuotasContract {
  private final Quotas quotas = new InMemoryQuotas();

  @Override
  protected Quotas quotas() {
    return quotas;
  }
}
