package io.modelgate.violations.application.chat;

import java.util.concurrent.CompletableFuture;

final class ReturnsAFuture {
  CompletableFuture<String> reply() {
    return CompletableFuture.completedFuture("");
  }
}
