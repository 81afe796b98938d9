package io.modelgate.application.port;

import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.chat.Endpoint;
import java.time.Duration;
import java.time.Instant;

/**
 * A call that the gateway turned away: nothing was sent to a backend.
 *
 * @param time when it came
 * @param requestId the client's own where it sent a sane one: not unique
 * @param model as asked for, whatever it is; empty when nobody had looked
 * @param status of the reply
 * @param rule what turned it away, one word of a few
 * @param duration until the reply
 */
public record RefusedCall(
    Instant time,
    String requestId,
    KeyId key,
    String model,
    Endpoint endpoint,
    boolean stream,
    int status,
    String rule,
    Duration duration) {
  /** What stands for an ending in the log of calls. */
  public static final String OUTCOME = "refused";

  /** The rule of calls for a model that there is not: its name is anybody's invention. */
  public static final String UNKNOWN_MODEL = "model";

  /** The rule that turns a call away whose key may not call the model, if there is one. */
  public static final String FORBIDDEN_MODEL = "model_not_allowed";

  private static final int LONGEST_MODEL = 200;

  public RefusedCall {
    model = model.length() > LONGEST_MODEL ? model.substring(0, LONGEST_MODEL) : model;
  }
}
