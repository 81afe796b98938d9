package io.modelgate.bootstrap;

import io.modelgate.bootstrap.cli.Commands;
import io.modelgate.infrastructure.store.StoreRefused;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * The command line. Exit codes: 0 for a clean end, also by SIGTERM or Ctrl-C; 1 when the gateway
 * cannot start or stop; 2 for a wrong command line or wrong settings; 3 when it was stopped and
 * calls were cut: those that outlasted the grace, or all of them by a second signal. The only class
 * that prints: news for the operator on standard output (as log lines when the log is JSON),
 * complaints on standard error.
 */
@Command(
    name = "modelgate",
    description = "A self-hosted gateway that speaks OpenAI's API in front of your own models.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    subcommands = {Main.SecretCommand.class, Main.ConfigCommand.class})
public final class Main implements Callable<Integer> {
  private static final int FAILED = 1;
  private static final int CALLS_CUT = 3;

  @Spec private @Nullable CommandSpec spec;

  private Main() {}

  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    return Commands.addTo(new CommandLine(new Main()));
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
          @Nullable Path config) {
    Path file = config == null ? shippedFile() : config;
    return switch (Settings.load(file, System.getenv())) {
      case Settings.Loading.Faulty faulty -> complain("ModelGate does not start", faulty);
      case Settings.Loading.Loaded loaded -> {
        var log = loaded.settings().log();
        Logging.configure(log.threshold(), log.format());
        loaded.warnings().forEach(warning -> log().warn("{}", warning));
        yield serve(new LiveSettings(file, System.getenv(), loaded, InstantSource.system()));
      }
    };
  }

  @Command(
      name = "backup",
      description =
          "Copies the database to a file, also while the gateway serves. The secret key is not in it.",
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  int backup(
      @Parameters(paramLabel = "FILE", description = "Where to; only its owner can read it.")
          Path file,
      @Option(names = "--force", description = "Replaces the file if it is there.") boolean force,
      @Option(names = "--config", paramLabel = "FILE", description = "As of serve.")
          @Nullable Path config) {
    return maintain(config, settings -> Maintenance.backup(settings, file, force));
  }

  @Command(
      name = "restore",
      description = "Puts a backup in the database's place, with the gateway stopped.",
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  int restore(
      @Parameters(paramLabel = "FILE", description = "As written by backup.") Path file,
      @Option(names = "--config", paramLabel = "FILE", description = "As of serve.")
          @Nullable Path config) {
    return maintain(config, settings -> Maintenance.restore(settings, file));
  }

  @Command(
      name = "secret",
      description = "Deals with the key that credentials are encrypted with.",
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  static final class SecretCommand {
    @Command(
        name = "rotate",
        description = {
          "Encrypts the backends' credentials with another secret key, with the gateway stopped.",
          "The new key is taken from MG_NEW_SECRET_KEY, or from the file that"
              + " MG_NEW_SECRET_KEY_FILE names; where the old one is in the file secret-key, one is"
              + " made if none is named."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class)
    int rotate(
        @Option(names = "--config", paramLabel = "FILE", description = "As of serve.")
            @Nullable Path config) {
      return switch (Maintenance.newSecret(System.getenv())) {
        case Settings.Loading.Faulty faulty -> complain("Nothing was done", faulty);
        case Settings.Loading.Loaded loaded ->
            maintain(
                config, settings -> Maintenance.rotate(settings, loaded.settings().secretKey()));
      };
    }
  }

  @Command(
      name = "config",
      description = "Deals with files of settings.",
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  static final class ConfigCommand {
    @Command(
        name = "check",
        description =
            "Reads a file of settings as serve would, with the variables that are set, and says all"
                + " that is wrong with them.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class)
    int check(@Parameters(paramLabel = "FILE", description = "The settings.") Path file) {
      return switch (Settings.load(file, System.getenv())) {
        case Settings.Loading.Faulty faulty -> complain(file + " will not do", faulty);
        case Settings.Loading.Loaded loaded -> {
          loaded.warnings().forEach(warning -> System.out.println("warning: " + warning));
          System.out.println(file + " is fine.");
          yield CommandLine.ExitCode.OK;
        }
      };
    }
  }

  /** Does something to the database that needs no running gateway, and says how it went. */
  private static int maintain(@Nullable Path config, Function<Settings, List<String>> work) {
    Path file = config == null ? shippedFile() : config;
    return switch (Settings.load(file, System.getenv())) {
      case Settings.Loading.Faulty faulty -> complain("Nothing was done", faulty);
      case Settings.Loading.Loaded loaded -> {
        try {
          work.apply(loaded.settings()).forEach(System.out::println);
          yield CommandLine.ExitCode.OK;
        } catch (StoreRefused e) {
          System.err.println(e.getMessage());
          yield FAILED;
        }
      }
    };
  }

  private static int complain(String beginning, Settings.Loading.Faulty faulty) {
    System.err.println(beginning + ", its settings are wrong:");
    faulty.faults().forEach(fault -> System.err.println("  " + fault));
    faulty.warnings().forEach(warning -> System.err.println("  " + warning));
    return CommandLine.ExitCode.USAGE;
  }

  private static int serve(LiveSettings live) {
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
    var exitCode = new CompletableFuture<Integer>();
    var stopping = new AtomicBoolean();
    StopSignals.onEach(
        signal -> {
          if (stopping.compareAndSet(false, true)) {
            log().info("{}: stopping", signal);
            exitCode.complete(stop(gateway));
          } else {
            log().warn("{} again: stopping at once; calls under way are cut, unrecorded", signal);
            System.out.flush();
            Runtime.getRuntime().halt(CALLS_CUT);
          }
        });
    announce(settings, "ModelGate " + version() + " listens on " + address(settings, gateway));
    gateway.notices().forEach(notice -> announce(settings, notice));
    gateway.lookAround(found -> announce(settings, found));
    int code = exitCode.join();
    Logging.finish();
    return code;
  }

  private static int stop(Gateway gateway) {
    try {
      gateway.close();
      log().info("stopped");
      return gateway.hasCutCalls() ? CALLS_CUT : CommandLine.ExitCode.OK;
    } catch (RuntimeException e) {
      log().error("could not stop cleanly", e);
      return FAILED;
    }
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
