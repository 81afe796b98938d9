package io.modelgate.bootstrap.cli;

import java.io.PrintWriter;
import java.util.List;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;

/** All of them, for the program's command line. */
public final class Commands {
  private Commands() {}

  /** Adds them; what they throw becomes a sentence on standard error and an exit code. */
  public static CommandLine addTo(CommandLine line) {
    for (Object command :
        List.of(new KeyCommand(), new ModelCommand(), new UsageCommand(), new BackendCommand())) {
      line.addSubcommand(tellingExitCodes(new CommandLine(command)));
    }
    return line.addSubcommand("completion", new GenerateCompletion())
        .setExecutionExceptionHandler(Commands::complain);
  }

  /** In its help, and in that of each of its own commands. */
  private static CommandLine tellingExitCodes(CommandLine line) {
    line.getCommandSpec()
        .usageMessage()
        .exitCodeListHeading("Exit codes:%n")
        .exitCodeList(CommandFailed.MEANINGS);
    line.getSubcommands().values().forEach(Commands::tellingExitCodes);
    return line;
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
