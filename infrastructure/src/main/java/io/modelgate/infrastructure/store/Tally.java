package io.modelgate.infrastructure.store;

/** What one key has used and set aside in one period. Guarded by its {@link Account}. */
final class Tally {
  final long startsAt;
  private long used;
  private long reserved;
  private int calls;

  Tally(long startsAt, long used) {
    this.startsAt = startsAt;
    this.used = used;
  }

  long used() {
    return used;
  }

  long reserved() {
    return reserved;
  }

  /** Whether no call under way is to be charged here. */
  boolean isQuiet() {
    return calls == 0;
  }

  void begin(long tokens) {
    calls++;
    reserved += tokens;
  }

  void extend(long tokens) {
    reserved += tokens;
  }

  /** Takes off what was used before. */
  void giveBack(long tokens) {
    used = Math.max(0, used - tokens);
  }

  /**
   * Ends a call.
   *
   * @param given what was set aside for it
   */
  void end(long given, long charged) {
    calls--;
    reserved -= given;
    used = Saturated.sum(used, charged);
  }
}
