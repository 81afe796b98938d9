package io.modelgate.infrastructure.admin;

import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.application.port.AuditTrail;
import io.modelgate.application.port.Deed;
import io.modelgate.application.port.Deed.Action;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.infrastructure.server.ApiError;
import java.time.InstantSource;

/** {@code /admin/api/admin-key/rotate}. */
final class AdminKeyService implements HttpService {
  private final AdminGate gate;
  private final AdminKey adminKey;
  private final Sessions sessions;
  private final AuditTrail audit;
  private final InstantSource clock;

  AdminKeyService(
      AdminGate gate, AdminKey adminKey, Sessions sessions, AuditTrail audit, InstantSource clock) {
    this.gate = gate;
    this.adminKey = adminKey;
    this.sessions = sessions;
    this.audit = audit;
    this.clock = clock;
  }

  @Override
  public void routing(HttpRules rules) {
    rules.post("/rotate", gate.open(this::rotate)).any("/rotate", gate.allowing("POST"));
  }

  /** Noted before it is done: a change that nobody can look up later must not happen. */
  private void rotate(ServerRequest request, ServerResponse response) {
    if (!adminKey.isReplaceable()) {
      throw new Rejected(
          ApiError.invalidRequest(
                  409, "the admin key is set by MG_ADMIN_API_KEY (admin.api-key); change it there")
              .withCode("admin_key_fixed"));
    }
    audit.noteAdminKey(Deed.now(Action.ROTATE, Login.author(request), clock));
    String fresh = adminKey.replace().orElseThrow();
    SessionCookie.of(request).ifPresent(cookie -> sessions.reopen(cookie, SecretHash.of(fresh)));
    AdminReplies.send(request, response, Status.OK_200, AdminReplies.object().put("key", fresh));
  }
}
