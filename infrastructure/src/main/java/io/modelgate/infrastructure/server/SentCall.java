package io.modelgate.infrastructure.server;

import io.modelgate.domain.chat.TokenUsage.Metered;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the log and the metrics tell of a call that was sent to a backend.
 *
 * @param model as clients call it; one that exists
 * @param backend its kind, as written in logs
 * @param outcome one word of a few, e.g. {@code completed}
 * @param stream whether the client asked for one
 * @param timeToFirstByte from admission to the reply's first bytes; null when there were none
 * @param duration from admission to the end
 */
public record SentCall(
    String model,
    String backend,
    String outcome,
    boolean stream,
    Metered usage,
    @Nullable Duration timeToFirstByte,
    Duration duration) {}
