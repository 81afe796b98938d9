package io.modelgate.infrastructure.store;

/** Sums of counts that stay at the largest number there is. */
final class Saturated {
  private Saturated() {}

  /** Of two numbers of 0 or more. */
  static long sum(long one, long other) {
    return one > Long.MAX_VALUE - other ? Long.MAX_VALUE : one + other;
  }

  /** The same for a column, as an assignment in an update. */
  static String plus(String column, String more) {
    return "%1$s = CASE WHEN %1$s > %3$d - %2$s THEN %3$d ELSE %1$s + %2$s END"
        .formatted(column, more, Long.MAX_VALUE);
  }
}
