package io.modelgate.infrastructure.redis;

import java.util.List;

/**
 * What Redis says about a key.
 *
 * @param granted whether the call may begin; if so, it counts in all that follows
 * @param requests in the bucket, in parts
 * @param tokens in the bucket, in parts
 * @param others what other nodes hold or use
 * @param leased what this node may use on top, without asking
 */
record Answer(boolean granted, long requests, long tokens, Held others, Held leased) {
  /** As {@code lease.lua} returns it. */
  static Answer of(List<Long> figures) {
    return new Answer(
        figures.get(0) == 1,
        figures.get(1),
        figures.get(2),
        new Held(figures.get(3), figures.get(4), figures.get(5)),
        new Held(figures.get(6), figures.get(7), figures.get(8)));
  }
}
