package io.modelgate.bootstrap;

import io.modelgate.domain.chat.Endpoint;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What an engine should say to a chat, and the pieces to say it wrongly. All characters ASCII. */
record GoodReply(EngineDialect kind, boolean stream) {
  /** All that it says. */
  String body() {
    return stream ? String.join("", events()) : kind.body(Endpoint.CHAT_COMPLETIONS);
  }

  private List<String> events() {
    return kind.events(Endpoint.CHAT_COMPLETIONS);
  }

  /** Of a stream the events up to the one with the first words; of a whole reply the first half. */
  String beginning() {
    if (!stream) {
      return body().substring(0, body().length() / 2);
    }
    int said = body().indexOf("Hi");
    String end = kind == EngineDialect.OLLAMA ? "\n" : "\n\n";
    return body().substring(0, body().indexOf(end, said) + end.length());
  }

  /** What follows {@link #beginning}. */
  String rest() {
    return body().substring(beginning().length());
  }

  /** With other words in place of "Hi". */
  String saying(String words) {
    return body().replace("Hi", words);
  }

  /** A head with these lines besides. */
  String head(String... lines) {
    return headUnder("HTTP/1.1 200 OK", lines);
  }

  /** The same with another status line. */
  String headUnder(String statusLine, String... lines) {
    String type =
        !stream
            ? "application/json"
            : kind == EngineDialect.OLLAMA ? "application/x-ndjson" : "text/event-stream";
    String more = lines.length == 0 ? "" : String.join("\r\n", lines) + "\r\n";
    return statusLine + "\r\nContent-Type: " + type + "\r\n" + more + "\r\n";
  }

  /** The whole reply, told to have so many bytes more than it has. */
  String sized(int more) {
    return head("Content-Length: " + (body().length() + more)) + body();
  }

  /** As it should be. */
  String sized() {
    return sized(0);
  }

  /** A head that announces chunks. */
  String chunkedHead() {
    return head("Transfer-Encoding: chunked");
  }

  static String chunk(String text) {
    return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
