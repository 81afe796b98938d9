package io.modelgate.infrastructure.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.dbclient.DbExecute;
import io.modelgate.application.port.Deed;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyScope;
import io.modelgate.domain.access.KeySecret;
import io.modelgate.domain.access.KeyTerms;
import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.domain.routing.Target;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Adds to the rows of {@code audit}: of what there was before and is after, the fields that differ,
 * named as in the admin API. Secrets are not among them; that one changed is.
 */
final class AuditTable {
  private AuditTable() {}

  static void note(DbExecute execute, Deed deed, @Nullable ApiKey before, @Nullable ApiKey after) {
    ApiKey named = after == null ? before : after;
    if (named != null) {
      note(
          execute,
          deed,
          "key",
          named.id().value(),
          named.terms().name(),
          before == null ? null : fields(before),
          after == null ? null : fields(after));
    }
  }

  static void note(
      DbExecute execute, Deed deed, @Nullable ModelRoute before, @Nullable ModelRoute after) {
    ModelRoute named = after == null ? before : after;
    if (named != null) {
      ObjectNode fields = after == null ? null : fields(after);
      if (before != null && after != null && fields != null) {
        tellReplacedCredentials(before.targets(), after.targets(), fields.withArray("targets"));
      }
      note(
          execute,
          deed,
          "model",
          named.id().value(),
          named.name().value(),
          before == null ? null : fields(before),
          fields);
    }
  }

  /** A credential is not told, nor its hash; that it is another one now would show nowhere. */
  private static void tellReplacedCredentials(
      List<Target> before, List<Target> after, ArrayNode told) {
    for (int i = 0; i < Math.min(before.size(), after.size()); i++) {
      Credential old = before.get(i).credential();
      Credential now = after.get(i).credential();
      if (old != null && now != null && !old.equals(now)) {
        ((ObjectNode) told.get(i)).put("api_key", "replaced");
      }
    }
  }

  /** The key's used tokens, which are none of its own fields. */
  static void noteReset(DbExecute execute, Deed deed, ApiKey key, long used) {
    note(
        execute,
        deed,
        "key",
        key.id().value(),
        key.terms().name(),
        object().put("used_tokens", used),
        object().put("used_tokens", 0));
  }

  static void noteAdminKey(DbExecute execute, Deed deed) {
    note(execute, deed, "admin_key", null, null, null, null);
  }

  private static void note(
      DbExecute execute,
      Deed deed,
      String kind,
      @Nullable String id,
      @Nullable String name,
      @Nullable ObjectNode before,
      @Nullable ObjectNode after) {
    if (before != null && after != null) {
      keepDifferences(before, after);
      if (before.isEmpty() && after.isEmpty()) {
        return; // somebody said what was so already
      }
    }
    execute
        .createInsert(
            """
            INSERT INTO audit
              (time, actor, address, action, kind, object_id, object_name, before, after)
            VALUES
              (:time, :actor, :address, :action, :kind, :id, :name, :before, :after)
            """)
        .addParam("time", Columns.millis(deed.time()))
        .addParam("actor", deed.author().name())
        .addParam("address", deed.author().address())
        .addParam("action", deed.action().wireName())
        .addParam("kind", kind)
        .addParam("id", id)
        .addParam("name", name)
        .addParam("before", before == null ? null : before.toString())
        .addParam("after", after == null ? null : after.toString())
        .execute();
  }

  private static void keepDifferences(ObjectNode before, ObjectNode after) {
    List<String> names = before.properties().stream().map(Map.Entry::getKey).toList();
    for (String field : names) {
      if (before.get(field).equals(after.get(field))) {
        before.remove(field);
        after.remove(field);
      }
    }
  }

  private static ObjectNode fields(ApiKey key) {
    KeyTerms terms = key.terms();
    KeyScope scope = terms.scope();
    KeySecret.Former former = key.secret().former();
    ObjectNode json =
        object()
            .put("name", terms.name())
            .put("note", terms.note())
            .put("key_prefix", key.secret().prefix())
            .put("old_works_until", textOf(former == null ? null : former.until()))
            .put("enabled", terms.enabled())
            .put("tier", terms.tier().wireName())
            .put("rpm", terms.limits().rpm())
            .put("burst", terms.limits().burst())
            .put("tpm", terms.limits().tpm())
            .put("max_concurrent", terms.limits().maxConcurrent())
            .put("quota_tokens", terms.quota().limit())
            .put("quota_period", terms.quota().period().wireName())
            .put("default_model", scope.defaultModel())
            .put("expires_at", textOf(terms.expiresAt()));
    json.set("allowed_models", list(scope.models()));
    json.set("allowed_ips", list(scope.networks()));
    return json;
  }

  private static ObjectNode fields(ModelRoute route) {
    ObjectNode json =
        object()
            .put("name", route.name().value())
            .put("timeout", textOf(route.timeout()))
            .put(
                "stream_usage", route.streamUsage() == null ? null : route.streamUsage().wireName())
            .put("max_output_tokens", route.maxOutputTokens())
            .put("source", route.source().wireName())
            .put("enabled", route.enabled());
    var targets = json.putArray("targets");
    for (Target target : route.targets()) {
      targets
          .addObject()
          .put("backend", target.backend().wireName())
          .put("base_url", textOf(target.baseUrl()))
          .put("upstream_model", target.upstreamModel())
          .put("has_api_key", target.credential() != null)
          .put("weight", target.weight())
          .put("priority", target.priority());
    }
    json.set("fallback_models", list(route.fallbacks()));
    return json;
  }

  private static JsonNode list(Collection<?> values) {
    if (values.isEmpty()) {
      return JsonNodeFactory.instance.nullNode();
    }
    var list = JsonNodeFactory.instance.arrayNode();
    values.forEach(value -> list.add(value.toString()));
    return list;
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static @Nullable String textOf(@Nullable Object value) {
    return value == null ? null : value.toString();
  }
}
