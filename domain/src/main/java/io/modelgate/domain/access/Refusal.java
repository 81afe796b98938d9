package io.modelgate.domain.access;

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

  /** A real key that an administrator switched off. */
  record DisabledKey() implements Refusal {}

  /** A real key past its date. */
  record ExpiredKey() implements Refusal {}

  /**
   * No enabled model of this name.
   *
   * @param model as the client wrote it, unchecked
   */
  record UnknownModel(String model) implements Refusal {}

  /** The key has used up its tokens. */
  record QuotaExhausted(long limit, long used) implements Refusal {}
}
