package io.modelgate.bootstrap;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The signals that tell the process to stop. A shutdown hook would do for the first, but never
 * hears of a second, and the exit code would be the signal's (143).
 *
 * <p>{@code sun.misc.Signal} (module {@code jdk.unsupported}) is the JDK's only way to them. It is
 * called by reflection, because the compiler warns of it in a way that cannot be suppressed, and
 * warnings are errors here.
 */
final class StopSignals {
  private static final Logger LOG = LoggerFactory.getLogger(StopSignals.class);

  private StopSignals() {}

  /**
   * Has an action run for each signal, on a thread of its own, in place of the JVM's own end. Where
   * signals cannot be had ({@code -Xrs}, or a system without SIGHUP), they do what they always do;
   * what was ignored when the process began ({@code nohup}) stays so.
   *
   * @param action takes the signal's name; may block
   */
  static void onEach(Consumer<String> action) {
    for (String name : List.of("TERM", "INT", "HUP")) {
      try {
        handle(name, () -> action.accept("SIG" + name));
      } catch (InvocationTargetException e) {
        LOG.debug("SIG{} is not handled: {}", name, String.valueOf(e.getCause()));
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("this Java has no module jdk.unsupported", e);
      }
    }
  }

  private static void handle(String name, Runnable action) throws ReflectiveOperationException {
    Class<?> signal = Class.forName("sun.misc.Signal");
    Class<?> handler = Class.forName("sun.misc.SignalHandler");
    Object running =
        Proxy.newProxyInstance(
            StopSignals.class.getClassLoader(),
            new Class<?>[] {handler},
            (_, _, _) -> {
              action.run();
              return null;
            });
    Object _ =
        signal
            .getMethod("handle", signal, handler)
            .invoke(null, signal.getConstructor(String.class).newInstance(name), running);
  }
}
