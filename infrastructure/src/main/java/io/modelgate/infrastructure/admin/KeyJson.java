package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modelgate.application.port.LastUses;
import io.modelgate.application.port.Quotas;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.ApiKey.Standing;
import io.modelgate.domain.access.KeyScope;
import io.modelgate.domain.access.KeyTerms;
import io.modelgate.domain.access.QuotaStanding;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** How a key is shown to the admin, with what it has used. Thread-safe; never blocks. */
record KeyJson(Quotas quotas, LastUses lastUses, InstantSource clock) {
  ObjectNode of(ApiKey key) {
    Instant now = clock.instant();
    KeyTerms terms = key.terms();
    KeyScope scope = terms.scope();
    QuotaStanding standing = quotas.standing(key.id(), terms.quota(), now);
    ObjectNode json =
        AdminReplies.object()
            .put("id", key.id().value())
            .put("name", terms.name())
            .put("note", terms.note())
            .put("key_prefix", key.secret().prefix())
            .put("status", AdminReplies.status(terms.enabled()))
            .put("enabled", terms.enabled())
            .put("expired", key.on(of -> of.withEnabled(true)).standing(now) == Standing.EXPIRED)
            .put("built_in", key.isBuiltIn())
            .put("tier", terms.tier().wireName())
            .put("rpm", terms.limits().rpm())
            .put("burst", terms.limits().burstInForce())
            .put("tpm", terms.limits().tpm())
            .put("max_concurrent", terms.limits().maxConcurrent())
            .put("quota_tokens", terms.quota().limit())
            .put("quota_period", terms.quota().period().wireName())
            .put("used_tokens", standing.used())
            .put("reserved_tokens", standing.reserved())
            .put("quota_resets_at", textOf(standing.resetsAt()))
            .put("default_model", scope.defaultModel())
            .put("old_works_until", textOf(key.secret().formerWorksUntil(now)))
            .put("expires_at", textOf(terms.expiresAt()))
            .put("last_used_at", textOf(lastUses.of(key.id()).orElse(null)))
            .put("created_at", key.createdAt().toString())
            .put("updated_at", key.updatedAt().toString());
    putList(json, "allowed_models", scope.models());
    putList(json, "allowed_ips", scope.networks());
    return json;
  }

  /** None is no restriction, which is null. */
  static void putList(ObjectNode json, String name, Collection<?> entries) {
    if (entries.isEmpty()) {
      json.putNull(name);
    } else {
      var list = json.putArray(name);
      entries.forEach(entry -> list.add(entry.toString()));
    }
  }

  static @Nullable String textOf(@Nullable Object value) {
    return value == null ? null : value.toString();
  }
}
