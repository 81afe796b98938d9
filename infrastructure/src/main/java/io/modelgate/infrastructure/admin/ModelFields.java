package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.databind.JsonNode;
import io.modelgate.application.admin.ChangeRoutes.NewModel;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.domain.routing.ModelSource;
import io.modelgate.domain.routing.StreamUsage;
import io.modelgate.domain.routing.Target;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a request says about a model. Its one target can be said beside its other fields.
 *
 * @param target what is said of the only target, outside {@code targets}
 */
record ModelFields(
    Field<ModelName> name,
    TargetFields target,
    Field<List<TargetFields>> targets,
    Field<List<ModelName>> fallbacks,
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
          "weight",
          "priority",
          "targets",
          "fallback_models",
          "timeout",
          "stream_usage",
          "max_output_tokens",
          "enabled",
          "status");

  static ModelFields of(JsonFields fields) {
    fields.allowOnly(NAMES);
    var target = TargetFields.of(fields);
    Field<List<TargetFields>> targets =
        fields.objects("targets", ModelRoute.MOST_TARGETS, TargetFields::ofOne);
    if (targets instanceof Field.Given && !target.isEmpty()) {
      throw Rejected.field(
          "targets", "'targets' and the fields of a single target contradict each other; send one");
    }
    return new ModelFields(
        fields.value(
            "name",
            "1 to 200 visible ASCII characters without quotes, \\, ?, # or %",
            ModelFields::name),
        target,
        targets,
        fields.value(
            "fallback_models",
            "a list of at most " + ModelRoute.MOST_FALLBACKS + " names of models, each once",
            ModelFields::names),
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
    ModelName called =
        switch (name) {
          case Field.Given<ModelName>(ModelName value) -> value;
          case Field.Absent<ModelName> _ ->
              throw Rejected.field("name", "'name' is missing: what clients ask for");
        };
    return new NewModel(
        called,
        targets(List.of()),
        fallbacks(called, List.of()),
        timeout.or(null),
        streamUsage.or(null),
        maxOutputTokens.or(null),
        ModelSource.MANUAL,
        enabled.or(true));
  }

  /**
   * The model with what was said of it changed. Who gives one that backends offer another name or
   * other targets takes it over: nothing else changes it from then on.
   */
  ModelRoute applyTo(ModelRoute route) {
    ModelName called = name.or(route.name());
    List<Target> wanted = targets(route.targets());
    boolean same = called.equals(route.name()) && wanted.equals(route.targets());
    return new ModelRoute(
        route.id(),
        called,
        wanted,
        fallbacks(called, route.fallbacks()),
        timeout.or(route.timeout()),
        streamUsage.or(route.streamUsage()),
        maxOutputTokens.or(route.maxOutputTokens()),
        same ? route.source() : ModelSource.MANUAL,
        enabled.or(route.enabled()),
        route.createdAt(),
        route.updatedAt());
  }

  private List<Target> targets(List<Target> before) {
    return switch (targets) {
      case Field.Given<List<TargetFields>>(List<TargetFields> given) ->
          TargetFields.inPlaceOf(before, given);
      case Field.Absent<List<TargetFields>> _ -> singleTarget(before);
    };
  }

  private List<Target> singleTarget(List<Target> before) {
    if (before.isEmpty()) {
      return List.of(target.toAdd());
    }
    if (target.isEmpty()) {
      return before;
    }
    if (before.size() > 1) {
      throw Rejected.field(
          "targets", "this model has several targets; send all of them as 'targets'");
    }
    return List.of(target.applyTo(before.getFirst()));
  }

  private List<ModelName> fallbacks(ModelName called, List<ModelName> before) {
    List<ModelName> standIns = fallbacks.or(before);
    if (standIns.contains(called)) {
      throw Rejected.field("fallback_models", "a model cannot stand in for itself");
    }
    return standIns;
  }

  private static @Nullable ModelName name(JsonNode node) {
    String text = node.textValue();
    return text != null && ModelName.isValid(text) ? new ModelName(text) : null;
  }

  private static @Nullable List<ModelName> names(JsonNode node) {
    if (!node.isArray() || node.size() > ModelRoute.MOST_FALLBACKS) {
      return null;
    }
    Set<ModelName> names = new LinkedHashSet<>();
    for (JsonNode element : node) {
      ModelName name = name(element);
      if (name == null || !names.add(name)) {
        return null;
      }
    }
    return List.copyOf(names);
  }

  private static @Nullable StreamUsage streamUsage(JsonNode node) {
    String text = node.textValue();
    return text == null ? null : StreamUsage.ofWireName(text).orElse(null);
  }
}
