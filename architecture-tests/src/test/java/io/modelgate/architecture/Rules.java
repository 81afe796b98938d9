package io.modelgate.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaModifier.ABSTRACT;
import static com.tngtech.archunit.core.domain.JavaModifier.FINAL;
import static com.tngtech.archunit.core.domain.JavaModifier.PRIVATE;
import static com.tngtech.archunit.core.domain.JavaModifier.SYNTHETIC;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.THROW_GENERIC_EXCEPTIONS;
import static com.tngtech.archunit.library.GeneralCodingRules.USE_JAVA_UTIL_LOGGING;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;

/** The rules of the house. Each is broken on purpose by a class in {@code violations}. */
final class Rules {
  private Rules() {}

  static ArchRule domainStandsAlone(PackageMap map) {
    return classes()
        .that()
        .resideInAPackage(map.one("domain.."))
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(map.and(map.all("domain.."), "java..", "org.jspecify.."))
        .because("the rules of the business can be read and tested alone");
  }

  static ArchRule domainPackagesIgnoreOneAnother(PackageMap map) {
    return slices()
        .matching(map.one("domain.(*).."))
        .should()
        .notDependOnEachOther()
        .ignoreDependency(alwaysTrue(), resideInAPackage(map.one("domain.net..")))
        .because("access knows no chat, routing knows no keys, chat knows neither");
  }

  static ArchRule applicationKnowsOnlyTheDomain(PackageMap map) {
    return classes()
        .that()
        .resideInAPackage(map.one("application.."))
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            map.and(map.all("application..", "domain.."), "java..", "org.jspecify.."))
        .because("a use case survives a change of framework");
  }

  static ArchRule serverStaysInItsAdapters(PackageMap map) {
    return only(
        map,
        "server",
        resideInAPackage("io.helidon.webserver.."),
        "infrastructure.http..",
        "infrastructure.admin..",
        "infrastructure.server..",
        "bootstrap..");
  }

  static ArchRule httpStaysWithServersAndClients(PackageMap map) {
    return only(
        map,
        "HTTP",
        resideInAPackage("io.helidon.http.."),
        "infrastructure.http..",
        "infrastructure.admin..",
        "infrastructure.server..",
        "infrastructure.upstream..",
        "bootstrap..");
  }

  static ArchRule sqlStaysInTheStore(PackageMap map) {
    return only(
        map,
        "SQL",
        resideInAnyPackage("java.sql..", "javax.sql..", "org.sqlite..", "io.helidon.dbclient.."),
        "infrastructure.store..",
        "bootstrap..");
  }

  static ArchRule redisStaysInItsAdapter(PackageMap map) {
    return only(
        map,
        "Redis",
        resideInAnyPackage("org.redisson..", "io.netty.."),
        "infrastructure.redis..",
        "bootstrap..");
  }

  static ArchRule clientsStayInUpstream(PackageMap map) {
    return only(
        map,
        "HTTP client",
        resideInAnyPackage("io.helidon.webclient..", "java.net.http..")
            .or(belongToAnyOf(java.net.HttpURLConnection.class)),
        "infrastructure.upstream..",
        "bootstrap..");
  }

  static ArchRule jsonLibraryStaysInTheAdapters(PackageMap map) {
    return only(
        map, "JSON", resideInAPackage("com.fasterxml.."), "infrastructure..", "bootstrap.cli..");
  }

  static ArchRule metricsStayWithTheServer(PackageMap map) {
    return only(
        map,
        "metrics",
        resideInAnyPackage("io.prometheus..", "io.micrometer.."),
        "infrastructure.server..",
        "bootstrap..");
  }

  static ArchRule consoleStaysInBootstrap(PackageMap map) {
    return only(
        map,
        "command line, logging back end and settings file",
        resideInAnyPackage("picocli..", "ch.qos.logback..", "org.yaml.."),
        "bootstrap..");
  }

  private static ArchRule only(
      PackageMap map, String what, DescribedPredicate<JavaClass> library, String... users) {
    return noClasses()
        .that()
        .resideOutsideOfPackages(map.all(users))
        .should()
        .dependOnClassesThat(library.as("are " + what + " classes"))
        .because("an upgrade of what speaks to the outside touches one place");
  }

  static ArchRule adaptersIgnoreOneAnother(PackageMap map) {
    return slices()
        .matching(map.one("infrastructure.(*).."))
        .should()
        .notDependOnEachOther()
        .ignoreDependency(
            alwaysTrue(),
            resideInAnyPackage(map.all("infrastructure.json", "infrastructure.lookout")))
        .ignoreDependency(
            resideInAnyPackage(map.all("infrastructure.http", "infrastructure.admin")),
            resideInAPackage(map.one("infrastructure.server")))
        .ignoreDependency(
            resideInAPackage(map.one("infrastructure.upstream")),
            resideInAPackage(map.one("infrastructure.client")))
        .because("an adapter that needs another is a use case in hiding");
  }

  static ArchRule endpointsUseNoPortButTheSink(PackageMap map) {
    return noClasses()
        .that()
        .resideInAPackage(map.one("infrastructure.http.."))
        .should()
        .dependOnClassesThat(
            resideInAPackage(map.one("application.port"))
                .and(describe("are or lie in a port", type -> outermost(type).isInterface()))
                .and(
                    describe(
                        "are not ReplySink",
                        type -> !outermost(type).getSimpleName().equals("ReplySink"))))
        .because("no endpoint goes around the limits");
  }

  private static JavaClass outermost(JavaClass type) {
    return type.getEnclosingClass().map(Rules::outermost).orElse(type);
  }

  static ArchRule nothingNeedsBootstrap(PackageMap map) {
    return noClasses()
        .that()
        .resideOutsideOfPackage(map.one("bootstrap.."))
        .should()
        .dependOnClassesThat()
        .resideInAPackage(map.one("bootstrap.."))
        .because("the wiring knows the parts, never the other way round");
  }

  static ArchRule packagesHaveNoCycles(PackageMap map) {
    return slices()
        .matching(map.one("(**)"))
        .should()
        .beFreeOfCycles()
        .because("every file can be understood from the inside out");
  }

  static ArchRule adaptersHaveOneDoor(PackageMap map) {
    String[] adapters =
        map.all(
            PackageMap.ADAPTERS.stream()
                .map(name -> "infrastructure." + name)
                .toArray(String[]::new));
    return classes()
        .that()
        .resideInAnyPackage(adapters)
        .and(describe("are doors", Rules::isDoor))
        .should(beTheOnlyDoor())
        .because("callers hold ports; what is behind the door can change");
  }

  /** Public and top-level, other than values, contracts and exceptions. */
  private static boolean isDoor(JavaClass type) {
    return type.getModifiers().contains(com.tngtech.archunit.core.domain.JavaModifier.PUBLIC)
        && type.isTopLevelClass()
        && !type.isArray() // ArchUnit takes an array of a nested enum for a class of its own
        && !type.isRecord()
        && !type.isEnum()
        && !type.isInterface()
        && !type.isAssignableTo(Throwable.class);
  }

  private static ArchCondition<JavaClass> beTheOnlyDoor() {
    return new ArchCondition<>("be the only door of their package") {
      @Override
      public void check(JavaClass door, ConditionEvents events) {
        for (JavaClass other : door.getPackage().getClasses()) {
          if (isDoor(other) && !other.equals(door)) {
            events.add(
                SimpleConditionEvent.violated(
                    door, door.getName() + " is public, and so is " + other.getName()));
          }
        }
      }
    };
  }

  static ArchRule classesAreFinal(PackageMap map) {
    return classes()
        .that()
        .resideInAnyPackage(map.root() + "..")
        .and()
        .areTopLevelClasses()
        .and()
        .areNotInterfaces()
        .and()
        .areNotEnums()
        .and()
        .doNotHaveModifier(ABSTRACT)
        .should()
        .haveModifier(FINAL)
        .because("what may be extended must have been made for it");
  }

  static ArchRule signaturesAreStraight(PackageMap map) {
    DescribedPredicate<JavaClass> asynchronous =
        assignableTo(Future.class)
            .or(assignableTo(CompletionStage.class))
            .or(assignableTo(Flow.Publisher.class))
            .or(assignableTo(Flow.Subscriber.class));
    return methods()
        .that()
        .areDeclaredInClassesThat()
        .resideInAPackage(map.root() + "..")
        .and()
        .doNotHaveModifier(PRIVATE)
        .and()
        .doNotHaveModifier(SYNTHETIC)
        .should(mentionNo(asynchronous))
        .because("virtual threads let code run straight down");
  }

  private static ArchCondition<JavaMethod> mentionNo(DescribedPredicate<JavaClass> unwanted) {
    return new ArchCondition<>("take and return nothing asynchronous") {
      @Override
      public void check(JavaMethod method, ConditionEvents events) {
        Stream.concat(Stream.of(method.getRawReturnType()), method.getRawParameterTypes().stream())
            .filter(unwanted)
            .forEach(
                type ->
                    events.add(
                        SimpleConditionEvent.violated(
                            method, method.getFullName() + " speaks of " + type.getName())));
      }
    };
  }

  static ArchRule nothingHidesInThreads(PackageMap map) {
    return noClasses()
        .that()
        .resideInAPackage(map.root() + "..")
        .should()
        .dependOnClassesThat()
        .areAssignableTo(ThreadLocal.class)
        .because("a virtual thread lives for one request: such a cache is never hit");
  }

  static ArchRule timeIsGiven(PackageMap map) {
    return noClasses()
        .that()
        .resideInAPackage(map.root() + "..")
        .should()
        .callMethodWhere(
            describe("the clock on the wall is read", access -> readsWallClock(access)))
        .because("hidden inputs make tests lie; take an InstantSource");
  }

  private static boolean readsWallClock(JavaAccess<?> call) {
    String owner = call.getTargetOwner().getName();
    String method = call.getTarget().getName();
    return (owner.startsWith("java.time.") && method.equals("now"))
        || (owner.equals("java.lang.System") && method.equals("currentTimeMillis"));
  }

  static ArchRule systemClockIsTakenInBootstrap(PackageMap map) {
    return noClasses()
        .that()
        .resideOutsideOfPackage(map.one("bootstrap"))
        .should()
        .callMethodWhere(
            describe(
                "the system's clock is taken",
                call ->
                    call.getTargetOwner().getPackageName().equals("java.time")
                        && call.getTarget().getName().startsWith("system")))
        .because("one clock for all is handed in");
  }

  static ArchRule surroundingsAreReadInMain(PackageMap map) {
    Set<String> hidden = Set.of("java.lang.System.getenv", "io.helidon.config.Config.global");
    return noClasses()
        .that()
        .resideInAPackage(map.root() + "..")
        .and(not(main(map)))
        .should()
        .callMethodWhere(
            describe(
                "the environment or a global configuration is read",
                call ->
                    hidden.contains(
                        call.getTargetOwner().getName() + "." + call.getTarget().getName())))
        .because("settings are read in one place");
  }

  static ArchRule onlyMainPrints(PackageMap map) {
    return classes()
        .that()
        .resideInAPackage(map.root() + "..")
        .and(not(main(map)))
        .should(com.tngtech.archunit.lang.conditions.ArchConditions.not(ACCESS_STANDARD_STREAMS))
        .because("what matters is logged, where an operator can choose how much and in which form");
  }

  static ArchRule loggingIsSlf4j(PackageMap map) {
    return classes()
        .that()
        .resideInAPackage(map.root() + "..")
        .should(com.tngtech.archunit.lang.conditions.ArchConditions.not(USE_JAVA_UTIL_LOGGING))
        .because("one façade, one place to set it up");
  }

  static ArchRule exceptionsSayWhat(PackageMap map) {
    return classes()
        .that()
        .resideInAPackage(map.root() + "..")
        .should(com.tngtech.archunit.lang.conditions.ArchConditions.not(THROW_GENERIC_EXCEPTIONS))
        .because("a generic exception cannot be told from a bug");
  }

  private static DescribedPredicate<JavaClass> main(PackageMap map) {
    return describe(
        "are Main", type -> outermost(type).getName().equals(map.one("bootstrap.Main")));
  }

  static ArchRule namesMeanSomething(PackageMap map) {
    return noClasses()
        .that()
        .resideInAPackage(map.root() + "..")
        .should()
        .haveNameMatching(".*(Impl|Utils?|Helpers?|Managers?)(\\$.*)?")
        .because("a name tells what a class is, not that it is one");
  }

  static ArchRule stateHasAnOwner(PackageMap map) {
    return fields()
        .that()
        .areDeclaredInClassesThat()
        .resideInAPackage(map.root() + "..")
        .and()
        .areStatic()
        .should()
        .beFinal()
        .because("what changes belongs to an object somebody made");
  }

  static ArchRule packagesAreOnTheMap(PackageMap map) {
    return classes()
        .that()
        .resideInAPackage(map.root() + "..")
        .should()
        .resideInAnyPackage(map.everyPackage())
        .because("a new package is a decision");
  }

  static ArchRule packagesAreNullMarked(PackageMap map) {
    return classes()
        .that()
        .resideInAPackage(map.root() + "..")
        .should(
            new ArchCondition<>("lie in a package that is @NullMarked") {
              @Override
              public void check(JavaClass type, ConditionEvents events) {
                if (!type.getPackage().isAnnotatedWith(NullMarked.class)) {
                  events.add(
                      SimpleConditionEvent.violated(
                          type, type.getName() + " lies in a package that is not @NullMarked"));
                }
              }
            })
        .because("NullAway checks only what is marked");
  }
}
