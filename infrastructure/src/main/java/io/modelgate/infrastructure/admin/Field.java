package io.modelgate.infrastructure.admin;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A field of a request: what was given (null included, where it means something), or nothing. */
sealed interface Field<T extends @Nullable Object> {
  /** What it says, or {@code otherwise} when it was left out. */
  T or(T otherwise);

  /** What it says. */
  default T orElseThrow(Supplier<? extends RuntimeException> complaint) {
    return switch (this) {
      case Given<T>(T value) -> value;
      case Absent<T> _ -> throw complaint.get();
    };
  }

  record Given<T extends @Nullable Object>(T value) implements Field<T> {
    @Override
    public T or(T otherwise) {
      return value;
    }
  }

  record Absent<T extends @Nullable Object>() implements Field<T> {
    @Override
    public T or(T otherwise) {
      return otherwise;
    }
  }
}
