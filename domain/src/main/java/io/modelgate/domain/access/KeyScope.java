package io.modelgate.domain.access;

import io.modelgate.domain.net.Network;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a key may be used for, and from where.
 *
 * @param models what it may call; none for all
 * @param defaultModel the name of a model, taken for a call that names none; null when such a call
 *     is a mistake
 * @param networks where its calls may come from; none for anywhere
 */
public record KeyScope(
    List<ModelPattern> models, @Nullable String defaultModel, List<Network> networks) {
  public static final KeyScope ANYTHING = new KeyScope(List.of(), null, List.of());

  /** How many models and how many networks can be named. */
  public static final int MOST = 200;

  public KeyScope {
    models = List.copyOf(models);
    networks = List.copyOf(networks);
    if (models.size() > MOST || networks.size() > MOST) {
      throw new IllegalArgumentException("a key's scope names 200 models and networks at most");
    }
  }

  /**
   * Whether a model may be called. Pure.
   *
   * @param model as a client writes it; any text
   */
  public boolean covers(String model) {
    if (models.isEmpty()) {
      return true;
    }
    for (ModelPattern pattern : models) {
      if (pattern.matches(model)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether a call may come from there. Pure.
   *
   * @param address null when nobody can tell
   */
  public boolean covers(@Nullable InetAddress address) {
    if (networks.isEmpty()) {
      return true;
    }
    for (Network network : networks) {
      if (address != null && network.contains(address)) {
        return true;
      }
    }
    return false;
  }
}
