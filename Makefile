# The targets people need; "make help" lists them. Everything runs on a JDK 25, which need not be
# the machine's default java.

JAVA_HOME := $(shell .ci/find-jdk)
export JAVA_HOME
# Maven's own libraries make a JDK 25 warn about memory access; that is not for us to mend.
export MAVEN_OPTS += --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED
MVN := mvn -B -ntp -Dstyle.color=never
LAUNCHER := bootstrap/target/modelgate/bin/modelgate
IMAGE := bootstrap/target/image.made
SOURCES := $(shell find pom.xml */pom.xml */src/main config docs/admin-api.yaml -type f 2>/dev/null; \
	find admin-ui \( -name node_modules -o -name target -o -name generated \) -prune -o -type f -print)

.PHONY: help run demo build test test-cover test-ollama bench-limits bench-admin soak format clean jdk node chromium image image-check docker-up docker-down bench bench-tools
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

# exec, so that Ctrl-C reaches the gateway alone.
run: $(LAUNCHER) ## build if needed, then serve with the echo model and a demo key; data in ./data
	@MG_DEMO=$${MG_DEMO:-true} exec $(LAUNCHER) serve

demo: run ## the same as run

build: jdk node ## leave a runnable distribution in bootstrap/target/modelgate
	$(MVN) package -DskipTests
	@touch $(LAUNCHER)

test: jdk node chromium ## the whole truth: format, all tests, architecture rules, coverage gate
	$(MVN) verify

test-cover: test ## test, then say where the coverage report lies
	@echo "report: bootstrap/target/site/jacoco-aggregate/index.html"

# OLLAMA_HOST is the server's own variable as well: it may lack the scheme, or the port.
test-ollama: jdk node ## the tests against a real Ollama, at OLLAMA_HOST (default 127.0.0.1:11434)
	@url=$${OLLAMA_HOST:-127.0.0.1:11434}; \
	case $$url in *://*) ;; *) url=http://$$url ;; esac; \
	case $$url in https:*|*:[0-9]*) ;; *) url=$$url:11434 ;; esac; \
	curl -fsS -m 5 -o /dev/null "$$url/api/tags" 2>/dev/null || { echo "No Ollama answers at $$url: start one, or name it in OLLAMA_HOST." >&2; exit 1; }; \
	OLLAMA_HOST=$$url $(MVN) verify -pl bootstrap -am -Dtest.excluded-groups=none -Dit.test=OllamaLiveIT -Dtest=None -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false -Dcoverage.minimum=0

# For example BENCH_QUICK=1, BENCH_ONLY=streams, BENCH_BUILDS=before=DIR,after=DIR; docs/performance.md
# has them all. exec, so that Ctrl-C reaches what stops the rest.
bench: $(LAUNCHER) bench-tools ## beside nginx and Portkey: calls, streams, cold starts; 35 minutes, into target/bench
	@exec node bench/bench.mjs

# Plain programs among the tests; the numbers are seconds a row.
bench-limits: jdk ## what limits, quotas and usage records cost; with a real Redis, brought along
	$(MVN) -q test-compile dependency:build-classpath -Dmdep.outputFile=target/bench.classpath -Dmdep.includeScope=test -pl domain,application,infrastructure
	@for bench in memory.LimitsBench:2 redis.RedisLimitsBench:3 store.UsageBench:4; do \
		$$JAVA_HOME/bin/java --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
		-cp infrastructure/target/test-classes:infrastructure/target/classes:$$(cat infrastructure/target/bench.classpath) \
		io.modelgate.infrastructure.$${bench%:*} $${bench#*:} || exit 1; done

# The database is made anew each time; some minutes. Smaller: make bench-admin BENCH_CALLS=10000 BENCH_KEYS=50
BENCH_CALLS ?= 1000000
BENCH_KEYS ?= 2000
BENCH_TIMES ?= 50
bench-admin: jdk node ## how long the admin API's answers take over BENCH_CALLS (1,000,000) calls of BENCH_KEYS (2,000) keys; exits with 1 above 200 ms
	$(MVN) -q package -DskipTests dependency:build-classpath -Dmdep.outputFile=target/bench.classpath -Dmdep.includeScope=test -pl infrastructure,bootstrap -am
	@rm -rf bootstrap/target/bench-admin && mkdir -p bootstrap/target/bench-admin
	@$$JAVA_HOME/bin/java --enable-native-access=ALL-UNNAMED -cp infrastructure/target/test-classes:infrastructure/target/classes:$$(cat infrastructure/target/bench.classpath) \
		io.modelgate.infrastructure.store.ManyCalls bootstrap/target/bench-admin/modelgate.db $(BENCH_CALLS) $(BENCH_KEYS)
	@cd bootstrap && exec $$JAVA_HOME/bin/java --enable-native-access=ALL-UNNAMED -cp target/test-classes:target/classes:$$(cat target/bench.classpath) \
		io.modelgate.bootstrap.AdminBench target/bench-admin/modelgate.db $(BENCH_CALLS) $(BENCH_KEYS) $(BENCH_TIMES)

# Bounded: the load's minutes and about one more. Exits with 1 when something leaked or does not add up.
SOAK_MINUTES ?= 20
soak: jdk node ## SOAK_MINUTES (20) of kills, cuts and leavers, and then nothing may be lost or left
	$(MVN) -q package -DskipTests dependency:build-classpath -Dmdep.outputFile=target/soak.classpath -Dmdep.includeScope=test -pl bootstrap -am
	@cd bootstrap && exec $$JAVA_HOME/bin/java --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
		-cp target/test-classes:target/classes:$$(cat target/soak.classpath) io.modelgate.bootstrap.Soak $(SOAK_MINUTES)

image: $(IMAGE) ## a distribution that brings its Java, in bootstrap/target/image, and how large it is
	@image/sizes

# chroot and mounts: as root, on Debian.
image-check: $(IMAGE) ## make the Docker image's root file system without Docker and try it in a chroot
	@image/check

docker-up: docker ## the gateway and a Redis in Docker, on port 18080; their secrets in ./secrets
	@umask 077; mkdir -p secrets; for name in redis-password admin-key secret-key; do \
		[ -s secrets/$$name ] || { head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >secrets/$$name; chmod 0444 secrets/$$name; }; done
	docker compose up --build --detach --wait

docker-down: docker ## stop them, calls under way first; the database stays in its volume
	docker compose down

format: jdk ## bring sources and poms into shape
	$(MVN) -q spotless:apply

clean: jdk ## remove what builds leave behind; data stays
	$(MVN) -q clean

$(LAUNCHER): $(SOURCES) | jdk node
	@echo "Building ModelGate; the first time takes a few minutes."
	@$(MVN) -q package -DskipTests || { echo "The build failed; make build shows all of it." >&2; exit 1; }
	@touch $@

$(IMAGE): $(LAUNCHER) $(wildcard image/*)
	@image/assemble
	@touch $@

docker:
	@docker compose version >/dev/null 2>&1 || { echo "This needs Docker with Compose; make image-check tries the image without." >&2; exit 1; }

jdk:
	@test -n "$$JAVA_HOME" || { echo "ModelGate is built with JDK 25: install one (for example Temurin 25) or point JAVA_HOME at it." >&2; exit 1; }
	@command -v mvn >/dev/null || { echo "ModelGate is built with Maven 3.8 or newer: install it." >&2; exit 1; }

node:
	@node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 22 || major === 22 && minor >= 12 || major === 20 && minor >= 19 ? 0 : 1)' 2>/dev/null && command -v npm >/dev/null || { echo "The admin panel is built with Node.js 20.19, 22.12 or newer, with npm: install it." >&2; exit 1; }

# Debian's, where it is missing and root may install it; any other Chromium or Chrome by CHROMIUM=/its/path.
chromium:
	@for browser in $$CHROMIUM chromium chromium-browser google-chrome; do command -v $$browser >/dev/null && exit 0; done; \
	echo "The panel is tested in Chromium, which is not here; installing Debian's."; \
	[ "$$(id -u)" = 0 ] || sudo=sudo; \
	{ $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; } && command -v chromium >/dev/null || \
	{ echo "Chromium could not be installed: install it (apt-get install chromium), or name one in CHROMIUM=/its/path." >&2; exit 1; }

# Debian's, where they are missing and root may install them; nginx is not to start by itself.
bench-tools:
	@command -v wrk >/dev/null && command -v nginx >/dev/null && exit 0; \
	echo "The benchmark needs wrk and nginx, which are not here; installing Debian's."; \
	[ "$$(id -u)" = 0 ] || sudo=sudo; \
	{ $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 $$sudo -E apt-get install -y -qq --no-install-recommends wrk nginx-light >/dev/null; } && command -v wrk >/dev/null && command -v nginx >/dev/null || \
	{ echo "They could not be installed: install wrk and nginx (apt-get install wrk nginx-light)." >&2; exit 1; }
