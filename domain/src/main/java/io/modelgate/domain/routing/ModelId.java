package io.modelgate.domain.routing;

/**
 * Names a model route in the store and in the admin API; stays the same when the model is renamed.
 *
 * @param value 1 to 64 characters, e.g. {@code mdl_41d0…}
 */
public record ModelId(String value) {
  public ModelId {
    if (value.isEmpty() || value.length() > 64) {
      throw new IllegalArgumentException(
          "a model id has 1 to 64 characters, got " + value.length());
    }
  }

  @Override
  public String toString() {
    return value;
  }
}
