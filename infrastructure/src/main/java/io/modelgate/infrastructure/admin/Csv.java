package io.modelgate.infrastructure.admin;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.ServerResponse;
import io.modelgate.application.port.StoreUnavailable;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A table on its way to the client, line by line (RFC 4180). Once it has begun, what goes wrong can
 * only cut it off, which a client sees by the missing last chunk.
 */
final class Csv {
  private static final int BUFFER = 16 * 1024;

  private final Writer out;
  private boolean lineIsEmpty = true;

  private Csv(Writer out) {
    this.out = out;
  }

  /**
   * Sends a table.
   *
   * @param fileName what a browser saves it as
   * @param columns their names
   */
  static void send(ServerResponse response, String fileName, String[] columns, Lines lines) {
    response.header(HeaderNames.CONTENT_TYPE, "text/csv; charset=utf-8");
    response.header(HeaderNames.CONTENT_DISPOSITION, "attachment; filename=\"" + fileName + "\"");
    try (Writer out =
        new BufferedWriter(
            new OutputStreamWriter(response.outputStream(), StandardCharsets.UTF_8), BUFFER)) {
      var csv = new Csv(out);
      for (String column : columns) {
        csv.text(column);
      }
      csv.endLine();
      lines.writeTo(csv);
    } catch (IOException | UncheckedIOException | ServerConnectionException e) {
      throw new CloseConnectionException("the client is gone", e);
    } catch (StoreUnavailable e) {
      throw new CloseConnectionException("a table could not be read to its end", e);
    }
  }

  /** Text from anywhere: what a spreadsheet would take for a formula begins with an apostrophe. */
  Csv text(@Nullable String text) throws IOException {
    return cell(
        text == null ? "" : text.isEmpty() || isHarmless(text.charAt(0)) ? text : "'" + text);
  }

  Csv number(long number) throws IOException {
    return cell(Long.toString(number));
  }

  Csv number(@Nullable Double number) throws IOException {
    return cell(number == null ? "" : number.toString());
  }

  void endLine() throws IOException {
    out.write("\r\n");
    lineIsEmpty = true;
  }

  private static boolean isHarmless(char first) {
    return "=+-@\t\r\n|%".indexOf(first) < 0;
  }

  private Csv cell(String text) throws IOException {
    if (!lineIsEmpty) {
      out.write(',');
    }
    lineIsEmpty = false;
    if (text.indexOf(',') >= 0
        || text.indexOf('"') >= 0
        || text.indexOf('\r') >= 0
        || text.indexOf('\n') >= 0) {
      out.write('"');
      out.write(text.replace("\"", "\"\""));
      out.write('"');
    } else {
      out.write(text);
    }
    return this;
  }

  /** What the table says. */
  interface Lines {
    void writeTo(Csv csv) throws IOException;
  }
}
