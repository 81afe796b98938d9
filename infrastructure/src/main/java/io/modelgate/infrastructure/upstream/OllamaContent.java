package io.modelgate.infrastructure.upstream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.modelgate.infrastructure.client.CallFailed;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What one message says.
 *
 * @param text its text parts, a line feed between two of them
 * @param images in base64, with padding, as Go reads it
 */
record OllamaContent(String text, List<String> images) {
  private static final List<String> IMAGE_TYPES =
      List.of("image/png", "image/jpeg", "image/jpg", "image/webp", "image/gif");

  static OllamaContent of(RequestFields message) throws CallFailed {
    JsonNode content = message.value("content");
    if (content == null) {
      return new OllamaContent("", List.of());
    }
    if (content.isTextual()) {
      return new OllamaContent(content.textValue(), List.of());
    }
    if (!(content instanceof ArrayNode parts)) {
      throw message.wrong("content", "must be a string or an array of parts");
    }
    var texts = new ArrayList<String>();
    var images = new ArrayList<String>();
    for (int i = 0; i < parts.size(); i++) {
      RequestFields part = message.element("content", i, parts.get(i));
      String type = part.text("type");
      switch (type) {
        case "text" -> texts.add(required(part, "text"));
        case "refusal" -> texts.add(required(part, "refusal"));
        case "image_url" -> images.add(image(part));
        case null, default ->
            throw part.wrong(
                "type", "is '" + type + "', but Ollama takes 'text' and 'image_url' only");
      }
    }
    return new OllamaContent(String.join("\n", texts), List.copyOf(images));
  }

  private static String required(RequestFields part, String field) throws CallFailed {
    String text = part.text(field);
    if (text == null) {
      throw part.wrong(field, "must be a string");
    }
    return text;
  }

  /** The URL stands in an object, or, as Ollama itself takes it too, by itself. */
  private static String image(RequestFields part) throws CallFailed {
    JsonNode value = part.value("image_url");
    String url = url(part, value);
    if (url == null) {
      throw part.wrong("image_url.url", "must be a string");
    }
    int comma = url.indexOf(',');
    String head = comma < 0 ? "" : url.substring(0, comma).toLowerCase(Locale.ROOT);
    if (!head.startsWith("data:") || !head.endsWith(";base64")) {
      throw part.wrong(
          "image_url.url",
          "must be a data: URI in base64: neither Ollama nor this gateway fetches images");
    }
    if (!IMAGE_TYPES.contains(head.substring("data:".length(), head.indexOf(';')))) {
      throw part.wrong("image_url.url", "must hold a PNG, JPEG, WebP or GIF image");
    }
    byte[] image = decoded(url.substring(comma + 1));
    if (image == null || image.length == 0) {
      throw part.wrong("image_url.url", "does not hold an image in base64");
    }
    return Base64.getEncoder().encodeToString(image);
  }

  private static @Nullable String url(RequestFields part, @Nullable JsonNode value)
      throws CallFailed {
    if (value == null || value.isTextual()) {
      return value == null ? null : value.textValue();
    }
    RequestFields wrapped = part.object("image_url");
    return wrapped == null ? null : wrapped.text("url");
  }

  private static byte @Nullable [] decoded(String base64) {
    try {
      return Base64.getDecoder().decode(base64.replaceAll("\\s", ""));
    } catch (IllegalArgumentException _) {
      return null;
    }
  }
}
