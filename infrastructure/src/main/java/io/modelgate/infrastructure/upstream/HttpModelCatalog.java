package io.modelgate.infrastructure.upstream;

import io.modelgate.application.port.ModelCatalog;
import io.modelgate.domain.chat.UpstreamFailure.Phase;
import io.modelgate.domain.chat.UpstreamFailure.TimedOut;
import io.modelgate.domain.chat.UpstreamFailure.Unreachable;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Credential;
import io.modelgate.infrastructure.client.CallFailed;
import io.modelgate.infrastructure.client.Origin;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** Asks over HTTP: {@code /api/tags} of Ollama, {@code /v1/models} of all others. Thread-safe. */
final class HttpModelCatalog implements ModelCatalog {
  private static final int MAX_ERROR_BYTES = 64 * 1024;

  private final Supplier<UpstreamSettings> inForce;
  private final SSLContext tls;
  private final Duration patience;

  /**
   * Asks no one yet.
   *
   * @param inForce asked for each list, since settings change
   * @param patience for the whole of an answer
   */
  HttpModelCatalog(Supplier<UpstreamSettings> inForce, SSLContext tls, Duration patience) {
    this.inForce = inForce;
    this.tls = tls;
    this.patience = patience;
  }

  @Override
  public Listing list(
      BackendKind kind, @Nullable BaseUrl baseUrl, @Nullable Credential credential) {
    UpstreamSettings settings = inForce.get();
    UpstreamSettings.Adapter adapter = settings.adapters().get(kind);
    if (adapter == null) {
      return new Listing.Failed(new Unreachable("no adapter for " + kind.wireName()));
    }
    BaseUrl url = baseUrl == null ? adapter.baseUrl() : baseUrl;
    if (url == null) {
      return new Listing.Failed(
          new Unreachable("neither a base URL is given nor has its kind one"));
    }
    boolean hasty = patience.compareTo(settings.connectTimeout()) < 0;
    var question =
        new CatalogQuestion(
            kind == BackendKind.OLLAMA ? "/api/tags" : "/v1/models",
            credential == null ? adapter.credential() : credential,
            adapter.credentialHeader(),
            new CatalogWay(url, settings.addresses(), adapter.proxy(), tls),
            hasty ? patience : settings.connectTimeout());
    return inTime(() -> ask(kind, question));
  }

  private static Listing ask(BackendKind kind, CatalogQuestion question) {
    String address = Origin.of(question.way().baseUrl(), null).hostAndPort();
    var errors =
        new ErrorReader(
            Scrubber.of(question.way().baseUrl(), address, question.credential()), question.path());
    try {
      CatalogQuestion.Answer answer = question.ask();
      if (answer.status() >= 300) {
        byte[] told = Arrays.copyOf(answer.body(), Math.min(answer.body().length, MAX_ERROR_BYTES));
        return new Listing.Failed(errors.refusal(answer.status(), answer.mediaType(), told, null));
      }
      return ModelListReader.read(kind, answer.body(), errors);
    } catch (CallFailed e) {
      return new Listing.Failed(e.failure());
    }
  }

  /**
   * On a thread of its own: WebClient has a timeout for each read, none for the whole, and the
   * look-up of a name has none at all. Interrupting a virtual thread closes the socket it is at.
   */
  private Listing inTime(Callable<Listing> asking) {
    var task = new FutureTask<>(asking);
    Thread.ofVirtual().name("model-catalog").start(task);
    try {
      return task.get(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException _) {
      return new Listing.Failed(new TimedOut(Phase.WHOLE, patience));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return new Listing.Failed(new Unreachable("interrupted"));
    } catch (ExecutionException e) {
      throw new IllegalStateException("asking for models", e.getCause());
    } finally {
      task.cancel(true);
    }
  }
}
