package io.modelgate.bootstrap;

import io.modelgate.application.admin.ChangeRoutes;
import io.modelgate.application.admin.ChangeRoutes.NewModel;
import io.modelgate.application.admin.IssueApiKey;
import io.modelgate.application.port.ApiKeys;
import io.modelgate.application.port.Deed.Author;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.infrastructure.store.SqlStore;
import java.util.List;

/**
 * The echo model and one key for it, so that a new installation answers at once.
 *
 * @param key where the demo key lies; used again at the next start
 */
record Demo(KeyFile key) {
  private static final ModelName MODEL = new ModelName("echo");

  /** Takes up the key of an earlier run if it still works, and makes what is missing. */
  static Demo prepare(
      KeyFile file, SqlStore store, IssueApiKey issueKey, ChangeRoutes changeRoutes) {
    if (store.modelRoutes().byName(MODEL).isEmpty()) {
      changeRoutes.add(NewModel.on(BackendKind.ECHO, null, MODEL), Author.GATEWAY);
    }
    if (file.read().filter(secret -> isKnown(secret, store.apiKeys())).isEmpty()) {
      file.write(
          issueKey
              .handle("demo", terms -> terms.withQuota(TokenQuota.UNLIMITED), Author.GATEWAY)
              .secret());
    }
    return new Demo(file);
  }

  /**
   * Ready-made calls, line by line. They read the key from its file: consoles are logged, keys are
   * not.
   */
  List<String> howToCall(int port) {
    String call =
        """
        http://localhost:%d/v1/chat/completions -H "Authorization: Bearer $(cat %s)" -H 'Content-Type: application/json' -d\
        """
            .formatted(port, key.path());
    String messages = "\"messages\":[{\"role\":\"user\",\"content\":\"Hello!\"}]";
    return List.of(
        "Try it:",
        "  curl " + call + " '{\"model\":\"echo\"," + messages + "}'",
        "and streamed:",
        "  curl -N " + call + " '{\"model\":\"echo\",\"stream\":true," + messages + "}'");
  }

  private static boolean isKnown(String secret, ApiKeys keys) {
    return keys.byHash(SecretHash.of(secret)).isPresent();
  }
}
