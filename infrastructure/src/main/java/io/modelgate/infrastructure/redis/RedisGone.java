package io.modelgate.infrastructure.redis;

/** Redis did not answer in time, or not as it should. */
final class RedisGone extends Exception {
  private static final long serialVersionUID = 1L;

  RedisGone(String why) {
    super(why);
  }
}
