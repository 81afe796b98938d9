package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.databind.JsonNode;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.Target;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a request says about one target of a model. */
record TargetFields(
    Field<BackendKind> backend,
    Field<@Nullable BaseUrl> baseUrl,
    Field<@Nullable String> upstreamModel,
    Field<@Nullable Credential> credential,
    Field<Long> weight,
    Field<Long> priority) {
  private static final List<String> NAMES =
      List.of("backend", "base_url", "upstream_model", "api_key", "weight", "priority");
  private static final String BACKENDS =
      Arrays.stream(BackendKind.values())
          .map(BackendKind::wireName)
          .collect(Collectors.joining(", "));

  /** Of an object that may say more. */
  static TargetFields of(JsonFields fields) {
    return new TargetFields(
        fields.value("backend", "one of " + BACKENDS, TargetFields::backend),
        fields.nullable("base_url", BaseUrl.ALLOWED, TargetFields::baseUrl),
        fields.nullable(
            "upstream_model",
            "text of 1 to " + ModelName.MAX_LENGTH + " characters on one line",
            node -> JsonFields.line(node, ModelName.MAX_LENGTH)),
        fields.nullable("api_key", "1 to 4096 visible ASCII characters", TargetFields::credential),
        fields.value(
            "weight",
            "a whole number from 1 to " + Target.MOST,
            node -> JsonFields.wholeNumber(node, 1, Target.MOST)),
        fields.value(
            "priority",
            "a whole number from 0 to " + Target.MOST,
            node -> JsonFields.wholeNumber(node, 0, Target.MOST)));
  }

  /** Of an object that says nothing else. */
  static TargetFields ofOne(JsonFields fields) {
    fields.allowOnly(NAMES);
    TargetFields target = of(fields);
    if (target.backend instanceof Field.Absent) {
      throw fields.missing("backend", "one of " + BACKENDS);
    }
    return target;
  }

  boolean isEmpty() {
    return List.of(backend, baseUrl, upstreamModel, credential, weight, priority).stream()
        .allMatch(field -> field instanceof Field.Absent);
  }

  /** The target to add. */
  Target toAdd() {
    return switch (backend) {
      case Field.Given<BackendKind>(BackendKind kind) ->
          applyTo(new Target(kind, null, null, null));
      case Field.Absent<BackendKind> _ ->
          throw Rejected.field("backend", "'backend' is missing: one of " + BACKENDS);
    };
  }

  /** The target with what was said of it changed. */
  Target applyTo(Target before) {
    return new Target(
        backend.or(before.backend()),
        baseUrl.or(before.baseUrl()),
        upstreamModel.or(before.upstreamModel()),
        credential.or(before.credential()),
        Math.toIntExact(weight.or((long) before.weight())),
        Math.toIntExact(priority.or((long) before.priority())));
  }

  /**
   * A list that replaces another: nobody can send a credential back that is never shown, so a
   * target that leaves it out and goes to the same place as one before keeps that one's. Of several
   * in one place the first follows the first, the second the second.
   */
  static List<Target> inPlaceOf(List<Target> before, List<TargetFields> given) {
    List<Target> left = new ArrayList<>(before);
    List<Target> all = new ArrayList<>();
    for (TargetFields fields : given) {
      Target added = fields.toAdd();
      Target old = left.stream().filter(one -> isSamePlace(one, added)).findFirst().orElse(null);
      left.remove(old);
      all.add(
          old == null || fields.credential instanceof Field.Given
              ? added
              : new Target(
                  added.backend(),
                  added.baseUrl(),
                  added.upstreamModel(),
                  old.credential(),
                  added.weight(),
                  added.priority()));
    }
    return all;
  }

  private static boolean isSamePlace(Target one, Target other) {
    return one.backend() == other.backend()
        && Objects.equals(one.baseUrl(), other.baseUrl())
        && Objects.equals(one.upstreamModel(), other.upstreamModel());
  }

  private static @Nullable BackendKind backend(JsonNode node) {
    String text = node.textValue();
    return text == null ? null : BackendKind.ofWireName(text).orElse(null);
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
