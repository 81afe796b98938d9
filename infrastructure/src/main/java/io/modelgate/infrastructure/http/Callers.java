package io.modelgate.infrastructure.http;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.application.chat.AdmitCaller;
import io.modelgate.application.chat.AdmitCaller.Admission;
import io.modelgate.application.chat.ShowStanding;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.Refusal;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.infrastructure.server.CallLog;
import io.modelgate.infrastructure.server.WrongKeys;
import io.modelgate.infrastructure.server.WrongKeys.Door;
import java.time.Duration;
import java.util.List;

/** Finds out whose request it is from its {@code Authorization} header. */
final class Callers {
  private static final String SCHEME = "bearer ";
  private static final int LONGEST_KEY = 512;
  private final AdmitCaller admitCaller;
  private final ShowStanding showStanding;

  Callers(AdmitCaller admitCaller, ShowStanding showStanding) {
    this.admitCaller = admitCaller;
    this.showStanding = showStanding;
  }

  /**
   * Never reads the body. A caller let in is named in the log, and told what is left of its limits;
   * of one turned away, the log says by which rule.
   */
  Admission admit(ServerRequest request, ServerResponse response) {
    Admission admission = admit(request);
    CallLog call = CallLog.of(request);
    switch (admission) {
      case Admission.Granted(ApiKey caller) -> welcome(caller, request, response);
      case Admission.Denied(Refusal refusal) -> {
        call.refused(RefusalTexts.rule(refusal));
        if (refusal instanceof Refusal.TooManyWrongKeys(Duration retryAfter)) {
          RateHeaders.putRetryAfter(response, retryAfter);
        }
      }
    }
    return admission;
  }

  /** Names a caller in the log, and tells it what is left of its limits. */
  void welcome(ApiKey caller, ServerRequest request, ServerResponse response) {
    CallLog call = CallLog.of(request);
    call.put("key_id", caller.id().value());
    call.put("key_name", caller.terms().name());
    RateHeaders.put(response, showStanding.handle(caller));
  }

  private Admission admit(ServerRequest request) {
    var presented = request.headers().all(HeaderNames.AUTHORIZATION, List::of);
    if (presented.isEmpty()) {
      return new Admission.Denied(new Refusal.MissingKey());
    }
    String header = presented.getFirst().strip();
    if (presented.size() > 1 || !header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return new Admission.Denied(new Refusal.MalformedKey());
    }
    String secret = header.substring(SCHEME.length()).strip();
    if (secret.isEmpty() || secret.length() > LONGEST_KEY || secret.indexOf(' ') >= 0) {
      return new Admission.Denied(new Refusal.MalformedKey());
    }
    Admission admission =
        admitCaller.handle(SecretHash.of(secret), CallLog.of(request).clientAddress());
    return admission instanceof Admission.Denied(Refusal.UnknownKey _)
        ? countWrongKey(request, admission)
        : admission;
  }

  /** A right key behind the same address is let in all the same: none can be guessed. */
  private static Admission countWrongKey(ServerRequest request, Admission denied) {
    Duration wait = WrongKeys.of(request).count(Door.CLIENTS, CallLog.of(request).clientAddress());
    return wait.isZero() ? denied : new Admission.Denied(new Refusal.TooManyWrongKeys(wait));
  }
}
