package io.modelgate.infrastructure.server;

import io.helidon.webserver.CloseConnectionException;

/**
 * Ends a connection whose request was answered while its body may still be arriving; see {@link
 * LingeringClose}.
 */
final class BodyLeftUnread extends CloseConnectionException {
  private static final long serialVersionUID = 1L;

  BodyLeftUnread() {
    super("request body left unread");
  }
}
