package io.modelgate.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class ArchitectureTest {
  private static final PackageMap PROGRAM = new PackageMap("io.modelgate");
  private static final PackageMap VIOLATIONS = new PackageMap("io.modelgate.violations");
  private static final JavaClasses PROGRAM_CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(PROGRAM.root());
  private static final JavaClasses VIOLATION_CLASSES =
      new ClassFileImporter().importPackages(VIOLATIONS.root());

  /**
   * A rule and who breaks it.
   *
   * @param violators names under the root of violations; at least one, else nobody knows that the
   *     rule can fail
   */
  record Case(String name, Function<PackageMap, ArchRule> rule, List<String> violators) {
    static Case of(String name, Function<PackageMap, ArchRule> rule, String... violators) {
      return new Case(name, rule, List.of(violators));
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static final List<Case> CASES =
      List.of(
          Case.of(
              "the domain stands alone",
              Rules::domainStandsAlone,
              "domain.chat.KnowsALibrary",
              "domain.chat.KnowsAPort"),
          Case.of(
              "the domain's packages ignore one another",
              Rules::domainPackagesIgnoreOneAnother,
              "domain.access.KnowsRouting"),
          Case.of(
              "the application knows only the domain",
              Rules::applicationKnowsOnlyTheDomain,
              "application.chat.KnowsTheServer",
              "application.chat.KnowsAnAdapter"),
          Case.of(
              "server classes stay in their adapters",
              Rules::serverStaysInItsAdapters,
              "infrastructure.upstream.KnowsTheServer"),
          Case.of(
              "HTTP's words stay with servers and clients",
              Rules::httpStaysWithServersAndClients,
              "infrastructure.store.KnowsHttp"),
          Case.of(
              "SQL stays in the store", Rules::sqlStaysInTheStore, "infrastructure.http.KnowsSql"),
          Case.of(
              "Redis stays in its adapter",
              Rules::redisStaysInItsAdapter,
              "infrastructure.memory.KnowsRedisson",
              "infrastructure.memory.KnowsNetty"),
          Case.of(
              "HTTP clients stay in upstream",
              Rules::clientsStayInUpstream,
              "infrastructure.admin.KnowsAClient",
              "infrastructure.admin.KnowsTheOldClient"),
          Case.of(
              "JSON libraries stay in the adapters",
              Rules::jsonLibraryStaysInTheAdapters,
              "domain.chat.KnowsALibrary"),
          Case.of(
              "command line, logging back end and settings file stay in bootstrap",
              Rules::consoleStaysInBootstrap,
              "infrastructure.server.KnowsTheLoggingBackEnd"),
          Case.of(
              "adapters ignore one another",
              Rules::adaptersIgnoreOneAnother,
              "infrastructure.http.KnowsTheStore",
              "infrastructure.upstream.KnowsTheSharedServer",
              "infrastructure.http.KnowsTheSharedClient"),
          Case.of(
              "the OpenAI endpoints use no port but the sink",
              Rules::endpointsUseNoPortButTheSink,
              "infrastructure.http.KnowsAPort",
              "infrastructure.http.KnowsTheInsideOfAPort"),
          Case.of(
              "nothing needs bootstrap",
              Rules::nothingNeedsBootstrap,
              "domain.chat.KnowsBootstrap"),
          Case.of(
              "packages have no cycles",
              Rules::packagesHaveNoCycles,
              "domain.routing.KnowsAccessBack"),
          Case.of(
              "adapters have one door",
              Rules::adaptersHaveOneDoor,
              "infrastructure.store.FrontDoor",
              "infrastructure.store.BackDoor"),
          Case.of("classes are final", Rules::classesAreFinal, "domain.chat.IsOpen"),
          Case.of(
              "signatures are straight",
              Rules::signaturesAreStraight,
              "application.chat.ReturnsAFuture",
              "application.chat.TakesAStage"),
          Case.of(
              "nothing hides in threads",
              Rules::nothingHidesInThreads,
              "application.chat.HidesInAThread"),
          Case.of(
              "time is given",
              Rules::timeIsGiven,
              "application.chat.ReadsTheInstant",
              "application.chat.ReadsTheMilliseconds"),
          Case.of(
              "the system's clock is taken in bootstrap",
              Rules::systemClockIsTakenInBootstrap,
              "application.chat.TakesTheClock"),
          Case.of(
              "the surroundings are read in Main",
              Rules::surroundingsAreReadInMain,
              "bootstrap.ReadsTheEnvironment",
              "bootstrap.ReadsTheGlobalConfig"),
          Case.of("only Main prints", Rules::onlyMainPrints, "bootstrap.Prints"),
          Case.of("logging is SLF4J", Rules::loggingIsSlf4j, "bootstrap.LogsTheOldWay"),
          Case.of("exceptions say what", Rules::exceptionsSayWhat, "domain.chat.ThrowsAnything"),
          Case.of(
              "names mean something",
              Rules::namesMeanSomething,
              "domain.chat.NameImpl",
              "domain.chat.NameUtils",
              "domain.chat.NameHelper",
              "domain.chat.NameManager"),
          Case.of("state has an owner", Rules::stateHasAnOwner, "domain.chat.OwnsNothing"),
          Case.of(
              "packages are on the map",
              Rules::packagesAreOnTheMap,
              "infrastructure.common.IsOffTheMap"),
          Case.of(
              "packages are null-marked",
              Rules::packagesAreNullMarked,
              "infrastructure.common.IsOffTheMap"));

  @ParameterizedTest
  @FieldSource("CASES")
  void theProgramKeepsTheRule(Case one) {
    one.rule().apply(PROGRAM).check(PROGRAM_CLASSES);
  }

  @ParameterizedTest
  @FieldSource("CASES")
  void theRuleCatchesWhoBreaksIt(Case one) {
    String caught =
        String.join(
            "\n",
            one.rule()
                .apply(VIOLATIONS)
                .evaluate(VIOLATION_CLASSES)
                .getFailureReport()
                .getDetails());

    assertThat(one.violators()).isNotEmpty();
    assertThat(one.violators())
        .allSatisfy(violator -> assertThat(caught).contains(VIOLATIONS.one(violator)));
  }

  /** Else a rule could catch everybody and still look right. */
  @ParameterizedTest
  @FieldSource("CASES")
  void theRuleSparesWhoKeepsIt(Case one) {
    String caught =
        String.join(
            "\n",
            one.rule()
                .apply(VIOLATIONS)
                .evaluate(VIOLATION_CLASSES)
                .getFailureReport()
                .getDetails());

    assertThat(caught)
        .doesNotContain(
            VIOLATIONS.one("application.chat.KeepsAllRules"),
            VIOLATIONS.one("infrastructure.http.KeepsToTheSharedRooms"),
            VIOLATIONS.one("infrastructure.upstream.KeepsToItsClient"),
            VIOLATIONS.one("bootstrap.Main"));
  }

  @Test
  void everyViolationIsCaughtBySomeRule() {
    Set<String> named = new HashSet<>();
    CASES.forEach(one -> one.violators().forEach(name -> named.add(VIOLATIONS.one(name))));

    assertThat(
            VIOLATION_CLASSES.stream()
                .filter(
                    type -> type.isTopLevelClass() && !type.getSimpleName().equals("package-info"))
                .map(JavaClass::getName)
                .filter(name -> !name.matches(".*\\.(Keeps.*|Innocent.*|Main|ReplySink)")))
        .containsExactlyInAnyOrderElementsOf(named);
  }

  /** A rule about an empty package would hold for want of a subject. */
  @Test
  void everyPackageOfTheMapHoldsCode() {
    Set<String> inhabited =
        PROGRAM_CLASSES.stream()
            .filter(type -> !type.getSimpleName().equals("package-info"))
            .map(JavaClass::getPackageName)
            .collect(Collectors.toCollection(TreeSet::new));

    assertThat(inhabited).containsAll(Stream.of(PROGRAM.everyPackage()).toList());
  }
}
