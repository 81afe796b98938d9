package io.modelgate.bootstrap;

import java.net.BindException;
import java.net.UnknownHostException;

/**
 * The gateway cannot start, and the operator can do something about it. The message is one sentence
 * for the console that says what is in the way.
 */
final class StartFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final boolean settingsAtFault;

  StartFailure(String message, Throwable cause) {
    this(message, cause, false);
  }

  /**
   * With who is to blame.
   *
   * @param settingsAtFault whether what the settings name will not do
   */
  StartFailure(String message, Throwable cause, boolean settingsAtFault) {
    super(message, cause);
    this.settingsAtFault = settingsAtFault;
  }

  boolean isSettingsAtFault() {
    return settingsAtFault;
  }

  /**
   * Why a start failed, on one line. Libraries wrap what an operator can act on; this unwraps it.
   */
  static String sentence(RuntimeException failure, Settings.Server wanted) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      switch (cause) {
        case StartFailure known -> {
          return String.valueOf(known.getMessage());
        }
        case BindException taken -> {
          return String.format(
              "it cannot listen on %s port %d (%s); choose with server.host and server.port, or stop"
                  + " what is there",
              wanted.host(), wanted.port(), taken.getMessage());
        }
        case UnknownHostException _ -> {
          return "no such host to listen on: " + wanted.host() + "; set server.host";
        }
        case Throwable _ -> {}
      }
    }
    String message = failure.getMessage();
    return message == null || message.isBlank()
        ? failure.getClass().getSimpleName()
        : message.lines().findFirst().orElse(message);
  }
}
