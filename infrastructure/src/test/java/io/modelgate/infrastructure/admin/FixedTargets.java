package io.modelgate.infrastructure.admin;

import io.modelgate.application.port.ReplySink;
import io.modelgate.application.port.Targets;
import java.util.List;

/** Says how backends are as it is told. */
final class FixedTargets implements Targets {
  volatile List<EngineStanding> standings = List.of();

  @Override
  public List<EngineStanding> standings() {
    return standings;
  }

  @Override
  public Turn await(Wish wish, ReplySink sink) {
    throw new UnsupportedOperationException("the admin API makes no calls");
  }
}
