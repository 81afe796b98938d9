package io.modelgate.application.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Function;

/** Asks many at once, each on a thread of its own, and waits for all. */
final class AtOnce {
  private AtOnce() {}

  /**
   * The answers, in the order of those asked.
   *
   * @param question blocks, never without an end
   */
  static <T, R> List<R> ask(List<T> asked, Function<T, R> question) throws InterruptedException {
    List<FutureTask<R>> tasks = asked.stream().map(one -> start(one, question)).toList();
    List<R> answers = new ArrayList<>();
    for (FutureTask<R> task : tasks) {
      try {
        answers.add(task.get());
      } catch (ExecutionException e) {
        throw new IllegalStateException("asking a backend", e.getCause());
      }
    }
    return answers;
  }

  private static <T, R> FutureTask<R> start(T one, Function<T, R> question) {
    var task = new FutureTask<>(() -> question.apply(one));
    Thread.ofVirtual().name("ask-backend").start(task);
    return task;
  }
}
