package io.modelgate.violations.application.chat;

import java.util.concurrent.CompletionStage;

final class TakesAStage {
  String reply(CompletionStage<String> stage) {
    return stage.toString();
  }
}
