# WebRunner. `make` alone lists what there is.

GO          ?= go
PREFIX      ?= /usr/local
UNITDIR     ?= $(PREFIX)/lib/systemd/system
STATICCHECK  = honnef.co/go/tools/cmd/staticcheck@v0.8.2
NFPM         = github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.2
DEADCODE     = golang.org/x/tools/cmd/deadcode@v0.52.0
FUZZTIME    ?= 30s

# No C code in the binary: its threads would escape the child's lock-down.
export CGO_ENABLED = 0

# Ways into a library that its example shows and the program does not take.
LIBRARY = '^loader/.*: (Load|Image\.ChooseSymbol)$$'

# Packages that hold no system call must compile everywhere.
PURE = ./loader/... ./filter/bpf/... ./filter/screen/... ./kernels/... ./internal/wire/... ./internal/report/...

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

.PHONY: build
build: ## build bin/webrunner, one static binary without symbols, which no stack trace needs
	$(GO) build -trimpath -ldflags='-s -w' -o bin/webrunner ./cmd/webrunner

.PHONY: demo
demo: build ## start a server, run the examples through it, stop; with KEEP=1 go on, for its page
	bin/webrunner demo $(if $(KEEP),--keep)

.PHONY: test
test: ## run all tests; needs Go alone
	$(GO) test -shuffle=on -timeout 30m ./...

.PHONY: cover
cover: ## run all tests, list the coverage of each package (what runs in children does not count)
	@$(GO) test -cover ./... | awk '/^(FAIL|---|panic)/ { print; failed = 1 } match($$0, /webrunner[^ \t]*/) && /coverage: [0-9]/ { pkg = substr($$0, RSTART, RLENGTH); match($$0, /[0-9.]+% of/); printf "%6s  %s\n", substr($$0, RSTART, RLENGTH-3), pkg } END { exit failed }'

.PHONY: check
check: ## everything that must hold beside the tests
	@echo "gofmt -s"; out=$$(gofmt -s -l $$(git ls-files '*.go')); test -z "$$out" || { echo "not formatted: $$out"; exit 1; }
	$(GO) vet ./...
	$(GO) vet -tags oracle ./...
	$(GO) run $(STATICCHECK) ./...
	@echo "deadcode"; out=$$($(GO) run $(DEADCODE) ./cmd/webrunner) || exit 1; ! printf '%s\n' "$$out" | grep . | grep -vE $(LIBRARY)
	$(GO) mod tidy -diff
	$(GO) build -o /dev/null -gcflags='all=-N -l' ./cmd/webrunner
	GOOS=darwin GOARCH=arm64 $(GO) vet $(PURE)
	GOOS=linux GOARCH=arm64 $(GO) vet $(PURE)
	$(GO) test -count=1 -run TestArchitecture .

.PHONY: page-test
page-test: build ## drive the page in a headless Chromium; needs chromium, node and npm (PAGE_TESTS: names; SHOTS: folder for pictures)
	cd scripts/page && npm ci --no-audit --no-fund --silent && node test.js ../../bin/webrunner $(SHOTS)

.PHONY: client-test
client-test: build ## generate clients from /openapi.json, have them ask a server; needs curl, node 20 and npm (CLIENTS: go, ts)
	CLIENTS='$(or $(CLIENTS),go ts)' scripts/client/client.sh bin/webrunner

.PHONY: race
race: ## run the server's tests under the race detector; needs a C compiler
	CGO_ENABLED=1 $(GO) test -race -shuffle=on ./internal/server ./internal/runner ./internal/wire

.PHONY: bench
bench: ## run all benchmarks
	$(GO) test -run '^$$' -bench . -benchmem ./...

.PHONY: zoo
zoo: build ## run one function compiled by every toolchain of Debian; as root it installs what is missing, some 6 GB
	scripts/zoo/zoo.sh $$(test "$$(id -u)" != 0 || echo --install)

.PHONY: oracle
oracle: ## compare with ld, objdump, Zydis, real libraries; see docs/validation
	$(GO) test -tags oracle -timeout 4h ./loader/... ./filter/... ./internal/child ./internal/counted

.PHONY: oracle-count
oracle-count: ## compare exact counts of libraries and built-in kernels with single steps, with valgrind's lackey and with hand counts
	$(GO) test -tags oracle -timeout 2h -v -run Counted ./internal/counted

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (30s)
	@set -e; for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
	    echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$p; \
	  done; \
	done

SOAK ?= 100000

.PHONY: soak
soak: ## send SOAK (100000) hostile requests to a real server
	scripts/soak.sh $(SOAK)

MUTANTS ?= 100000
MUTANTS_FOR ?= 0

.PHONY: mutants
mutants: ## send MUTANTS (100000; or FROM:TO) faulty objects to a real server, for MUTANTS_FOR (60m) at most
	WEBRUNNER_MUTANTS=$(MUTANTS) nice -n 10 $(GO) test -count=1 -timeout $(MUTANTS_FOR) -run '^TestMutants$$' -v ./internal/hostile

.PHONY: abuse
abuse: build ## do to a server what hostile and careless clients do (ABUSE: names)
	$(GO) run ./scripts/abuse $(ABUSE)

LOAD ?= -for 1h -part 10m

.PHONY: load
load: build ## 500 connections of good, bad, hostile and abandoned requests, an hour in parts (LOAD: flags)
	$(GO) run ./scripts/load $(LOAD)

.PHONY: validate
validate: ## measure kernels of known cost, quiet and with noisy neighbours (VALIDATE: flags)
	$(GO) run ./scripts/validate $(VALIDATE)

RECORD ?= perf/stats/testdata/$(shell uname -n).json.gz

.PHONY: record
record: ## record samples of this host, for the tests of perf/stats (RECORD: file)
	$(GO) run ./scripts/record $(RECORD)

.PHONY: instructions
instructions: ## measure single instructions, compare with what is published of this core
	$(GO) run ./scripts/validate -instructions -reps 3 $(VALIDATE)

.PHONY: comparisons
comparisons: ## count how often comparisons are right (COMPARISONS: flags, such as -runs 20)
	$(GO) run ./scripts/comparisons $(COMPARISONS)

.PHONY: bench-peers
bench-peers: build ## what a run in a sandbox costs, and what it keeps from the code, beside bubblewrap and others; those that are installed (PEERS: flags)
	$(GO) run ./scripts/peers $(PEERS)

.PHONY: growth
growth: build ## how costs grow with sizes, relocations, functions, operands, events, clients (GROWTH: flags, curves)
	$(GO) run ./scripts/growth $(GROWTH)

.PHONY: honesty
honesty: ## count what answers say of honest oddities and of liars (HONESTY: flags, such as -liars)
	$(GO) run ./scripts/honesty $(HONESTY)

TABLES ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/webrunner-tables

.PHONY: tables
tables: ## rebuild the event tables from Debian's linux-source, tell what differs; needs apt (TABLES: cache folder)
	scripts/tables.sh $(TABLES)

MATRIX ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/webrunner-matrix

.PHONY: matrix
matrix: build ## boot other hosts in QEMU; needs apt and qemu-system-x86 (MATRIX: cache folder)
	scripts/matrix/kernels.sh $(MATRIX)
	$(GO) build -trimpath -o $(MATRIX)/matrix ./scripts/matrix
	$(GO) test -c -o $(MATRIX)/posture ./internal/child
	nice $(MATRIX)/matrix -kernels $(MATRIX) -posture $(MATRIX)/posture

# Of the package, from the last commit: two builds of it are the same.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
VERSION ?= 0~$(shell git log -1 --format=%cd.%h --date=format:%Y%m%d 2>/dev/null || echo unknown)

.PHONY: deb
deb: build ## build bin/webrunner_VERSION_amd64.deb by nfpm, which is fetched
	deploy/deb/stage.sh bin/webrunner bin/stage '$(VERSION)-1' $(SOURCE_DATE_EPOCH)
	VERSION='$(VERSION)' SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) \
	  $(GO) run $(NFPM) package -f deploy/deb/nfpm.yaml -p deb -t bin/

.PHONY: sbom
sbom: build ## write bin/webrunner.cdx.json, what the binary was built from (CycloneDX)
	bin/webrunner version -o cyclonedx > bin/webrunner.cdx.json

.PHONY: repro
repro: ## build twice, in different folders, compare hashes (REPRO=binary: not the package)
	scripts/repro.sh

.PHONY: image
image: build ## lay out the container image by hand, see it serve without a runtime; needs bwrap and curl
	scripts/image.sh bin/webrunner

SYSTEMD ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/webrunner-systemd

.PHONY: systemd
systemd: deb ## boot a small Debian with the package, test its units; needs root, debootstrap, systemd-nspawn
	scripts/systemd.sh bin/webrunner_$(VERSION)-1_amd64.deb $(SYSTEMD)

.PHONY: install
install: build ## install the binary and the systemd units (DESTDIR, PREFIX, UNITDIR)
	install -D -m 0755 bin/webrunner $(DESTDIR)$(PREFIX)/sbin/webrunner
	install -d $(DESTDIR)$(UNITDIR)
	sed 's,/usr/local/sbin/webrunner,$(PREFIX)/sbin/webrunner,' deploy/webrunner.service > $(DESTDIR)$(UNITDIR)/webrunner.service
	chmod 0644 $(DESTDIR)$(UNITDIR)/webrunner.service
	install -m 0644 deploy/webrunner.socket $(DESTDIR)$(UNITDIR)/webrunner.socket

.PHONY: uninstall
uninstall: ## remove what install put in place
	rm -f $(DESTDIR)$(PREFIX)/sbin/webrunner $(DESTDIR)$(UNITDIR)/webrunner.service $(DESTDIR)$(UNITDIR)/webrunner.socket

.PHONY: clean
clean: ## remove what build made
	rm -rf bin
