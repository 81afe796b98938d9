package io.modelgate.infrastructure.store;

import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Logger;
import javax.sql.ConnectionPoolDataSource;
import javax.sql.PooledConnection;
import org.jspecify.annotations.Nullable;

/**
 * Connections whose commits fail as often as a test says: before anything was done, or after all
 * was done, which the one who commits cannot tell from each other.
 */
final class UncertainCommits implements ConnectionPoolDataSource {
  final AtomicInteger failBefore = new AtomicInteger();
  final AtomicInteger failAfter = new AtomicInteger();
  private final ConnectionPoolDataSource source;

  UncertainCommits(ConnectionPoolDataSource source) {
    this.source = source;
  }

  @Override
  public PooledConnection getPooledConnection() throws SQLException {
    PooledConnection pooled = source.getPooledConnection();
    return around(
        PooledConnection.class,
        (name, arguments, next) ->
            name.equals("getConnection")
                ? connection((Connection) Objects.requireNonNull(next.proceed()))
                : next.proceed(),
        pooled);
  }

  private Connection connection(Connection connection) {
    return around(
        Connection.class,
        (name, arguments, next) ->
            name.equals("prepareStatement") && "COMMIT".equals(arguments[0])
                ? commit((PreparedStatement) Objects.requireNonNull(next.proceed()))
                : next.proceed(),
        connection);
  }

  private PreparedStatement commit(PreparedStatement statement) {
    return around(
        PreparedStatement.class,
        (name, arguments, next) -> {
          if (!name.equals("execute")) {
            return next.proceed();
          }
          failIfTold(failBefore);
          Object done = next.proceed();
          failIfTold(failAfter);
          return done;
        },
        statement);
  }

  private static void failIfTold(AtomicInteger times) throws SQLException {
    if (times.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
      throw new SQLException("disk I/O error", null, 10);
    }
  }

  @FunctionalInterface
  private interface Advice {
    @Nullable Object call(String name, Object[] arguments, Next next) throws Throwable;
  }

  @FunctionalInterface
  private interface Next {
    @Nullable Object proceed() throws Throwable;
  }

  private static <T> T around(Class<T> type, Advice advice, T target) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (_, method, given) -> {
              Object[] arguments = given == null ? new Object[0] : given;
              return advice.call(
                  method.getName(),
                  arguments,
                  () -> {
                    try {
                      return method.invoke(target, arguments);
                    } catch (InvocationTargetException e) {
                      throw e.getTargetException();
                    }
                  });
            }));
  }

  @Override
  public PooledConnection getPooledConnection(String user, String password) throws SQLException {
    return getPooledConnection();
  }

  @Override
  public PrintWriter getLogWriter() throws SQLException {
    return source.getLogWriter();
  }

  @Override
  public void setLogWriter(PrintWriter out) throws SQLException {
    source.setLogWriter(out);
  }

  @Override
  public void setLoginTimeout(int seconds) throws SQLException {
    source.setLoginTimeout(seconds);
  }

  @Override
  public int getLoginTimeout() throws SQLException {
    return source.getLoginTimeout();
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    return source.getParentLogger();
  }
}
