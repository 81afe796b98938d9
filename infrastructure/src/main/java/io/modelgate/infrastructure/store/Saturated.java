package io.modelgate.infrastructure.store;

/** Sums of counts that stay at the largest number there is. */
final class Saturated {
  private Saturated() {}

  /** Of two numbers of 0 or more. */
  static long sum(long one, long other) {
    return one > Long.MAX_VALUE - other ? Long.MAX_VALUE : one + other;
  }

  /** The same for a column, in the update of an upsert. */
  static String added(String column) {
    return "%1$s = CASE WHEN %1$s > %2$d - excluded.%1$s THEN %2$d ELSE %1$s + excluded.%1$s END"
        .formatted(column, Long.MAX_VALUE);
  }
}
