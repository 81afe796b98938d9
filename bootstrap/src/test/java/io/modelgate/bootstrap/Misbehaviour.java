package io.modelgate.bootstrap;

import static io.modelgate.bootstrap.GoodReply.bytes;
import static io.modelgate.bootstrap.GoodReply.chunk;
import static io.modelgate.testing.backend.ScriptedBackend.await;
import static io.modelgate.testing.backend.ScriptedBackend.drain;
import static io.modelgate.testing.backend.ScriptedBackend.hangUp;
import static io.modelgate.testing.backend.ScriptedBackend.hear;
import static io.modelgate.testing.backend.ScriptedBackend.pause;
import static io.modelgate.testing.backend.ScriptedBackend.reset;
import static io.modelgate.testing.backend.ScriptedBackend.send;
import static io.modelgate.testing.backend.ScriptedBackend.sendInBytes;

import io.modelgate.testing.backend.ScriptedBackend;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.zip.GZIPOutputStream;

/**
 * What a backend can do wrong over HTTP, whatever it speaks, and what a client must see of it. A
 * script that goes wrong in the middle of a stream waits for {@code begun}, so that the client has
 * the beginning.
 */
enum Misbehaviour {
  // Connections
  DOES_NOT_LISTEN("no connection", Seen.UNREACHABLE, (_, _, _) -> {}),
  RESETS_WHEN_CONNECTED(
      "resets at once", Seen.UNREACHABLE, (backend, _, _) -> backend.onConnection(reset())),
  RESETS_WHEN_ASKED(
      "reads the request, resets", Seen.UNREACHABLE, (backend, _, _) -> backend.onRequest(reset())),
  CLOSES_WHEN_ASKED(
      "reads the request, closes",
      Seen.UNREACHABLE,
      (backend, _, _) -> backend.onRequest(hangUp())),
  RESETS_INSIDE_HEAD(
      "resets inside the head",
      Seen.CUT,
      (backend, _, _) -> backend.onRequest(send("HTTP/1.1 200 OK\r\nConte"), brief(), reset())),
  CLOSES_INSIDE_HEAD(
      "closes inside the head",
      Seen.CUT,
      (backend, _, _) -> backend.onRequest(send("HTTP/1.1 200 OK\r\nConte"), hangUp())),
  CLOSES_AFTER_HEAD(
      "closes after the head",
      Seen.CUT,
      (backend, good, _) -> backend.onRequest(send(good.head("Content-Length: 500")), hangUp())),
  RESETS_AFTER_BEGINNING(
      "resets half way, between events",
      Seen.CUT,
      Seen.BEGUN_CUT,
      (backend, good, begun) ->
          backend.onRequest(
              send(good.head("Content-Length: 5000") + good.beginning()),
              begun(good, begun),
              reset())),
  CLOSES_AFTER_BEGINNING(
      "closes half way, between events",
      Seen.CUT,
      Seen.BEGUN_CUT,
      (backend, good, begun) ->
          backend.onRequest(
              send(good.head("Content-Length: 5000") + good.beginning()),
              begun(good, begun),
              hangUp())),
  CLOSES_INSIDE_EVENT(
      "closes inside an event",
      Seen.CUT,
      Seen.BEGUN_CUT,
      (backend, good, begun) ->
          backend.onRequest(
              send(good.chunkedHead() + chunk(good.beginning())),
              begun(good, begun),
              send(chunk(good.rest().substring(0, 9))),
              hangUp())),
  CLOSES_WITHOUT_LAST_CHUNK(
      "says everything but the last chunk, closes",
      Seen.CUT,
      Seen.SERVED,
      (backend, good, _) ->
          backend.onRequest(send(good.chunkedHead() + chunk(good.body())), hangUp())),

  // Silence; the model's timeout is short
  STALLS_BEFORE_HEAD(
      "says nothing", Seen.LATE, (backend, _, _) -> backend.onRequest(backend.silence())),
  STALLS_INSIDE_HEAD(
      "falls silent inside the head",
      Seen.LATE,
      (backend, _, _) -> backend.onRequest(send("HTTP/1.1 200 OK\r\nCo"), backend.silence())),
  STALLS_AFTER_HEAD(
      "falls silent after the head",
      Seen.LATE,
      (backend, good, _) -> backend.onRequest(send(good.chunkedHead()), backend.silence())),
  STALLS_AFTER_BEGINNING(
      "falls silent between events",
      Seen.LATE,
      Seen.BEGUN_LATE,
      (backend, good, _) ->
          backend.onRequest(send(good.chunkedHead() + chunk(good.beginning())), backend.silence())),
  STALLS_INSIDE_EVENT(
      "falls silent inside an event",
      Seen.LATE,
      Seen.BEGUN_LATE,
      (backend, good, begun) ->
          backend.onRequest(
              send(good.chunkedHead() + chunk(good.beginning())),
              begun(good, begun),
              send(chunk(good.rest().substring(0, 9))),
              backend.silence())),
  STALLS_BEFORE_LAST_CHUNK(
      "says everything but the last chunk, falls silent",
      Seen.LATE,
      Seen.SERVED,
      (backend, good, _) ->
          backend.onRequest(send(good.chunkedHead() + chunk(good.body())), backend.silence())),
  DRIPS(
      "sends byte by byte",
      Seen.SERVED,
      (backend, good, _) -> backend.onRequest(sendInBytes(good.sized()))),
  DRIPS_CHUNKS(
      "sends a chunk for each byte",
      Seen.SERVED,
      (backend, good, _) ->
          backend.onRequest(
              sendInBytes(
                  good.chunkedHead()
                      + good.body()
                          .chars()
                          .mapToObj(c -> chunk(String.valueOf((char) c)))
                          .reduce("", String::concat)
                      + "0\r\n\r\n"))),
  DRIPS_HEAD_FOR_EVER(
      "a head that goes on for ever",
      Seen.LATE,
      (backend, _, _) ->
          backend.onRequest(
              send("HTTP/1.1 200 OK\r\n"), backend.drip("X: y\r\n", Duration.ofMillis(20), 1_000))),

  // Lengths
  SAYS_MORE_AND_CLOSES(
      "a length too long, closes",
      Seen.CUT,
      Seen.SERVED,
      (backend, good, _) -> backend.onRequest(send(good.sized(9)), hangUp())),
  SAYS_MORE_AND_STALLS(
      "a length too long, falls silent",
      Seen.LATE,
      Seen.SERVED,
      (backend, good, _) -> backend.onRequest(send(good.sized(9)), backend.silence())),
  SAYS_LESS(
      "a length too short",
      Seen.INVALID,
      Seen.BEGUN_CUT,
      (backend, good, _) ->
          backend.onRequest(
              send(good.head("Content-Length: " + good.beginning().length()) + good.body()))),
  SAYS_NOTHING("an empty body", Seen.INVALID, Seen.CUT, unsaid("Content-Length: 0")),
  LENGTH_NEGATIVE("a negative length", Seen.INVALID, unsaid("Content-Length: -1")),
  LENGTH_SIGNED("a signed length", Seen.INVALID, unsaid("Content-Length: +5")),
  LENGTH_HEX("a length in hex", Seen.INVALID, unsaid("Content-Length: 0x50")),
  LENGTH_HUGE("a length of 30 digits", Seen.INVALID, unsaid("Content-Length: " + "9".repeat(30))),
  LENGTHS_DIFFER("two lengths", Seen.INVALID, unsaid("Content-Length: 5", "Content-Length: 50")),
  LENGTH_LIST("a list of lengths", Seen.INVALID, unsaid("Content-Length: 50, 50")),
  LENGTH_AND_CHUNKS(
      "a length and chunks",
      Seen.INVALID,
      unsaid("Content-Length: 50", "Transfer-Encoding: chunked")),
  OTHER_CODING("another transfer coding", Seen.INVALID, unsaid("Transfer-Encoding: gzip, chunked")),
  LENGTH_TWICE_THE_SAME(
      "the same length twice",
      Seen.SERVED,
      (backend, good, _) -> {
        String length = "Content-Length: " + good.body().length();
        backend.onRequest(send(good.head(length, length) + good.body()));
      }),
  BYTES_AFTER_END(
      "bytes after the end",
      Seen.SERVED,
      (backend, good, _) -> backend.onRequest(send(good.sized() + "and more"))),

  // Chunks
  CHUNK_SIZE_INVALID(
      "a chunk size that is none",
      Seen.INVALID,
      (backend, good, _) ->
          backend.onRequest(send(good.chunkedHead()), brief(), send("zz\r\n" + good.body()))),
  CHUNK_SIZE_HUGE(
      "a chunk size of 20 digits",
      Seen.INVALID,
      (backend, good, _) ->
          backend.onRequest(send(good.chunkedHead()), brief(), send("f".repeat(20) + "\r\n"))),
  CHUNK_LONGER_THAN_TOLD(
      "a chunk longer than told",
      Seen.INVALID,
      Seen.BEGUN_INVALID,
      (backend, good, begun) ->
          backend.onRequest(
              send(good.chunkedHead() + unclosed(chunk(good.beginning()))),
              begun(good, begun),
              send("surplus" + good.rest()))),
  CHUNK_EXTENSION_ENDLESS(
      "an endless chunk extension",
      Seen.INVALID,
      (backend, good, _) ->
          backend.onRequest(send(good.chunkedHead()), send("5;" + "x".repeat(200_000)))),
  TRAILERS(
      "trailers",
      Seen.SERVED,
      (backend, good, _) ->
          backend.onRequest(
              send(good.chunkedHead() + chunk(good.body()) + "0\r\nX-Sum: 1\r\nY: 2\r\n\r\n"))),
  TRAILERS_ENDLESS(
      "endless trailers",
      Seen.INVALID,
      Seen.SERVED,
      (backend, good, _) ->
          backend.onRequest(
              send(good.chunkedHead() + chunk(good.body()) + "0\r\n" + "X: y\r\n".repeat(50_000)))),

  // Heads
  GARBAGE(
      "random bytes", Seen.INVALID, (backend, _, _) -> backend.onRequest(send(noise()), hangUp())),
  OTHER_PROTOCOL(
      "another protocol's greeting",
      Seen.INVALID,
      (backend, _, _) -> backend.onRequest(send("SSH-2.0-OpenSSH_9.2p1\r\n"))),
  PAGE_WITHOUT_HEAD(
      "a page without a head",
      Seen.INVALID,
      (backend, _, _) -> backend.onRequest(send("<html><body>It works</body></html>\n"), hangUp())),
  HTTP_2("HTTP/2's status line", Seen.INVALID, status("HTTP/2 200")),
  STATUS_600("status 600", Seen.INVALID, status("HTTP/1.1 600 Odd")),
  STATUS_SHORT("status 20", Seen.INVALID, status("HTTP/1.1 20 Odd")),
  HEADER_FOLDED("a folded header", Seen.INVALID, unsaid("X-A: b", " c")),
  HEADER_WITH_SPACE("a space before a colon", Seen.INVALID, unsaid("Content-Length : 5")),
  HEADER_WITH_NUL("a NUL in a header", Seen.INVALID, unsaid("X-A: b\0c")),
  LINES_WITH_LF(
      "bare line feeds",
      Seen.INVALID,
      (backend, good, _) -> backend.onRequest(send(good.sized().replace("\r\n", "\n")))),
  HEAD_OF_1MB("a header of 1 MB", Seen.INVALID, unsaid("X-A: " + "b".repeat(1 << 20))),
  HEADERS_10000(
      "10,000 headers",
      Seen.INVALID,
      (backend, good, _) ->
          backend.onRequest(send("HTTP/1.1 200 OK\r\n" + "X: y\r\n".repeat(10_000)))),
  HTTP_1_0(
      "HTTP/1.0, ends with the connection",
      Seen.SERVED,
      (backend, good, _) ->
          backend.onRequest(send(good.headUnder("HTTP/1.0 200 OK") + good.body()), hangUp())),
  HTTP_1_0_CHUNKED(
      "HTTP/1.0 with chunks",
      Seen.INVALID,
      (backend, good, _) ->
          backend.onRequest(
              send(
                  good.headUnder("HTTP/1.0 200 OK", "Transfer-Encoding: chunked")
                      + chunk(good.body())))),
  SAYS_CLOSE_AND_GOES_ON(
      "Connection: close, then more",
      Seen.SERVED,
      (backend, good, _) ->
          backend.onRequest(
              send(
                  good.head("Connection: close", "Content-Length: " + good.body().length())
                      + good.body()),
              brief(),
              send("HTTP/1.1 200 OK\r\n"))),

  // Statuses
  INTERIM(
      "100, 102 and 103 before the reply",
      Seen.SERVED,
      (backend, good, _) ->
          backend.onRequest(
              send(
                  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                      + good.sized()))),
  INTERIM_STORM(
      "5,000 interim replies",
      Seen.INVALID,
      (backend, good, _) ->
          backend.onRequest(send("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(5_000) + good.sized()))),
  SWITCHES_PROTOCOL("status 101", Seen.INVALID, status("HTTP/1.1 101 Switching Protocols")),
  NO_CONTENT("204 with a body", Seen.INVALID, Seen.CUT, status("HTTP/1.1 204 No Content")),
  RESET_CONTENT(
      "205 with an empty body", Seen.INVALID, Seen.CUT, empty("HTTP/1.1 205 Reset Content")),
  NOT_MODIFIED("304 with a body", Seen.FAILED, status("HTTP/1.1 304 Not Modified")),
  MOVED("301 elsewhere", Seen.FAILED, moved("301 Moved Permanently")),
  TEMPORARILY_MOVED("307 elsewhere", Seen.FAILED, moved("307 Temporary Redirect")),
  SHOWS_THE_CREDENTIAL(
      "401 that repeats the credential",
      "502 upstream_auth_failed",
      (backend, _, _) ->
          backend.onRequest(
              send(refused("401 Unauthorized", "Wrong key " + MisbehaviourIT.CREDENTIAL)))),
  EARLY_413(
      "413 before it has read the request",
      "413 invalid_request_error",
      early(refused("413 Content Too Large", "too much"))),
  EARLY_413_AND_CLOSES(
      "413 before it has read the request, closes",
      "413 invalid_request_error",
      (backend, _, _) ->
          backend.onConnection(
              hear(2_000), send(refused("413 Content Too Large", "too much")), hangUp())),
  EARLY_401(
      "401 before it has read the request",
      "502 upstream_auth_failed",
      early(refused("401 Unauthorized", "no"))),
  EARLY_200(
      "a reply before it has read the request",
      Seen.SERVED,
      (backend, good, begun) ->
          backend.onConnection(hear(2_000), send(good.sized()), await(begun), drain())),

  // Contents
  COMPRESSED(
      "gzip, and says so",
      Seen.INVALID,
      (backend, good, _) ->
          backend.onRequest(
              send(good.head("Content-Encoding: gzip")), send(gzip(good.body())), hangUp())),
  COMPRESSED_IN_SECRET(
      "gzip, and does not say so",
      Seen.INVALID,
      (backend, good, _) ->
          backend.onRequest(send(good.head()), send(gzip(good.body().repeat(20))), hangUp())),
  LONG_EVENT(
      "an event of 1 MB",
      "200 Hi… (1048578)",
      (backend, good, _) -> {
        String body = good.saying("Hi" + "i".repeat(1 << 20));
        backend.onRequest(send(good.head("Content-Length: " + body.length()) + body));
      }),
  NOT_UTF8(
      "bytes that are not UTF-8 in JSON",
      Seen.INVALID,
      (backend, good, _) ->
          backend.onRequest(send(good.head()), send(bytes(good.saying("\u00ff\u00fe"))), hangUp())),
  NOT_UTF8_LATER(
      "bytes that are not UTF-8 between events",
      Seen.INVALID,
      Seen.BEGUN_INVALID,
      (backend, good, begun) ->
          backend.onRequest(
              send(good.head() + good.beginning()),
              begun(good, begun),
              send(bytes(": \u00c3(\n\n" + good.rest())),
              hangUp())),

  // What stays behind on a kept connection
  SAYS_IT_TWICE(
      "a second reply nobody asked for",
      Seen.SERVED,
      (backend, good, _) -> backend.onRequest(send(good.sized() + poison(good)))),
  SAYS_IT_TWICE_LATER(
      "a second reply, a moment later",
      Seen.SERVED,
      (backend, good, _) -> backend.onRequest(send(good.sized()), brief(), send(poison(good))));

  /** A backend is made to misbehave. */
  interface Play {
    void prepare(ScriptedBackend backend, GoodReply good, CountDownLatch begun);
  }

  final String what;
  final String whole;
  final String streamed;

  @SuppressWarnings("ImmutableEnumChecker") // the plays hold nothing
  final Play play;

  Misbehaviour(String what, String seen, Play play) {
    this(what, seen, seen, play);
  }

  Misbehaviour(String what, String whole, String streamed, Play play) {
    this.what = what;
    this.whole = whole;
    this.streamed = streamed;
    this.play = play;
  }

  /** Whether the request must be too long for it to be sent before the answer comes. */
  boolean needsLongRequest() {
    return switch (this) {
      case EARLY_413, EARLY_413_AND_CLOSES, EARLY_401, EARLY_200 -> true;
      default -> false;
    };
  }

  /** Whether only a short patience of the gateway ends it. */
  boolean isSilent() {
    return whole.equals(Seen.LATE);
  }

  /** What clients see, most often. */
  static final class Seen {
    static final String SERVED = "200 Hi";
    static final String UNREACHABLE = "502 upstream_unavailable";
    static final String CUT = "502 upstream_cut_off";
    static final String INVALID = "502 upstream_invalid_reply";
    static final String FAILED = "502 upstream_error";
    static final String LATE = "504 upstream_timeout";
    static final String BEGUN_CUT = "200 Hi, error upstream_cut_off";
    static final String BEGUN_INVALID = "200 Hi, error upstream_invalid_reply";
    static final String BEGUN_LATE = "200 Hi, error upstream_timeout";

    private Seen() {}
  }

  /** Waits, in a stream, until the client has its beginning. */
  private static ScriptedBackend.Step begun(GoodReply good, CountDownLatch begun) {
    return good.stream() ? await(begun) : brief();
  }

  /** Long enough for what was sent to be read by itself. */
  private static ScriptedBackend.Step brief() {
    return pause(Duration.ofMillis(20));
  }

  /** The whole reply under a head with these lines. */
  private static Play unsaid(String... lines) {
    return (backend, good, _) ->
        backend.onRequest(send(bytes(good.head(lines) + good.body())), hangUp());
  }

  private static Play status(String statusLine) {
    return (backend, good, _) ->
        backend.onRequest(send(good.headUnder(statusLine) + good.body()), hangUp());
  }

  private static Play empty(String statusLine) {
    return (backend, good, _) ->
        backend.onRequest(send(good.headUnder(statusLine, "Content-Length: 0")));
  }

  /** To a place where a client would be served, on the same backend. */
  private static Play moved(String status) {
    return (backend, good, _) ->
        backend.onRequest(
            send(
                good.headUnder(
                    "HTTP/1.1 " + status,
                    "Location: " + backend.baseUrl() + "/elsewhere",
                    "Content-Length: 0")));
  }

  private static String refused(String status, String message) {
    String body = "{\"error\":{\"message\":\"" + message + "\"}}";
    return "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        .formatted(status, body.length(), body);
  }

  /** Answers to the beginning of a request and reads no more of it until the client is answered. */
  private static Play early(String reply) {
    return (backend, _, begun) ->
        backend.onConnection(hear(2_000), send(reply), await(begun), drain());
  }

  /** Without its line end. */
  private static String unclosed(String chunk) {
    return chunk.substring(0, chunk.length() - 2);
  }

  private static String poison(GoodReply good) {
    String body = good.saying("Poison");
    return good.head("Content-Length: " + body.length()) + body;
  }

  private static byte[] noise() {
    byte[] noise = new byte[3_000];
    new Random(5).nextBytes(noise);
    return noise;
  }

  private static byte[] gzip(String text) {
    var bytes = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(bytes)) {
      gzip.write(bytes(text));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
