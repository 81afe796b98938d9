package io.modelgate.infrastructure.admin;

import io.modelgate.domain.access.SecretHash;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The one key that opens everything, or rather its hash. Thread-safe. */
final class AdminKey {
  private final @Nullable Supplier<String> replacement;
  private volatile SecretHash hash;

  /** As {@link AdminApi.Access} says. */
  AdminKey(SecretHash hash, @Nullable Supplier<String> replacement) {
    this.hash = hash;
    this.replacement = replacement;
  }

  boolean isReplaceable() {
    return replacement != null;
  }

  /** In constant time. */
  boolean opensWith(SecretHash presented) {
    return hash.equals(presented);
  }

  /** Another takes its place, at once; empty when it is fixed. */
  synchronized Optional<String> replace() {
    if (replacement == null) {
      return Optional.empty();
    }
    String fresh = replacement.get();
    hash = SecretHash.of(fresh);
    return Optional.of(fresh);
  }
}
