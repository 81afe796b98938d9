package io.modelgate.domain.access;

import java.time.Duration;

/**
 * Why a call is turned away before anything is sent upstream. A value, not an exception: being
 * refused is an ordinary answer.
 */
public sealed interface Refusal {
  /** No credential came with the request. */
  record MissingKey() implements Refusal {}

  /** The {@code Authorization} header holds no bearer token. */
  record MalformedKey() implements Refusal {}

  /** Nobody's key. The answer must not tell more than that. */
  record UnknownKey() implements Refusal {}

  /**
   * Nobody's key, as were too many before it from the same address.
   *
   * @param retryAfter when such a key is looked at again
   */
  record TooManyWrongKeys(Duration retryAfter) implements Refusal {}

  /** A real key that an administrator switched off. */
  record DisabledKey() implements Refusal {}

  /** A real key past its date. */
  record ExpiredKey() implements Refusal {}

  /** A real key, from where it may not be used. */
  record AddressNotAllowed() implements Refusal {}

  /**
   * A model that the key may not call, whether there is one or not.
   *
   * @param model as the client wrote it, unchecked
   */
  record ModelNotAllowed(String model) implements Refusal {}

  /**
   * No enabled model of this name.
   *
   * @param model as the client wrote it, unchecked
   */
  record UnknownModel(String model) implements Refusal {}

  /**
   * The key has used up its tokens of this period, or so many that the call's prompt does not fit
   * in any more.
   *
   * @param demanded the estimate of the call's prompt
   */
  record QuotaExhausted(QuotaStanding standing, long demanded) implements Refusal {}

  /** What is left of the key's quota is set aside for its calls under way. */
  record QuotaBusy(QuotaStanding standing) implements Refusal {}

  /** The key calls too often, or too much at once. */
  record RateLimited(RateBreach breach) implements Refusal {}

  /** Limits cannot be told at present, and the gateway is set not to serve without them. */
  record LimitsUnavailable() implements Refusal {}

  /**
   * All places of the model's backends are taken, and so are those to wait in, or the wait was too
   * long.
   *
   * @param retryAfter an estimate
   */
  record BackendsBusy(Duration retryAfter) implements Refusal {}

  /**
   * The model's backends have failed so often that they are left alone for a while.
   *
   * @param retryAfter until one of them is tried again
   */
  record BackendsFailing(Duration retryAfter) implements Refusal {}

  /** Usage cannot be kept at present, and the gateway is set not to serve without that. */
  record UsageUnavailable() implements Refusal {}
}
