package io.modelgate.infrastructure.redis;

/** So much of each limit, set aside by somebody; 0 or more. */
record Held(long requests, long tokens, long slots) {
  static final Held NOTHING = new Held(0, 0, 0);
}
