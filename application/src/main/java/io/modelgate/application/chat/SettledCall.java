package io.modelgate.application.chat;

import io.modelgate.application.port.UsageRecord;
import io.modelgate.domain.routing.ModelRoute;

/**
 * A call that was sent somewhere, with what is kept of it.
 *
 * @param durable whether the record outlives this process already
 */
public record SettledCall(ModelRoute route, UsageRecord record, boolean durable) {}
