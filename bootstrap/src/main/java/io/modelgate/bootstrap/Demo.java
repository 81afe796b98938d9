package io.modelgate.bootstrap;

import io.modelgate.application.admin.ChangeRoutes;
import io.modelgate.application.admin.ChangeRoutes.NewModel;
import io.modelgate.application.admin.IssueApiKey;
import io.modelgate.application.admin.IssueApiKey.NewKey;
import io.modelgate.application.port.ApiKeys;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.infrastructure.store.SqlStore;
import java.util.List;

/**
 * The echo model and one key for it, so that a new installation answers at once.
 *
 * @param secret the key, to be shown on the console
 */
record Demo(String secret) {
  private static final String MODEL = "echo";

  /** Takes up the key of an earlier run if it still works, and makes what is missing. */
  static Demo prepare(KeyFile file, SqlStore store, IssueApiKey issueKey, ChangeRoutes changeRoutes) {
    if (store.modelRoutes().byName(new ModelName(MODEL)).isEmpty()) {
      changeRoutes.add(new NewModel(new ModelName(MODEL), BackendKind.ECHO, null, null, null, null, null, true));
    }
    return new Demo(file.read().filter(secret -> isKnown(secret, store.apiKeys())).orElseGet(() -> issue(file, issueKey)));
  }

  /** Ready-made calls, line by line. */
  List<String> howToCall(int port) {
    String call =
        "curl http://localhost:%d/v1/chat/completions -H 'Authorization: Bearer %s' -H 'Content-Type: application/json' -d"
            .formatted(port, secret);
    String messages = "\"messages\":[{\"role\":\"user\",\"content\":\"Hello!\"}]";
    return List.of(
        "Try it:",
        "  " + call + " '{\"model\":\"echo\"," + messages + "}'",
        "and streamed:",
        "  " + call.replace("curl ", "curl -N ") + " '{\"model\":\"echo\",\"stream\":true," + messages + "}'");
  }

  private static boolean isKnown(String secret, ApiKeys keys) {
    return keys.byHash(SecretHash.of(secret)).isPresent();
  }

  private static String issue(KeyFile file, IssueApiKey issueKey) {
    String secret = issueKey.handle(new NewKey("demo", null, TokenQuota.UNLIMITED, true)).secret();
    file.write(secret);
    return secret;
  }

  /** Without the key. */
  @Override
  public String toString() {
    return "Demo";
  }
}
