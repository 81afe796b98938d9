package io.modelgate.infrastructure.server;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which models are counted under their own names: the first so many, for as long as the process
 * lives. All others share one name, since every name is kept in memory, and in Prometheus, for
 * good. Thread-safe.
 */
final class ModelLabels {
  static final String OTHER = "other";

  private final int most;
  private final Set<String> own = ConcurrentHashMap.newKeySet();

  /**
   * None yet.
   *
   * @param most of them have a name of their own
   */
  ModelLabels(int most) {
    this.most = most;
  }

  /** The name that a model, which exists, is counted under. */
  String of(String model) {
    return own.contains(model) || admit(model) ? model : OTHER;
  }

  private boolean admit(String model) {
    if (own.size() >= most) {
      return false;
    }
    synchronized (own) {
      if (own.size() < most) {
        own.add(model);
      }
      return own.contains(model);
    }
  }
}
