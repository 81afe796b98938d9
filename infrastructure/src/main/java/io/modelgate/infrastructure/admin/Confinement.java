package io.modelgate.infrastructure.admin;

import io.modelgate.domain.access.KeyId;
import io.modelgate.infrastructure.server.ApiError;
import org.jspecify.annotations.Nullable;

/** What the holder of a key may not ask: anything about other keys. */
final class Confinement {
  private Confinement() {}

  /**
   * Of which key is asked.
   *
   * @param only the key that alone may be seen; null for all
   * @return null for all keys
   */
  static @Nullable KeyId key(Query query, @Nullable KeyId only) {
    if (only == null) {
      return CallFilters.key(query);
    }
    if (query.has("key")) {
      throw refuses("key");
    }
    return only;
  }

  static Rejected refuses(String parameter) {
    return new Rejected(
        ApiError.invalidRequest(
                403, "'%s' is for the admin; you see your own key".formatted(parameter))
            .withParam(parameter));
  }
}
