package io.modelgate.infrastructure.http;

import io.helidon.webserver.http.HttpRouting;
import io.modelgate.application.chat.AdmitCaller;
import io.modelgate.application.chat.CompleteChat;
import io.modelgate.application.chat.ListModels;
import io.modelgate.application.chat.ShowStanding;
import io.modelgate.application.chat.ShowUsage;
import io.modelgate.infrastructure.server.ApiErrors;
import io.modelgate.infrastructure.server.RequestBodies;
import java.util.function.BooleanSupplier;

/** The endpoints clients call: OpenAI's under {@code /v1}, and {@code /health}. Immutable. */
public final class OpenAiApi {
  private final ChatCompletionsService chat;
  private final ModelsService models;
  private final UsageService usage;
  private final HealthService health;

  /**
   * Puts the endpoints together.
   *
   * @param maxBodyBytes the largest request body accepted
   * @param ready whether calls can be served; asked by {@code /health/ready}
   */
  public OpenAiApi(
      AdmitCaller admitCaller,
      ListModels listModels,
      CompleteChat completeChat,
      ShowStanding showStanding,
      ShowUsage showUsage,
      int maxBodyBytes,
      BooleanSupplier ready,
      ApiErrors errors) {
    var callers = new Callers(admitCaller, showStanding);
    this.chat =
        new ChatCompletionsService(callers, completeChat, new RequestBodies(maxBodyBytes), errors);
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
}
