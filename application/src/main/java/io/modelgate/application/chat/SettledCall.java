package io.modelgate.application.chat;

import io.modelgate.application.port.UsageRecord;
import io.modelgate.domain.routing.Destination;

/**
 * A call that was sent somewhere, with what is kept of it.
 *
 * @param destination the last that was tried
 * @param durable whether the record outlives this process already
 */
public record SettledCall(Destination destination, UsageRecord record, boolean durable) {}
