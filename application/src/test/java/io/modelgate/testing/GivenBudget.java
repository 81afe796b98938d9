package io.modelgate.testing;

import io.modelgate.application.port.OutputBudget;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A budget that does not grow. */
public record GivenBudget(@Nullable Long cap, long promptEstimate, long granted)
    implements OutputBudget {
  /** Whatever may come, and a prompt of 9 tokens. */
  public static GivenBudget endless() {
    return of(Long.MAX_VALUE);
  }

  /** So many tokens over all choices, and a prompt of 9. */
  public static GivenBudget of(long tokens) {
    return new GivenBudget(null, 9, tokens);
  }

  /** The same, with the request bounded to it. */
  public GivenBudget capped(long perChoice) {
    return new GivenBudget(perChoice, promptEstimate, granted);
  }

  @Override
  public Duration spent() {
    return Duration.ZERO;
  }

  @Override
  public boolean allows(long tokens) {
    return tokens <= granted;
  }
}
