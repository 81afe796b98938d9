package io.modelgate.application.port;

/**
 * The store could not do what was asked: disk full, file gone, closed. Nothing of the change was
 * kept.
 */
public final class StoreUnavailable extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param doing what was being done, e.g. "adding an api key"
   */
  public StoreUnavailable(String doing, Throwable cause) {
    super("store unavailable while " + doing, cause);
  }
}
