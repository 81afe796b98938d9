package io.modelgate.application.port;

/**
 * What many calls come to.
 *
 * @param requests calls that were sent to a backend
 * @param errors those of them that failed, see {@link UsageRecord.Ending#isError}
 * @param refused calls that the gateway turned away; not among the requests
 * @param cached of the prompt's tokens
 * @param reasoning of the completion's tokens
 */
public record CallSums(
    long requests,
    long errors,
    long refused,
    long prompt,
    long completion,
    long cached,
    long reasoning) {
  public static final CallSums NONE = new CallSums(0, 0, 0, 0, 0, 0, 0);

  /** Of prompts and completions. */
  public long total() {
    return prompt + completion;
  }

  public CallSums plus(CallSums other) {
    return new CallSums(
        requests + other.requests,
        errors + other.errors,
        refused + other.refused,
        prompt + other.prompt,
        completion + other.completion,
        cached + other.cached,
        reasoning + other.reasoning);
  }

  public CallSums minus(CallSums other) {
    return new CallSums(
        requests - other.requests,
        errors - other.errors,
        refused - other.refused,
        prompt - other.prompt,
        completion - other.completion,
        cached - other.cached,
        reasoning - other.reasoning);
  }

  /** Whether there was any call. */
  public boolean isEmpty() {
    return equals(NONE);
  }
}
