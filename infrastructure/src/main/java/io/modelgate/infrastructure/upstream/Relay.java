package io.modelgate.infrastructure.upstream;

import io.modelgate.application.port.Upstream.Delivery;
import io.modelgate.domain.chat.ReplyHead;
import io.modelgate.infrastructure.client.Deadline;
import io.modelgate.infrastructure.client.Exchange;

/** Carries one reply over; the sink stays open at its end. For one thread. */
sealed interface Relay permits StreamRelay, WholeRelay {
  /**
   * Does it, and says how it went; throws nothing that a backend or a client can cause.
   *
   * @param head until when a stream must have begun, and a whole reply must have come
   */
  Delivery relay(Deadline head);

  /** The reply's head, with what is known now; to be made before the connection is given back. */
  static ReplyHead head(Exchange exchange, String usualType) {
    String type = exchange.header("content-type");
    boolean sane = type != null && type.chars().allMatch(c -> c >= ' ' && c < 0x7f);
    return new ReplyHead(
        exchange.status(), type != null && sane ? type : usualType, exchange.waited());
  }
}
