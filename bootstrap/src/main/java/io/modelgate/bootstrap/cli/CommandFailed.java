package io.modelgate.bootstrap.cli;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Ends a command with a sentence for the operator and an exit code for scripts. */
final class CommandFailed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The gateway cannot be reached, or could not do it. */
  static final int FAILED = 1;

  /** What was asked makes no sense. */
  static final int USAGE = 2;

  /** The key is not the admin's. */
  static final int NOT_ALLOWED = 3;

  /** There is no such key or model. */
  static final int NOT_FOUND = 4;

  /** It is there already, or somebody changed it meanwhile. */
  static final int CONFLICT = 5;

  /** All of them, in the words of docs/operations.md. */
  static final Map<String, String> MEANINGS = meanings();

  private final int exitCode;

  CommandFailed(int exitCode, String message) {
    super(message, null, false, false);
    this.exitCode = exitCode;
  }

  private static Map<String, String> meanings() {
    var meanings = new LinkedHashMap<String, String>();
    meanings.put("0", "done");
    meanings.put(
        "" + FAILED,
        "the gateway cannot be reached or could not do it, or a backend failed in sync");
    meanings.put("" + USAGE, "what was asked makes no sense");
    meanings.put("" + NOT_ALLOWED, "the key is not the admin's");
    meanings.put("" + NOT_FOUND, "no such key or model");
    meanings.put("" + CONFLICT, "it is there already, or somebody changed it meanwhile");
    return Collections.unmodifiableMap(meanings);
  }

  /** What a status of the admin API comes to. */
  static CommandFailed of(int status, String message) {
    return new CommandFailed(
        switch (status) {
          case 400, 405, 413 -> USAGE;
          case 401, 403 -> NOT_ALLOWED;
          case 404 -> NOT_FOUND;
          case 409, 412 -> CONFLICT;
          default -> FAILED;
        },
        message);
  }

  int exitCode() {
    return exitCode;
  }
}
