package io.modelgate.infrastructure.upstream;

import io.helidon.common.buffers.DataReader.InsufficientDataAvailableException;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webclient.api.ClientConnection;
import io.helidon.webclient.api.HttpClientResponse;
import io.helidon.webclient.api.Proxy;
import io.helidon.webclient.api.WebClient;
import io.modelgate.domain.chat.UpstreamFailure.CutOff;
import io.modelgate.domain.chat.UpstreamFailure.Unreachable;
import io.modelgate.domain.routing.Credential;
import io.modelgate.infrastructure.client.CallFailed;
import io.modelgate.infrastructure.client.Origin;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One {@code GET} with Helidon's WebClient, which keeps nothing for the next one: such questions
 * are rare, and a connection kept would cost a thread that waits on it.
 *
 * @param path follows the base URL's own
 * @param credentialHeader null for {@code Authorization: Bearer}
 */
record CatalogQuestion(
    String path,
    @Nullable Credential credential,
    @Nullable String credentialHeader,
    CatalogWay way,
    Duration connectTimeout) {
  private static final int MOST_BYTES = 8 * 1024 * 1024;

  /**
   * The answer, whole.
   *
   * @param status 200 to 599
   * @param mediaType empty when there is none
   */
  record Answer(
      int status, String mediaType, @SuppressWarnings("ArrayRecordComponent") byte[] body) {}

  /** Asks. Ends early, in whatever way, when its thread is interrupted. */
  Answer ask() throws CallFailed {
    WebClient client = client();
    ClientConnection connection = way.connect(client);
    try {
      return read(send(client, new CatalogConnection(connection, MOST_BYTES)));
    } finally {
      connection.closeResource();
    }
  }

  private WebClient client() {
    return WebClient.builder()
        .addProtocolPreference("http/1.1")
        .servicesDiscoverServices(false)
        .socketOptions(options -> options.connectTimeout(connectTimeout))
        .connectTimeout(connectTimeout)
        .proxy(Proxy.noProxy()) // the connection goes through one; the request need not know
        .shareConnectionCache(false)
        .keepAlive(false)
        .followRedirects(false)
        .contentEncoding(encoding -> encoding.contentEncodingsDiscoverServices(false))
        .build();
  }

  private HttpClientResponse send(WebClient client, ClientConnection connection) throws CallFailed {
    String basePath = URI.create(way.baseUrl().uri().toASCIIString()).getRawPath();
    var request =
        client
            .get()
            .connection(connection)
            // Only its path is used: the connection is there, and the host has its own line.
            // WebClient decodes a path, then encodes less; so it gets one to decode in vain.
            .skipUriEncoding(true)
            .uri(URI.create("http://localhost" + (basePath + path).replace("%", "%25")))
            .header(HeaderNames.HOST, Origin.of(way.baseUrl(), null).authority())
            .header(HeaderNames.ACCEPT, "application/json")
            .header(HeaderNames.ACCEPT_ENCODING, "identity")
            .header(HeaderNames.USER_AGENT, RequestBytes.USER_AGENT)
            .header(HeaderValues.CONNECTION_CLOSE);
    if (credential != null && credentialHeader == null) {
      request.header(HeaderNames.AUTHORIZATION, "Bearer " + credential.secret());
    } else if (credential != null) {
      request.header(HeaderNames.create(credentialHeader), credential.secret());
    }
    try {
      return request.request();
    } catch (UncheckedIOException | InsufficientDataAvailableException e) {
      throw new CallFailed(new Unreachable("no reply: " + words(e)));
    } catch (CatalogConnection.TooLong e) {
      throw CallFailed.unintelligible(words(e));
    } catch (RuntimeException e) { // whichever WebClient comes across
      throw CallFailed.unintelligible("no HTTP: " + words(e));
    }
  }

  private static Answer read(HttpClientResponse response) throws CallFailed {
    var headers = response.headers();
    String coding = headers.first(HeaderNames.CONTENT_ENCODING).orElse("identity");
    if (!coding.equalsIgnoreCase("identity")) {
      throw CallFailed.unintelligible("a compressed reply, though none was asked for");
    }
    boolean endsWithConnection =
        !headers.contains(HeaderNames.CONTENT_LENGTH)
            && !headers.contains(HeaderNames.TRANSFER_ENCODING);
    var body = new ByteArrayOutputStream();
    try (InputStream in = response.inputStream()) {
      in.transferTo(body);
    } catch (InsufficientDataAvailableException e) {
      if (!endsWithConnection) {
        throw new CallFailed(new CutOff("the connection ended inside the list of models"));
      }
    } catch (UncheckedIOException | IOException e) {
      throw new CallFailed(new CutOff(words(e)));
    } catch (CatalogConnection.TooLong e) {
      throw CallFailed.unintelligible(words(e));
    } catch (RuntimeException e) {
      throw CallFailed.unintelligible("a body that is no HTTP: " + words(e));
    }
    String type = headers.first(HeaderNames.CONTENT_TYPE).orElse("");
    return new Answer(response.status().code(), type, body.toByteArray());
  }

  /** The innermost cause says most. */
  static String words(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String message = cause.getMessage();
    return cause.getClass().getSimpleName() + (message == null ? "" : ": " + message);
  }
}
