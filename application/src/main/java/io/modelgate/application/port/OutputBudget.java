package io.modelgate.application.port;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How much one call may take, as the one who relays it asks. For one thread; never blocks. */
public interface OutputBudget {
  /**
   * What the request must be bounded to, in tokens for each choice, so that the backend itself
   * stops in time; null to send the request as it is.
   */
  @Nullable Long cap();

  /** The estimate of the prompt's tokens that was set aside. */
  long promptEstimate();

  /** How many tokens may be generated over all choices before more has to be asked for. */
  long granted();

  /**
   * Asks for more.
   *
   * @param tokens generated so far, over all choices
   * @return whether that many are allowed; {@link #granted()} is at least that then
   */
  boolean allows(long tokens);

  /** How long the call was tried elsewhere before, in vain; it has that much less time. */
  Duration spent();
}
