package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.ServerRequest;
import io.modelgate.infrastructure.server.ApiError;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;

/** Reads a request's body: within bounds, strictly. */
final class RequestContent {
  static final int MAX_BODY = 1024 * 1024;

  /** How much is read in vain so that the client gets to see the reply. */
  static final int MAX_DISCARDED = 8 * 1024 * 1024;

  static final int MAX_DISCARDED_FROM_STRANGERS = 64 * 1024;

  private static final ObjectReader JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build()
          .reader();

  private RequestContent() {}

  /**
   * The body as a JSON object.
   *
   * @throws Rejected when it is too long, encoded, of another type, or no JSON object in UTF-8
   */
  static JsonFields json(ServerRequest request) {
    refuseOtherForms(request);
    return JsonFields.of(parse(decode(read(request))));
  }

  /**
   * Whether a reply may be sent without the body having been read. Helidon reads what is left after
   * the reply, however much that is; so only a body of a known and bounded length may be left to
   * it. Else the connection must be closed, by a {@link
   * io.helidon.webserver.CloseConnectionException}: after a mere {@code Connection: close} Helidon
   * 4.5.0 goes on reading and takes the body for the next request.
   *
   * @param limit in bytes
   */
  static boolean mayBeLeft(ServerRequest request, int limit) {
    if (!request.content().hasEntity() || request.content().consumed()) {
      return true;
    }
    OptionalLong length = request.headers().contentLength();
    return length.isPresent()
        && length.getAsLong() <= limit
        && !request.headers().containsToken(HeaderValues.EXPECT_100);
  }

  private static void refuseOtherForms(ServerRequest request) {
    String encoding = request.headers().first(HeaderNames.CONTENT_ENCODING).orElse("identity");
    if (!encoding.equalsIgnoreCase("identity")) {
      throw new Rejected(
          ApiError.invalidRequest(415, "send the body as it is, without Content-Encoding"));
    }
    // An absent content type counts as JSON.
    if (!isJson(request.headers().first(HeaderNames.CONTENT_TYPE).orElse("application/json"))) {
      throw new Rejected(
          ApiError.invalidRequest(415, "send JSON, with Content-Type: application/json"));
    }
  }

  private static boolean isJson(String contentType) {
    int parameters = contentType.indexOf(';');
    String type = parameters == -1 ? contentType : contentType.substring(0, parameters);
    return type.strip().equalsIgnoreCase("application/json");
  }

  private static byte[] read(ServerRequest request) {
    if (request.headers().contentLength().orElse(0) > MAX_BODY) {
      throw tooLong();
    }
    try (InputStream in = request.content().inputStream()) {
      byte[] bytes = in.readNBytes(MAX_BODY + 1);
      if (bytes.length > MAX_BODY) {
        discard(in);
        throw tooLong();
      }
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Rejected tooLong() {
    return new Rejected(
        ApiError.invalidRequest(413, "a body has at most " + MAX_BODY + " bytes here"));
  }

  private static void discard(InputStream in) throws IOException {
    byte[] discarded = new byte[8 * 1024];
    int total = 0;
    for (int n = in.read(discarded); n != -1 && total < MAX_DISCARDED; n = in.read(discarded)) {
      total += n;
    }
  }

  private static String decode(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException _) {
      throw new Rejected(ApiError.invalidRequest(400, "the body is not UTF-8"));
    }
  }

  private static ObjectNode parse(String text) {
    try (JsonParser parser = JSON.createParser(text)) {
      JsonNode tree = JSON.readTree(parser);
      if (parser.nextToken() != null) {
        throw new Rejected(
            ApiError.invalidRequest(400, "there is more in the body than one JSON value"));
      }
      if (tree instanceof ObjectNode object) {
        return object;
      }
      throw new Rejected(ApiError.invalidRequest(400, "the body must be a JSON object"));
    } catch (JsonProcessingException e) {
      throw new Rejected(ApiError.invalidRequest(400, whatIsWrong(e)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** In our words: Jackson's name its own classes and repeat parts of the body. */
  private static String whatIsWrong(JsonProcessingException e) {
    String where =
        e.getLocation() == null
            ? ""
            : " at line "
                + e.getLocation().getLineNr()
                + ", column "
                + e.getLocation().getColumnNr();
    return String.valueOf(e.getOriginalMessage()).startsWith("Duplicate")
        ? "the body names a field twice" + where
        : "the body is not valid JSON" + where;
  }
}
