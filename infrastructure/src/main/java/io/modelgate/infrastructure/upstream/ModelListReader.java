package io.modelgate.infrastructure.upstream;

import io.modelgate.application.port.ModelCatalog.Listing;
import io.modelgate.application.port.ModelCatalog.OfferedModel;
import io.modelgate.domain.chat.Span;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.infrastructure.client.CallFailed;
import io.modelgate.infrastructure.json.JsonCursor;
import io.modelgate.infrastructure.json.MalformedJson;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a backend's list of models: {@code {"data":[{"id"…}]}} as OpenAI has it, {@code
 * {"models":[{"name"…}]}} as Ollama has it, both at once from llama-server, or a bare array from
 * some third parties. An empty list may be null. For one list.
 */
final class ModelListReader {
  private final boolean ollama;
  private final Map<String, OfferedModel> models = new LinkedHashMap<>();
  private int unusable;

  private ModelListReader(boolean ollama) {
    this.ollama = ollama;
  }

  /**
   * Reads a whole reply.
   *
   * @param kind what was asked
   * @throws CallFailed when it is no list
   */
  static Listing read(BackendKind kind, byte[] body, ErrorReader errors) throws CallFailed {
    try {
      return new ModelListReader(kind == BackendKind.OLLAMA).read(body, errors);
    } catch (MalformedJson e) {
      throw CallFailed.unintelligible("a list of models that is no JSON: " + e.getMessage());
    }
  }

  private Listing read(byte[] body, ErrorReader errors) throws CallFailed {
    var cursor = new JsonCursor(body);
    List<Entry> entries = cursor.type() == JsonCursor.Type.ARRAY ? entries(cursor) : named(cursor);
    cursor.finish();
    if (entries == null) {
      var all = new Span(0, body.length);
      throw ReplyPeek.of(body, all).isError()
          ? new CallFailed(errors.report(body, all))
          : CallFailed.unintelligible("JSON without a list of models");
    }
    entries.forEach(this::take);
    return new Listing.Found(List.copyOf(models.values()), unusable);
  }

  /** Null when there is none under the names known. */
  private @Nullable List<Entry> named(JsonCursor cursor) {
    List<Entry> data = null;
    List<Entry> models = null;
    cursor.enterObject();
    for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
      switch (name) {
        case "data" -> data = entries(cursor);
        case "models" -> models = entries(cursor);
        default -> {}
      }
    }
    if (ollama) {
      return models;
    }
    // Of llama-server's two, the one that names the owner.
    boolean useless = data == null || data.isEmpty();
    return useless && models != null ? models : data;
  }

  /** Null when it is no array; null itself is an empty one, as Go writes it. */
  private static @Nullable List<Entry> entries(JsonCursor cursor) {
    if (cursor.type() == JsonCursor.Type.NULL) {
      return List.of();
    }
    if (cursor.type() != JsonCursor.Type.ARRAY) {
      return null;
    }
    List<Entry> entries = new ArrayList<>();
    cursor.enterArray();
    while (cursor.nextElement()) {
      entries.add(cursor.type() == JsonCursor.Type.OBJECT ? Entry.read(cursor) : new Entry());
    }
    return entries;
  }

  private void take(Entry entry) {
    String name = entry.id != null ? entry.id : entry.name != null ? entry.name : entry.model;
    if (name == null || !ModelName.isValid(name)) {
      unusable++;
      return;
    }
    models.putIfAbsent(
        name, new OfferedModel(new ModelName(name), engine(entry.ownedBy), entry.remote));
  }

  private @Nullable BackendKind engine(@Nullable String ownedBy) {
    if (ollama) {
      return BackendKind.OLLAMA; // nobody else answers that path
    }
    return switch (ownedBy) {
      case "vllm" -> BackendKind.VLLM;
      case "llamacpp" -> BackendKind.LLAMACPP;
      case null, default -> null;
    };
  }

  /** One model as it is told; null where nothing is said, or something else than text. */
  private static final class Entry {
    private @Nullable String id;
    private @Nullable String name;
    private @Nullable String model;
    private @Nullable String ownedBy;
    private boolean remote;

    static Entry read(JsonCursor cursor) {
      var entry = new Entry();
      cursor.enterObject();
      for (String key = cursor.nextName(); key != null; key = cursor.nextName()) {
        if (cursor.type() == JsonCursor.Type.STRING) {
          entry.take(key, cursor.string());
        }
      }
      return entry;
    }

    private void take(String key, String value) {
      switch (key) {
        case "id" -> id = value;
        case "name" -> name = value;
        case "model" -> model = value;
        case "owned_by" -> ownedBy = value;
        case "remote_host", "remote_model" -> remote |= !value.isEmpty();
        default -> {}
      }
    }
  }
}
