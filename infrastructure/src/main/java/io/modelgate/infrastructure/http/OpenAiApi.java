package io.modelgate.infrastructure.http;

import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.application.chat.AdmitCaller;
import io.modelgate.application.chat.CompleteChat;
import io.modelgate.application.chat.ListModels;
import io.modelgate.application.chat.ShowStanding;
import io.modelgate.application.chat.ShowUsage;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.infrastructure.server.ApiErrors;
import io.modelgate.infrastructure.server.RequestBodies;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The endpoints clients call: OpenAI's under {@code /v1}, and {@code /health}. Thread-safe. */
public final class OpenAiApi implements AutoCloseable {
  private final ChatCompletionsService chat;
  private final ModelsService models;
  private final UsageService usage;
  private final HealthService health;
  private final KeepAlive keepAlive;

  /**
   * Puts the endpoints together.
   *
   * @param maxBodyBytes the largest request body accepted
   * @param streams how streams are kept open; asked each time
   * @param ready whether calls can be served; asked by {@code /health/ready}
   */
  public OpenAiApi(
      AdmitCaller admitCaller,
      ListModels listModels,
      CompleteChat completeChat,
      ShowStanding showStanding,
      ShowUsage showUsage,
      int maxBodyBytes,
      Supplier<StreamSettings> streams,
      BooleanSupplier ready,
      ApiErrors errors) {
    var callers = new Callers(admitCaller, showStanding);
    this.keepAlive = KeepAlive.start(streams);
    this.chat =
        new ChatCompletionsService(
            callers, completeChat, new RequestBodies(maxBodyBytes), errors, keepAlive);
    this.models = new ModelsService(callers, listModels, errors);
    this.usage = new UsageService(callers, showUsage, errors);
    this.health = new HealthService(ready, errors);
  }

  /** Adds {@code /health} alone to a listener; {@link #register} has it as well. */
  public void registerHealth(HttpRouting.Builder routing) {
    routing.register(health);
  }

  /** Adds the endpoints to a listener. */
  public void register(HttpRouting.Builder routing) {
    routing.register(chat, models, usage, health);
  }

  /** Serves a chat completion of a caller that was let in elsewhere, as at {@code /v1}. */
  public void chat(ApiKey caller, ServerRequest request, ServerResponse response) {
    chat.serve(caller, request, response);
  }

  /** Streams are left to themselves from now on. */
  @Override
  public void close() {
    keepAlive.close();
  }
}
