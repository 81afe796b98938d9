package io.modelgate.infrastructure.admin;

import io.helidon.webserver.http.ServerRequest;
import io.modelgate.application.port.Deed.Author;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.infrastructure.server.CallLog;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** Who makes a request of the admin API, and what it opens. */
sealed interface Login {
  /** Who holds the admin key: sees everything. */
  record Admin() implements Login {}

  /**
   * Who holds an API key: sees what is the key's own.
   *
   * @param byFormerSecret whether it was shown the secret from before the last rotation, which
   *     calls and looks, but has no say over the key any more
   */
  record Holder(ApiKey key, boolean byFormerSecret) implements Login {}

  /** The one of a request that {@link AdminGate} let in. */
  static Login of(ServerRequest request) {
    return request
        .context()
        .get(Login.class)
        .orElseThrow(() -> new IllegalStateException("the gate comes before every endpoint"));
  }

  /** The key whose data alone may be shown; null for all. */
  default @Nullable KeyId confinedTo() {
    return switch (this) {
      case Admin _ -> null;
      case Holder(ApiKey key, _) -> key.id();
    };
  }

  /** Who is to be named for a change. */
  static Author author(ServerRequest request) {
    InetAddress address = CallLog.of(request).clientAddress();
    return new Author(
        switch (of(request)) {
          case Admin _ -> "admin";
          case Holder(ApiKey key, _) -> key.id().value();
        },
        address == null ? null : address.getHostAddress());
  }
}
