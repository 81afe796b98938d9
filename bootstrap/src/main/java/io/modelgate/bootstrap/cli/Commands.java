package io.modelgate.bootstrap.cli;

import java.io.PrintWriter;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;

/** All of them, for the program's command line. */
public final class Commands {
  private Commands() {}

  /** Adds them; what they throw becomes a sentence on standard error and an exit code. */
  public static CommandLine addTo(CommandLine line) {
    return line.addSubcommand(new KeyCommand())
        .addSubcommand(new ModelCommand())
        .addSubcommand(new UsageCommand())
        .addSubcommand(new BackendCommand())
        .addSubcommand("completion", new GenerateCompletion())
        .setExecutionExceptionHandler(Commands::complain);
  }

  private static int complain(Exception failure, CommandLine line, CommandLine.ParseResult parsed)
      throws Exception {
    if (failure instanceof CommandFailed failed) {
      PrintWriter err = line.getErr();
      err.println(failed.getMessage());
      err.flush();
      return failed.exitCode();
    }
    throw failure;
  }
}
