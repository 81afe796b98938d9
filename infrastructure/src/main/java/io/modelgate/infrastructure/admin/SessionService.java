package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.infrastructure.admin.Sessions.Opened;
import io.modelgate.infrastructure.admin.Sessions.Session;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code /admin/api/session}: logging in from a page, and out. */
final class SessionService implements HttpService {
  private static final int LONGEST_KEY = 512;

  private final AdminGate gate;
  private final AdminKey adminKey;
  private final Sessions sessions;

  SessionService(AdminGate gate, AdminKey adminKey, Sessions sessions) {
    this.gate = gate;
    this.adminKey = adminKey;
    this.sessions = sessions;
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .post("/", gate.withBodyForAnyone(this::logIn))
        .get("/", gate.openToHolders(this::show))
        .delete("/", gate.openToHolders(this::logOut))
        .any("/", gate.allowing("GET, POST, DELETE"));
  }

  private void logIn(JsonFields body, ServerRequest request, ServerResponse response) {
    body.allowOnly(List.of("key"));
    String key =
        body.value(
                "key",
                "the admin key or an API key",
                node -> {
                  String text = node.textValue() == null ? "" : node.textValue().strip();
                  return text.isEmpty() || text.length() > LONGEST_KEY ? null : text;
                })
            .orElseThrow(() -> body.missing("key", "the admin key or an API key"));
    SecretHash secret = SecretHash.of(key);
    Login login = gate.identify(secret, request, response);
    SessionCookie.of(request).ifPresent(sessions::end);
    Opened opened = sessions.open(secret);
    SessionCookie.set(request, response, opened.cookie());
    AdminReplies.send(request, response, Status.OK_200, json(login, opened.session()));
  }

  private void show(ServerRequest request, ServerResponse response) {
    Optional<Session> session = SessionCookie.of(request).flatMap(sessions::find);
    AdminReplies.send(
        request, response, Status.OK_200, json(Login.of(request), session.orElse(null)));
  }

  private void logOut(ServerRequest request, ServerResponse response) {
    SessionCookie.of(request).ifPresent(sessions::end);
    SessionCookie.clear(request, response);
    response.status(Status.NO_CONTENT_204).send();
  }

  private ObjectNode json(Login login, @Nullable Session session) {
    ObjectNode json =
        switch (login) {
          case Login.Admin _ ->
              AdminReplies.object()
                  .put("role", "admin")
                  .put("name", "admin")
                  .putNull("key_id")
                  .put("admin_key_rotatable", adminKey.isReplaceable());
          case Login.Holder(ApiKey key, _) ->
              AdminReplies.object()
                  .put("role", "key")
                  .put("name", key.terms().name())
                  .put("key_id", key.id().value())
                  .put("admin_key_rotatable", false);
        };
    return json.put("csrf_token", session == null ? null : session.csrfToken())
        .put("expires_at", session == null ? null : session.expiresAt().toString())
        .put("idle_seconds", session == null ? null : sessions.idle().toSeconds());
  }
}
