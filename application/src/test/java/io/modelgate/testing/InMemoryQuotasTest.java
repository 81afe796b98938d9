package io.modelgate.testing;

import io.modelgate.application.port.Quotas;
import io.modelgate.application.port.UsageRecord;
import java.util.List;

/** The double keeps the contract, so that tests which use it say something. */
final class InMemoryQuotasTest extends QuotasContract {
  private final InMemoryQuotas quotas = new InMemoryQuotas(ZONE);

  @Override
  protected Quotas quotas() {
    return quotas;
  }

  @Override
  protected List<String> keptRequests() {
    return quotas.records().stream().map(UsageRecord::requestId).toList();
  }
}
