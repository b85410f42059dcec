# SPDX-License-Identifier: GPL-2.0-only
#
# lapicsim: make help lists what there is.
#
#   O=DIR		build folder (build)
#   V=1			show commands
#   SAN=address		unit tests with ASan and UBSan

O ?= build
# One name for one folder: dependencies (.d) hold for objects as they were called.
override O := $(patsubst $(CURDIR)/%,%,$(abspath $(O)))
VERSION := 0.9
PREFIX ?= /usr/local
Q := $(if $(V),,@)
CFLAGS ?= -O2 -g
override CFLAGS += -std=gnu11 -Wall -Wextra -I. -fno-pic
LAPICSIM := $(O)/lapicsim
# Elsewhere than in the repository the command has to be told where that is.
ROOT := $(if $(filter-out build,$(O)),-DLAPICSIM_ROOT='"$(CURDIR)"')

COMMAND_SOURCES := sim/main.c $(wildcard sim/cmd/*.c sim/policy/*.c sim/live/*.c sim/oracle/*.c) \
	$(addprefix sim/,alloc.c options.c option_guess.c option_table.c option_help.c command_line.c \
	scenario.c scenario_check.c scenario_expect.c pair_names.c run_end.c token.c divergence.c signature.c rng.c scenario_deviation.c)
COMMAND_OBJECTS := $(COMMAND_SOURCES:%.c=$(O)/command/%.o)

.PHONY: all help setup
all: $(LAPICSIM)

help:
	@echo 'make			build the command build/lapicsim'
	@echo 'make stress		build today'\''s and unfixed kernels, race them for a minute, print the table'
	@echo 'make check		everything that proves it works (some 9 minutes on 2 cores)'
	@echo 'make bench		what it costs, against a bare loop over the same KVM functions'
	@echo 'make determinism	the same digests from every kind of build and process (100,000 runs)'
	@echo 'make million		no host BUG in 1,000,000 seeds of the fixed kernels'
	@echo 'make deviations		each tolerance of the oracle is used by some scenario (minutes)'
	@echo 'make detection		how many runs until each bug of variants/corpus.tbl is seen: docs/detection.md'
	@echo 'make mutants		what the oracle sees of small changes in KVM, 20 minutes; writes docs/mutants.*'
	@echo 'make purity		how well a bucket is one cause, measured on 200 mutants; writes docs/buckets.md'
	@echo 'make live		the running kernel'\''s KVM against the oracle and 6.12 (needs /dev/kvm)'
	@echo 'make library		300,000,000 events of all scenarios on 6.12 and 6.1: nothing unexpected'
	@echo 'make campaign		8 minutes over all scenarios and three variants with a store, and checks on the result'
	@echo 'make kills		a stored campaign killed 1,000 times: nothing lost, nothing twice'
	@echo 'make hot		kvm/hot.tbl, which functions lie side by side, with valgrind (minutes)'
	@echo 'make install		the command, its manual pages and completion, to PREFIX'
	@echo 'make deb		a Debian package of them; make deb-test installs and tries it in a bare Debian 12'
	@echo 'make compare-demo	kernels and three fixes of one bug side by side; writes docs/compare.md'
	@echo 'make docs		the generated pages of docs/, from the tables'
	@echo 'make coverage		lines of KVM'\''s APIC files that the scenarios reach; writes docs/coverage.md'
	@echo 'make cluster-test	docs/cluster.md for real: Slurm and GNU parallel on this machine, the manifest against the API; installs them'
	@echo 'make report-check	lapicsim report'\''s page in a real browser; installs Chromium'
	@echo 'make fuzz		libFuzzer on the readers of scenarios, tokens, known/, runners'\'' answers, traces and stores'
	@echo 'make analyze		cppcheck, clang-tidy and gcc -fanalyzer over sim/'
	@echo 'make unit-check	unit tests; SAN=address: with sanitizers'
	@echo 'make setup		install the Debian packages that all of this needs'
	@echo 'make clean		remove $(O) but not the unpacked kernel sources'

setup:
	$(Q)scripts/setup.sh

$(O)/command/sim/cmd/cmd_help.o: Makefile
$(O)/command/sim/cmd/cmd_help.o: override CFLAGS += -DLAPICSIM_VERSION='"$(VERSION)"'
$(O)/command/%.o: %.c | setup
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(ROOT) -MMD -MP -c -o $@ $<

$(LAPICSIM): $(COMMAND_OBJECTS)
	$(Q)$(CC) $(CFLAGS) -no-pie -o $@ $^ -linih -lsqlite3 -lpthread -lm

-include $(COMMAND_OBJECTS:.o=.d)
include tests/unit/unit.mk
include scripts/variants.mk
include tests/fuzz/fuzz.mk

# --- The two commands.
.PHONY: stress check check-variants
stress: $(LAPICSIM)
	$(Q)for v in $(STRESS_VARIANTS); do $(MAKE) --no-print-directory $$v || exit; done
	$(Q)scripts/stress.sh $(LAPICSIM) $(STRESS_VARIANTS:variant-%=%)

check-variants: $(LAPICSIM)
	$(Q)for v in $(CHECK_VARIANTS); do $(MAKE) --no-print-directory $$v || exit; done

check: all
	$(Q)python3 scripts/check.py $(O) $(CHECK_FLAGS)

# --- Longer ones, on their own.
.PHONY: library campaign kills bench determinism million deviations detection live docs clean
.PHONY: coverage mutants cluster-test compare-demo hot report-check
bench: $(LAPICSIM) variant-6.12 variant-6.1
	$(Q)python3 scripts/bench.py $(O)

determinism: $(LAPICSIM) variant-6.12 variant-6.1-unfixed
	$(Q)python3 tests/e2e/determinism.py --build $(O) --runs 100000

million: $(LAPICSIM) variant-6.12 variant-6.1
	$(Q)$(LAPICSIM) run scenarios/pv-eoi-*.scn --variant 6.12 --variant 6.1 --seeds 0-999999 --table

live: $(LAPICSIM) variant-6.12
	$(Q)$(LAPICSIM) live --variant 6.12 --seeds 0-499

deviations: $(LAPICSIM) variant-6.12 variant-6.1
	$(Q)python3 scripts/deviations.py $(LAPICSIM) 6.12 6.1

detection: $(LAPICSIM) variant-6.12 variant-6.1
	$(Q)python3 scripts/detection.py $(LAPICSIM)

coverage: $(LAPICSIM)
	$(Q)$(LAPICSIM) variant add 6.12 $(VARIANT_6.12) --flavour coverage
	$(Q)$(LAPICSIM) variant add 6.1 $(VARIANT_6.1) --flavour coverage
	$(Q)python3 scripts/coverage.py --build $(O) --docs $(COVERAGE)

.PHONY: purity
purity: $(LAPICSIM) variant-6.12-mutants
	$(Q)python3 scripts/purity.py --build $(O) --docs

mutants: $(LAPICSIM) variant-6.12-mutants
	$(Q)python3 scripts/mutants.py --build $(O) --docs $(MUTANTS); code=$$?; python3 scripts/docs.py $(LAPICSIM); \
		exit $$code

library: $(LAPICSIM) variant-6.12 variant-6.1
	$(Q)$(LAPICSIM) run $(filter-out scenarios/big-%,$(wildcard scenarios/*.scn)) --variant 6.12 --variant 6.1 \
		--seeds 20000-20799

campaign: $(LAPICSIM)
	$(Q)for v in variant-6.12 variant-6.1 variant-6.12-unfixed; do $(MAKE) --no-print-directory $$v || exit; done
	$(Q)python3 scripts/campaign.py --build $(O)

kills: $(LAPICSIM) variant-6.12
	$(Q)python3 tests/e2e/kill_store.py --build $(O)

# By Debian's Python, which its packages are for.
cluster-test: $(LAPICSIM) variant-6.12
	$(Q)scripts/setup.sh slurm-wlm munge parallel python3-kubernetes
	$(Q)cd tests/cluster && O=$(abspath $(O)) /usr/bin/python3 -m unittest

hot: variant-6.12 variant-6.1
	$(Q)scripts/setup.sh valgrind
	$(Q)python3 scripts/hot.py $(O) 6.12 6.1

report-check: setup
	$(Q)scripts/setup.sh chromium
	$(Q)LAPICSIM_BUILD=$(abspath $(O)) python3 -m unittest discover -v -s tests/browser
	@echo 'screenshots: $(O)/screenshots'

# --- To hand over.
.PHONY: install deb deb-test analyze
install: $(LAPICSIM)
	$(Q)scripts/install.sh $(O) $(PREFIX) $(DESTDIR)

deb: $(LAPICSIM)
	$(Q)scripts/setup.sh dpkg-dev
	$(Q)scripts/deb.sh $(O) $(VERSION)

analyze:
	$(Q)scripts/setup.sh cppcheck clang-tidy
	$(Q)scripts/analyze.sh $(O)

deb-test: deb
	$(Q)scripts/setup.sh mmdebstrap
	$(Q)tests/package/deb.sh $(O)/lapicsim_$(VERSION)_$$(dpkg --print-architecture).deb

compare-demo: $(LAPICSIM)
	$(Q)for v in $(DEMO_VARIANTS); do $(MAKE) --no-print-directory $$v || exit; done
	$(Q)python3 scripts/compare_demo.py $(LAPICSIM) $(DEMO_6.1) $(DEMO_6.12)

docs: $(LAPICSIM)
	$(Q)python3 scripts/docs.py $(LAPICSIM)

clean:
	$(Q)rm -rf $(O)/command $(O)/unit $(O)/unit-san $(O)/variants $(O)/work $(O)/objects $(LAPICSIM)
