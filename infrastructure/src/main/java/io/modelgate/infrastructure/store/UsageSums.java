package io.modelgate.infrastructure.store;

import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.chat.TokenUsage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What many charges come to together, so that each row is written once. */
final class UsageSums {
  private final Map<Periods, Tokens> periods = new HashMap<>();
  private final Map<Group, Sum> groups = new HashMap<>();

  UsageSums(List<Charge> charges) {
    for (Charge charge : charges) {
      TokenUsage tokens = charge.record().usage().tokens();
      KeyId key = charge.record().key();
      periods.computeIfAbsent(new Periods(key, charge.starts()), _ -> new Tokens()).add(tokens);
      groups
          .computeIfAbsent(
              new Group(key, charge.record().model(), charge.starts().day()), _ -> new Sum())
          .add(tokens);
    }
  }

  /** By key and periods. */
  Map<Periods, Tokens> periods() {
    return periods;
  }

  /** By key, model and day. */
  Map<Group, Sum> groups() {
    return groups;
  }

  record Periods(KeyId key, PeriodStarts starts) {}

  record Group(KeyId key, String model, long day) {}

  static final class Tokens {
    private long total;

    long total() {
      return total;
    }

    private void add(TokenUsage tokens) {
      total = Saturated.sum(total, tokens.total());
    }
  }

  static final class Sum {
    private long calls;
    private long prompt;
    private long completion;
    private long cached;
    private long reasoning;

    long calls() {
      return calls;
    }

    long prompt() {
      return prompt;
    }

    long completion() {
      return completion;
    }

    long cached() {
      return cached;
    }

    long reasoning() {
      return reasoning;
    }

    private void add(TokenUsage tokens) {
      calls++;
      prompt = Saturated.sum(prompt, tokens.prompt());
      completion = Saturated.sum(completion, tokens.completion());
      cached = Saturated.sum(cached, tokens.cached());
      reasoning = Saturated.sum(reasoning, tokens.reasoning());
    }
  }
}
