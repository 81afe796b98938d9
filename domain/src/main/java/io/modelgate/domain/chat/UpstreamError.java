package io.modelgate.domain.chat;

import org.jspecify.annotations.Nullable;

/**
 * An error as a backend told it, whatever dialect it spoke. Fit for the client: without addresses.
 *
 * @param message never empty
 * @param code OpenAI's string where the dialect is known, e.g. {@code context_length_exceeded}
 */
public record UpstreamError(
    String message, @Nullable String type, @Nullable String param, @Nullable String code) {}
