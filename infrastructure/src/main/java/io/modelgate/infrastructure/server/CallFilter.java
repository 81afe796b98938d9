package io.modelgate.infrastructure.server;

import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/**
 * Stands before every handler: gives each request its id and, at its end, its line in the log and
 * its place in the counts.
 */
final class CallFilter implements Filter {
  static final HeaderName REQUEST_ID = HeaderNames.create("x-request-id");
  static final Header NO_SNIFFING = HeaderValues.createCached("X-Content-Type-Options", "nosniff");
  private static final Pattern SANE = Pattern.compile("[A-Za-z0-9._:/+=@-]{1,128}");

  private final RunningCalls running;
  private final CallMeters meters;
  private final ClientAddresses addresses;

  CallFilter(RunningCalls running, CallMeters meters, ClientAddresses addresses) {
    this.running = running;
    this.meters = meters;
    this.addresses = addresses;
  }

  @Override
  public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
    var call = new CallLog(requestId(request.headers()), addresses.of(request));
    ClientConnection client = ClientConnection.CURRENT.get();
    request.context().register(call);
    request.context().register(client);
    client.serving(call.requestId());
    response.header(REQUEST_ID, call.requestId());
    response.header(NO_SNIFFING);
    response.beforeSend(() -> stamp(call, response));
    String route = RouteLabel.of(request.prologue().uriPath().path());
    running.begin(client);
    meters.begun(route);
    try {
      chain.proceed();
    } catch (CloseConnectionException | UncheckedIOException e) {
      if (!response.isSent()) {
        call.cutOff(client.statusUnanswered());
      }
      throw e;
    } finally {
      client.served();
      call.end(route, request, response, meters);
      running.end(client);
    }
    // While the gateway stops each call is the last, also one whose head could not say so; Helidon
    // would answer once more when it is interrupted.
    if (running.areLast()
        || request.headers().containsToken(HeaderValues.CONNECTION_CLOSE)
        || response.headers().containsToken(HeaderValues.CONNECTION_CLOSE)) {
      // Helidon 4.5 says so in its reply, and then waits for the next request all the same.
      throw ApiErrors.isBodyRead(request)
          ? new CloseConnectionException("this call was to be the connection's last")
          : new BodyLeftUnread();
    }
  }

  private void stamp(CallLog call, RoutingResponse response) {
    call.stamp(response);
    if (running.areLast()) {
      response.header(HeaderValues.CONNECTION_CLOSE);
    }
  }

  /** The client's, if it is fit to stand in headers and logs, else a new one. */
  static String requestId(ServerRequestHeaders headers) {
    return headers
        .first(REQUEST_ID)
        .filter(id -> SANE.matcher(id).matches())
        .orElseGet(CallFilter::newRequestId);
  }

  /** Not a secret, but to be told from all others: 128 random bits. */
  static String newRequestId() {
    var random = ThreadLocalRandom.current();
    HexFormat hex = HexFormat.of();
    return "req_" + hex.toHexDigits(random.nextLong()) + hex.toHexDigits(random.nextLong());
  }
}
