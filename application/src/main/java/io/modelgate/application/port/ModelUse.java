package io.modelgate.application.port;

/**
 * Calls and tokens of one model, added up.
 *
 * @param model as clients call it
 */
public record ModelUse(String model, long calls, long promptTokens, long completionTokens) {
  public long totalTokens() {
    return promptTokens + completionTokens;
  }
}
