package io.modelgate.infrastructure.http;

import java.time.Duration;

/**
 * How streams are kept open.
 *
 * @param earlyHeaders whether a stream's head goes out as soon as the call is admitted; what fails
 *     afterwards is told by an event
 * @param keepAlive how long a stream may be silent before a comment is sent; zero for ever
 */
public record StreamSettings(boolean earlyHeaders, Duration keepAlive) {}
