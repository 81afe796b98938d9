package io.modelgate.application.admin;

import io.modelgate.application.port.ModelCatalog;
import io.modelgate.application.port.ModelCatalog.Listing;
import io.modelgate.application.port.Upstream;
import io.modelgate.domain.routing.BackendKind;
import io.modelgate.domain.routing.Checkup;
import io.modelgate.domain.routing.Destination;
import io.modelgate.domain.routing.ModelRoute;
import io.modelgate.domain.routing.Target;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Asks the targets of a model whether they are well and have it, by what costs no tokens.
 * Thread-safe; blocks, never without an end.
 */
public final class TestModel {
  private final Upstream upstream;
  private final Function<Destination, Checkup> question;
  private final ModelCatalog catalog;

  /**
   * Asks through both.
   *
   * @param upstream says where the targets are
   * @param question how an engine is, whatever is asked of it
   */
  public TestModel(
      Upstream upstream, Function<Destination, Checkup> question, ModelCatalog catalog) {
    this.upstream = upstream;
    this.question = question;
    this.catalog = catalog;
  }

  /**
   * What was found at one target.
   *
   * @param to with its address
   * @param offered whether its list of models has this one; null when it gave none
   */
  public record Finding(Destination to, Checkup checkup, @Nullable Boolean offered) {}

  /** One for each target and each address of it, in their order. */
  public List<Finding> handle(ModelRoute route) throws InterruptedException {
    return AtOnce.ask(upstream.destinations(route.name(), route), this::test);
  }

  private Finding test(Destination to) {
    return to.backend() == BackendKind.ECHO
        ? new Finding(to, Checkup.BUILT_IN, true)
        : new Finding(to, question.apply(to), isOffered(to));
  }

  private @Nullable Boolean isOffered(Destination to) {
    Target target = to.target();
    return switch (catalog.list(target.backend(), target.baseUrl(), target.credential())) {
      case Listing.Found found ->
          found.models().stream().anyMatch(model -> model.name().value().equals(to.upstreamName()));
      case Listing.Failed _ -> null;
    };
  }
}
