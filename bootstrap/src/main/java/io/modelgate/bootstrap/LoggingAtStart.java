package io.modelgate.bootstrap;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.core.spi.ContextAwareBase;

/**
 * Holds until the settings are read, and in tests. Without it Logback would print everything down
 * to DEBUG, which Helidon's service registry uses freely. Found by Logback as a service.
 */
public final class LoggingAtStart extends ContextAwareBase implements Configurator {
  @Override
  public ExecutionStatus configure(LoggerContext context) {
    Logging.configure(context, Logging.Threshold.WARN, Logging.Format.TEXT);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }
}
