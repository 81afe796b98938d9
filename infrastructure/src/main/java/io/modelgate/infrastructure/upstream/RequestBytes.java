package io.modelgate.infrastructure.upstream;

import io.modelgate.domain.chat.ChatCall;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Credential;
import io.modelgate.infrastructure.client.Origin;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A request as it goes over the wire, head and body in one piece. Its headers are all listed here:
 * of the client's none passes but those the call was let keep, and never its credential.
 */
final class RequestBytes {
  static final String USER_AGENT =
      "modelgate/"
          + Optional.ofNullable(RequestBytes.class.getPackage().getImplementationVersion())
              .orElse("dev");

  private final StringBuilder head = new StringBuilder(512);

  private RequestBytes() {}

  /**
   * A request to the call's backend.
   *
   * @param path below the base URL's own
   */
  static byte[] post(CallPlan plan, String path, String accept, byte[] body) {
    byte[] head =
        new RequestBytes()
            .head(plan, path, accept, body.length)
            .getBytes(StandardCharsets.ISO_8859_1);
    byte[] request = Arrays.copyOf(head, head.length + body.length);
    System.arraycopy(body, 0, request, head.length, body.length);
    return request;
  }

  /** A question without a body. */
  static byte[] get(
      BaseUrl baseUrl,
      String path,
      Origin origin,
      @Nullable Credential credential,
      UpstreamSettings.Adapter adapter) {
    var request = new RequestBytes();
    request.start("GET", baseUrl, path, origin);
    request.add("Accept", "application/json");
    request.add("Accept-Encoding", "identity");
    request.add("User-Agent", USER_AGENT);
    if (credential != null) {
      request.addCredential(credential.secret(), adapter.credentialHeader());
    }
    return request.head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  private void start(String method, BaseUrl baseUrl, String path, Origin origin) {
    String basePath = baseUrl.asciiPath();
    head.append(method).append(' ').append(basePath).append(path).append(" HTTP/1.1\r\n");
    add("Host", origin.authority());
  }

  private String head(CallPlan plan, String path, String accept, int bodyLength) {
    ChatCall call = plan.call();
    start("POST", plan.baseUrl(), path, plan.origin());
    add("Content-Type", "application/json");
    add("Content-Length", Integer.toString(bodyLength));
    add("Accept", accept);
    add("Accept-Encoding", "identity");
    add("User-Agent", USER_AGENT);
    add("x-request-id", call.requestId());
    add("traceparent", call.headers().get("traceparent"));
    add("tracestate", call.headers().get("tracestate"));
    if (plan.credential() != null) {
      addCredential(plan.credential().secret(), plan.adapter().credentialHeader());
    }
    return head.append("\r\n").toString();
  }

  /** Exactly one header: where two differ, backends do not agree on which counts. */
  private void addCredential(String secret, @Nullable String header) {
    if (header == null) {
      add("Authorization", "Bearer " + secret);
    } else {
      add(header, secret);
    }
  }

  /** Leaves out what cannot stand on one line: a line break in it would be a header of its own. */
  private void add(String name, @Nullable String value) {
    if (value != null && fitsOneLine(value)) {
      head.append(name).append(": ").append(value).append("\r\n");
    }
  }

  private static boolean fitsOneLine(String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if ((c < ' ' && c != '\t') || c >= 0x7f) {
        return false;
      }
    }
    return true;
  }
}
