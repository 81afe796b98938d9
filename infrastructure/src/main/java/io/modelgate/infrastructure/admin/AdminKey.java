package io.modelgate.infrastructure.admin;

import io.modelgate.domain.access.SecretHash;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The one key that opens everything, or rather its hash. Thread-safe. */
public final class AdminKey {
  private final @Nullable Supplier<String> replacement;
  private volatile SecretHash hash;

  private AdminKey(SecretHash hash, @Nullable Supplier<String> replacement) {
    this.hash = hash;
    this.replacement = replacement;
  }

  /** One that the settings say, and that only they change. */
  public static AdminKey fixed(SecretHash hash) {
    return new AdminKey(hash, null);
  }

  /**
   * One that can be replaced.
   *
   * @param replacement makes another, and returns when it is kept; may throw, then the old one
   *     stays
   */
  public static AdminKey replaceable(SecretHash hash, Supplier<String> replacement) {
    return new AdminKey(hash, replacement);
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
