package io.modelgate.architecture;

import java.util.List;
import java.util.stream.Stream;

/**
 * Which packages there are, under one root: {@code io.modelgate} for the program, another for the
 * classes that break the rules.
 */
record PackageMap(String root) {
  /** A new package is a decision: it is written down here and in docs/architecture.md. */
  static final List<String> PACKAGES =
      List.of(
          "domain.net",
          "domain.access",
          "domain.routing",
          "domain.chat",
          "application.port",
          "application.chat",
          "application.admin",
          "infrastructure.http",
          "infrastructure.admin",
          "infrastructure.server",
          "infrastructure.upstream",
          "infrastructure.client",
          "infrastructure.store",
          "infrastructure.routing",
          "infrastructure.memory",
          "infrastructure.redis",
          "infrastructure.json",
          "infrastructure.lookout",
          "bootstrap",
          "bootstrap.cli");

  /** Packages that stand for something outside; each shows one door. */
  static final List<String> ADAPTERS =
      List.of("http", "admin", "upstream", "store", "routing", "memory", "redis");

  /** Full names, or patterns such as {@code domain..}, of what is named under the root. */
  String[] all(String... names) {
    return Stream.of(names).map(name -> root + "." + name).toArray(String[]::new);
  }

  String one(String name) {
    return root + "." + name;
  }

  /** What is under the root, and everything of others that the patterns name. */
  String[] and(String[] own, String... others) {
    return Stream.concat(Stream.of(own), Stream.of(others)).toArray(String[]::new);
  }

  String[] everyPackage() {
    return all(PACKAGES.toArray(String[]::new));
  }
}
