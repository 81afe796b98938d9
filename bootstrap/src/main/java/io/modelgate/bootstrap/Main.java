package io.modelgate.bootstrap;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The command line. Exit codes: 0 for a clean end, also by SIGTERM or Ctrl-C; 1 when the gateway
 * cannot start or stop; 2 for a wrong command line or wrong settings. The only class that prints:
 * news for the operator on standard output (as log lines when the log is JSON), complaints on
 * standard error.
 */
@Command(
    name = "modelgate",
    description = "A self-hosted gateway that speaks OpenAI's API in front of your own models.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
public final class Main implements Callable<Integer> {
  private static final int FAILED = 1;

  @Spec private @Nullable CommandSpec spec;

  private Main() {}

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Main()).execute(arguments));
  }

  /** Without a command there is nothing to do but to say which there are. */
  @Override
  public Integer call() {
    Objects.requireNonNull(spec).commandLine().usage(System.err);
    return CommandLine.ExitCode.USAGE;
  }

  @Command(
      name = "serve",
      description = "Runs the gateway until SIGTERM or Ctrl-C.",
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  int serve(
      @Option(
              names = "--config",
              paramLabel = "FILE",
              description =
                  "The settings, instead of config/modelgate.yaml where ModelGate is installed.")
          @Nullable Path config)
      throws InterruptedException {
    Path file = config == null ? shippedFile() : config;
    return switch (Settings.load(file, System.getenv())) {
      case Settings.Loading.Faulty(var faults, var warnings) -> {
        System.err.println("ModelGate does not start, its settings are wrong:");
        faults.forEach(fault -> System.err.println("  " + fault));
        warnings.forEach(warning -> System.err.println("  " + warning));
        yield CommandLine.ExitCode.USAGE;
      }
      case Settings.Loading.Loaded loaded -> {
        var log = loaded.settings().log();
        Logging.configure(log.threshold(), log.format());
        loaded.warnings().forEach(warning -> log().warn("{}", warning));
        yield serve(new LiveSettings(file, System.getenv(), loaded, InstantSource.system()));
      }
    };
  }

  private static int serve(LiveSettings live) throws InterruptedException {
    Settings settings = live.current();
    Gateway gateway;
    try {
      gateway = Gateway.start(live);
    } catch (RuntimeException e) {
      System.err.println("ModelGate cannot start: " + StartFailure.sentence(e, settings.server()));
      log().debug("cannot start", e);
      return e instanceof StartFailure known && known.isSettingsAtFault()
          ? CommandLine.ExitCode.USAGE
          : FAILED;
    }
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(gateway), "shutdown"));
    announce(settings, "ModelGate " + version() + " listens on " + address(settings, gateway));
    gateway.notices().forEach(notice -> announce(settings, notice));
    gateway.lookAround(found -> announce(settings, found));
    gateway.awaitShutdown();
    return CommandLine.ExitCode.OK;
  }

  /**
   * Runs as the JVM's shutdown hook. It halts because the JVM would report the signal (143), while
   * a gateway that was told to stop, and did, has done nothing wrong.
   */
  private static void stop(Gateway gateway) {
    int exitCode = CommandLine.ExitCode.OK;
    try {
      gateway.close();
    } catch (RuntimeException e) {
      log().error("could not stop cleanly", e);
      exitCode = FAILED;
    }
    System.out.flush();
    Runtime.getRuntime().halt(exitCode);
  }

  private static void announce(Settings settings, String news) {
    switch (settings.log().format()) {
      case TEXT -> System.out.println(news);
      case JSON -> log().info("{}", news);
    }
  }

  private static String address(Settings settings, Gateway gateway) {
    String host = settings.server().host();
    String scheme = settings.edge().tls() == null ? "http://" : "https://";
    return scheme + (host.contains(":") ? "[" + host + "]" : host) + ":" + gateway.port();
  }

  /** The launcher says where that is; null when there is no such file. */
  private static @Nullable Path shippedFile() {
    String home = System.getProperty("modelgate.home");
    Path file = home == null ? null : Path.of(home, "config", "modelgate.yaml");
    return file != null && Files.exists(file) ? file : null;
  }

  /** From the jar's manifest. */
  private static String version() {
    return Objects.requireNonNullElse(
        Main.class.getPackage().getImplementationVersion(), "(not packaged)");
  }

  /** Not a field: the command line alone needs no log. */
  private static Logger log() {
    return LoggerFactory.getLogger(Main.class);
  }

  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"modelgate " + version() + " (java " + Runtime.version() + ")"};
    }
  }
}
