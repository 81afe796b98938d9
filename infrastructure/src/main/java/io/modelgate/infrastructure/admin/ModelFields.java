package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.databind.JsonNode;
import io.modelgate.application.admin.ChangeRoutes.NewModel;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.domain.routing.StreamUsage;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a request says about a model. */
record ModelFields(
    Field<ModelName> name,
    Field<BackendKind> backend,
    Field<@Nullable BaseUrl> baseUrl,
    Field<@Nullable String> upstreamModel,
    Field<@Nullable Credential> credential,
    Field<@Nullable Duration> timeout,
    Field<@Nullable StreamUsage> streamUsage,
    Field<@Nullable Long> maxOutputTokens,
    Field<Boolean> enabled) {
  private static final long MOST_OUTPUT = 1_000_000_000;

  private static final List<String> NAMES =
      List.of(
          "name",
          "backend",
          "base_url",
          "upstream_model",
          "api_key",
          "timeout",
          "stream_usage",
          "max_output_tokens",
          "enabled",
          "status");
  private static final String BACKENDS =
      Arrays.stream(BackendKind.values())
          .map(BackendKind::wireName)
          .collect(Collectors.joining(", "));

  static ModelFields of(JsonFields fields) {
    fields.allowOnly(NAMES);
    return new ModelFields(
        fields.value(
            "name",
            "1 to 200 visible ASCII characters without quotes, \\, ?, # or %",
            ModelFields::name),
        fields.value("backend", "one of " + BACKENDS, ModelFields::backend),
        fields.nullable("base_url", BaseUrl.ALLOWED, ModelFields::baseUrl),
        fields.nullable(
            "upstream_model",
            "text of 1 to " + ModelName.MAX_LENGTH + " characters on one line",
            node -> JsonFields.line(node, ModelName.MAX_LENGTH)),
        fields.nullable("api_key", "1 to 4096 visible ASCII characters", ModelFields::credential),
        fields.nullable("timeout", Timeouts.ALLOWED, Timeouts::read),
        fields.nullable("stream_usage", "\"ask\" or \"never\"", ModelFields::streamUsage),
        fields.nullable(
            "max_output_tokens",
            "a whole number from 1 to " + MOST_OUTPUT,
            node -> JsonFields.wholeNumber(node, 1, MOST_OUTPUT)),
        fields.enabled());
  }

  /** The model to add. */
  NewModel toAdd() {
    return new NewModel(
        required("name", name, "what clients ask for"),
        required("backend", backend, "one of " + BACKENDS),
        baseUrl.or(null),
        upstreamModel.or(null),
        credential.or(null),
        timeout.or(null),
        streamUsage.or(null),
        maxOutputTokens.or(null),
        enabled.or(true));
  }

  /** The model with what was said of it changed. */
  ModelRoute applyTo(ModelRoute route) {
    return new ModelRoute(
        route.id(),
        name.or(route.name()),
        backend.or(route.backend()),
        baseUrl.or(route.baseUrl()),
        upstreamModel.or(route.upstreamModel()),
        credential.or(route.credential()),
        timeout.or(route.timeout()),
        streamUsage.or(route.streamUsage()),
        maxOutputTokens.or(route.maxOutputTokens()),
        enabled.or(route.enabled()),
        route.createdAt(),
        route.updatedAt());
  }

  private static <T> T required(String field, Field<T> given, String meaning) {
    return switch (given) {
      case Field.Given<T>(T value) -> value;
      case Field.Absent<T> _ ->
          throw Rejected.field(field, "'" + field + "' is missing: " + meaning);
    };
  }

  private static @Nullable ModelName name(JsonNode node) {
    String text = node.textValue();
    return text != null && ModelName.isValid(text) ? new ModelName(text) : null;
  }

  private static @Nullable BackendKind backend(JsonNode node) {
    String text = node.textValue();
    return text == null ? null : BackendKind.ofWireName(text).orElse(null);
  }

  private static @Nullable StreamUsage streamUsage(JsonNode node) {
    String text = node.textValue();
    return text == null ? null : StreamUsage.ofWireName(text).orElse(null);
  }

  private static @Nullable Credential credential(JsonNode node) {
    String text = node.textValue();
    return text != null && Credential.isValid(text) ? new Credential(text) : null;
  }

  private static @Nullable BaseUrl baseUrl(JsonNode node) {
    String text = node.textValue();
    try {
      return text == null ? null : BaseUrl.of(text);
    } catch (IllegalArgumentException _) {
      return null;
    }
  }
}
