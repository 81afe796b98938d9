package io.modelgate.bootstrap;

/**
 * Text that must not be seen. {@link #toString()} never shows it, so that settings can be logged
 * whole.
 *
 * @param text as given, at least one character
 */
record Secret(String text) {
  /** What stands where a secret would. */
  static final String MASK = "«…»";

  @Override
  public String toString() {
    return MASK;
  }
}
