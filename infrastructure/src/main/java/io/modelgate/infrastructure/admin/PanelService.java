package io.modelgate.infrastructure.admin;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The panel's files, from the class path. Those in {@code assets/} have a hash of their content in
 * their names and may be kept for ever; all else is asked for anew each time. A path that names no
 * file is one of the page's own, and answered with the page. A file may have another beside it with
 * {@code .gz} at its end, for who takes it compressed.
 */
final class PanelService implements HttpService {
  private static final String PAGE = "index.html";
  private static final String ASSETS = "assets/";

  /** No segment begins with a dot, so none leads out of the folder. */
  private static final Pattern FILE =
      Pattern.compile("([\\w-][\\w.-]*/)*[\\w-][\\w-]*(\\.[\\w-]+)+");

  private static final Map<String, Header> TYPES =
      Map.of(
          "html", HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "text/html; charset=utf-8"),
          "js",
              HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "text/javascript; charset=utf-8"),
          "css", HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "text/css; charset=utf-8"),
          "svg", HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "image/svg+xml"));

  private static final Header FOR_EVER =
      HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "public, max-age=31536000, immutable");
  private static final Header ASK_ANEW =
      HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "no-cache");
  private static final Header BY_ENCODING =
      HeaderValues.createCached(HeaderNames.VARY, "Accept-Encoding");
  private static final Header GZIP =
      HeaderValues.createCached(HeaderNames.CONTENT_ENCODING, "gzip");

  private final String folder;

  /**
   * @param folder on the class path
   */
  PanelService(String folder) {
    this.folder = folder;
  }

  @Override
  public void routing(HttpRules rules) {
    Handler handler = this::serve;
    rules.get("/*", handler).head("/*", handler);
  }

  private void serve(ServerRequest request, ServerResponse response) {
    String path = request.path().path().substring(1);
    boolean isFile =
        path.startsWith(ASSETS) || path.substring(path.lastIndexOf('/') + 1).contains(".");
    String name = isFile ? path : PAGE;
    Header type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
    if (type == null || !FILE.matcher(name).matches()) {
      response.next();
      return;
    }
    byte[] compressed = takesGzip(request) ? read(name + ".gz") : null;
    byte[] content = compressed == null ? read(name) : compressed;
    if (content == null) {
      response.next();
      return;
    }
    response.header(type).header(BY_ENCODING);
    response.header(name.startsWith(ASSETS) ? FOR_EVER : ASK_ANEW);
    if (compressed != null) {
      response.header(GZIP);
    }
    if (request.prologue().method().equals(Method.HEAD)) {
      response.header(HeaderNames.CONTENT_LENGTH, Integer.toString(content.length));
      response.send();
    } else {
      response.send(content);
    }
  }

  /** Browsers say plainly that they do; what is put in finer words is answered uncompressed. */
  private static boolean takesGzip(ServerRequest request) {
    return request.headers().all(HeaderNames.ACCEPT_ENCODING, List::of).stream()
        .flatMap(Pattern.compile("\\s*,\\s*")::splitAsStream)
        .anyMatch("gzip"::equals);
  }

  private byte @Nullable [] read(String name) {
    try (InputStream in =
        PanelService.class.getClassLoader().getResourceAsStream(folder + "/" + name)) {
      return in == null ? null : in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
