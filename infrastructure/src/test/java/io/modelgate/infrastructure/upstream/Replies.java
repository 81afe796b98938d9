package io.modelgate.infrastructure.upstream;

import java.nio.charset.StandardCharsets;

/** What backends say, in HTTP. */
final class Replies {
  static final String EVENT_STREAM =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  static final String FIRST =
      event(
          "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hé\"},\"finish_reason\":null}],\"model\":\"tiny\"}");
  static final String LAST =
      event(
          "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"model\":\"tiny\"}");
  static final String USAGE =
      event(
          "{\"choices\":[],\"model\":\"tiny\",\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}");
  static final String DONE = "data: [DONE]\n\n";
  static final String END_OF_CHUNKS = "0\r\n\r\n";
  static final String COMPLETION =
      "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"Hé\"},\"finish_reason\":\"stop\"}],"
          + " \"model\": \"tiny\",\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2,\"x\":null}}";

  private Replies() {}

  static String event(String json) {
    return "data: " + json + "\n\n";
  }

  static String chunk(String text) {
    int length = text.getBytes(StandardCharsets.UTF_8).length;
    return Integer.toHexString(length) + "\r\n" + text + "\r\n";
  }

  static String stream(String events) {
    return EVENT_STREAM + chunk(events) + END_OF_CHUNKS;
  }

  static String json(String body) {
    return reply("200 OK", "application/json", body);
  }

  static String reply(String status, String contentType, String body) {
    return "HTTP/1.1 "
        + status
        + "\r\nContent-Type: "
        + contentType
        + "\r\nContent-Length: "
        + body.getBytes(StandardCharsets.UTF_8).length
        + "\r\n\r\n"
        + body;
  }
}
