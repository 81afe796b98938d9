package io.modelgate.infrastructure.admin;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.webserver.http.ServerRequest;
import io.modelgate.infrastructure.server.ApiError;
import io.modelgate.infrastructure.server.RequestBodies;
import io.modelgate.infrastructure.server.RequestBodies.Body;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads a request's body: within bounds, strictly. */
final class RequestContent {
  static final int MAX_BODY = 1024 * 1024;

  private static final RequestBodies BODIES = new RequestBodies(MAX_BODY);

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
    return switch (BODIES.read(request)) {
      case Body.Unfit(ApiError error) -> throw new Rejected(error);
      case Body.Whole(byte[] bytes) -> JsonFields.of(parse(decode(bytes)));
    };
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
