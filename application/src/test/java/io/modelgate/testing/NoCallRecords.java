package io.modelgate.testing;

import io.modelgate.application.port.CallRecords;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** As if there had never been a call. */
public final class NoCallRecords implements CallRecords {
  @Override
  public Page page(Filter filter, @Nullable Position after, int limit) {
    return new Page(List.of(), null);
  }

  @Override
  public Optional<KeptCall> byNumber(long number) {
    return Optional.empty();
  }
}
