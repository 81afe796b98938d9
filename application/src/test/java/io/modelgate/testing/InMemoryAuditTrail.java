package io.modelgate.testing;

import io.modelgate.application.port.AuditTrail;
import io.modelgate.application.port.Deed;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Keeps what it is given in a list, and shows what a test puts in. */
public final class InMemoryAuditTrail implements AuditTrail {
  public final List<Deed> adminKeyDeeds = new ArrayList<>();
  public final List<Entry> entries = new ArrayList<>();

  @Override
  public synchronized void noteAdminKey(Deed deed) {
    adminKeyDeeds.add(deed);
  }

  @Override
  public synchronized List<Entry> page(Wish wish, @Nullable Long before, int limit) {
    return entries.reversed().stream()
        .filter(entry -> before == null || entry.number() < before)
        .filter(entry -> wish.kind() == null || entry.kind().equals(wish.kind()))
        .filter(entry -> wish.objectId() == null || wish.objectId().equals(entry.objectId()))
        .filter(entry -> wish.from() == null || !entry.time().isBefore(wish.from()))
        .filter(entry -> wish.to() == null || entry.time().isBefore(wish.to()))
        .limit(limit)
        .toList();
  }
}
