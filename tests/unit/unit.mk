# SPDX-License-Identifier: GPL-2.0-only
#
# Unit tests and micro-benchmarks of the libc world. From the repository's root:
#
#	make -f tests/unit/unit.mk			build the tests
#	make -f tests/unit/unit.mk unit-check		build and run them all
#	make -f tests/unit/unit.mk unit-bench		build and run bench/coro.c
#
# O=DIR builds elsewhere; SAN=address builds with ASan and UBSan, in DIR/unit-san;
# UNIT_OPT=-O3 and the like. The top Makefile may include this file: but for O, V and
# SAN, every name in it begins with UNIT_ or unit-.

O ?= build
# As in the top Makefile: dependencies hold for objects as they were called.
override O := $(patsubst $(CURDIR)/%,%,$(abspath $(O)))
UNIT_CC ?= gcc
UNIT_OPT ?= -O2
UNIT_DIR := $(O)/unit$(if $(SAN),-san)
UNIT_SAN := $(if $(SAN),-fsanitize=$(SAN) -fsanitize=undefined -fno-sanitize-recover=undefined)
UNIT_CFLAGS := -std=gnu11 $(UNIT_OPT) -g -Wall -Wextra -I. -fno-pic -fno-omit-frame-pointer $(UNIT_SAN)
UNIT_LDFLAGS := -no-pie $(UNIT_SAN)
UNIT_Q := $(if $(V),,@)

# test: the objects of sim/ that it needs, besides tests/unit/NAME.c
UNIT_OBJS_rng		:= rng
UNIT_OBJS_digest	:= digest
UNIT_OBJS_divergence	:= divergence
UNIT_OBJS_token		:= token rng
UNIT_OBJS_coro		:= coro
UNIT_OBJS_policy	:= rng policy/policy policy/random policy/fifo policy/burst policy/few
UNIT_OBJS_event		:= event rng
UNIT_OBJS_scheduler	:= scheduler event coro $(UNIT_OBJS_policy)
UNIT_OBJS_scheduler_sleep	:= $(UNIT_OBJS_scheduler)
UNIT_OBJS_scheduler_limits	:= $(UNIT_OBJS_scheduler)
UNIT_OBJS_scheduler_hooks	:= $(UNIT_OBJS_scheduler)
UNIT_OBJS_determinism	:= digest $(UNIT_OBJS_scheduler)
UNIT_OBJS_crash		:= crash crash_text divergence crash_san crash_stack coro
UNIT_OBJS_snapshot	:= snapshot lines
UNIT_OBJS_plan		:= cmd/plan alloc
UNIT_OBJS_alloc		:= alloc
UNIT_OBJS_done		:= cmd/done alloc rng
UNIT_OBJS_loss		:= cmd/loss cmd/process_looks
UNIT_OBJS_swarm		:= swarm alloc options option_guess option_table rng
UNIT_OBJS_trace		:= trace trace_format coro
UNIT_OBJS_apicv		:= apicv
UNIT_OBJS_signature	:= signature trail
UNIT_OBJS_crash_time	:= $(UNIT_OBJS_crash)
UNIT_OBJS_crash_san	:= $(UNIT_OBJS_crash)
UNIT_LIBS_crash		:= -lunwind
UNIT_LIBS_crash_time	:= -lunwind
UNIT_LIBS_crash_san	:= -lunwind
UNIT_OBJS_stats		:= cmd/stats_mcnemar cmd/stats_survival cmd/stats_wilson
UNIT_OBJS_pair_set	:= cmd/pair_set alloc pair_names rng
UNIT_OBJS_stats_sure	:= cmd/stats_zero cmd/stats_unseen rng
UNIT_LIBS_stats		:= -lm
UNIT_LIBS_stats_sure	:= -lm
UNIT_NAMES := alloc plan loss pair_set signature stats stats_sure apicv crash crash_time done snapshot trace rng digest divergence token swarm coro policy event determinism \
	scheduler scheduler_sleep scheduler_limits scheduler_hooks

UNIT_NAMES += $(if $(filter address,$(SAN)),crash_san)

# The oracle's tests need all of the oracle and nothing else but names and streams.
UNIT_ORACLE := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/oracle*.c))
UNIT_ORACLE_OBJS := $(patsubst sim/%.c,%,$(wildcard sim/oracle/*.c)) divergence rng
$(foreach name,$(UNIT_ORACLE),$(eval UNIT_OBJS_$(name) := $(UNIT_ORACLE_OBJS)))
UNIT_NAMES += $(UNIT_ORACLE)

UNIT_OBJS_held		:= held $(UNIT_ORACLE_OBJS) $(UNIT_OBJS_scheduler)
UNIT_NAMES += held

UNIT_OBJS_live_guard	:= live/guard
UNIT_OBJS_live		:= live/guard live/sequence live/play live/judge $(UNIT_ORACLE_OBJS)
UNIT_NAMES += live_guard live

UNIT_PROGRAMS := $(UNIT_NAMES:%=$(UNIT_DIR)/%)

.PHONY: unit-tests unit-check unit-bench
unit-tests: $(UNIT_PROGRAMS)

$(UNIT_DIR)/obj/%.o: %.c tests/unit/unit.mk
	@mkdir -p $(@D)
	$(UNIT_Q)$(UNIT_CC) $(UNIT_CFLAGS) -MMD -MP -c -o $@ $<

define UNIT_RULE
$(UNIT_DIR)/$(1): $(UNIT_DIR)/obj/tests/unit/$(1).o $(UNIT_OBJS_$(1):%=$(UNIT_DIR)/obj/sim/%.o)
	$$(UNIT_Q)$$(UNIT_CC) $$(UNIT_LDFLAGS) -o $$@ $$^ $(UNIT_LIBS_$(1))
endef
$(foreach name,$(UNIT_NAMES),$(eval $(call UNIT_RULE,$(name))))

$(UNIT_DIR)/bench-coro: $(UNIT_DIR)/obj/bench/coro.o $(UNIT_OBJS_scheduler:%=$(UNIT_DIR)/obj/sim/%.o)
	$(UNIT_Q)$(UNIT_CC) $(UNIT_LDFLAGS) -o $@ $^

$(UNIT_DIR)/bench-snapshot: $(UNIT_DIR)/obj/bench/snapshot.o $(UNIT_DIR)/obj/sim/snapshot.o $(UNIT_DIR)/obj/sim/lines.o
	$(UNIT_Q)$(UNIT_CC) $(UNIT_LDFLAGS) -o $@ $^

unit-check: $(UNIT_PROGRAMS)
	$(UNIT_Q)status=0; for t in $(UNIT_PROGRAMS); do \
		echo "# $$t"; $$t || { status=1; echo "# FAILED, again with: $$t"; }; \
	done; exit $$status

unit-bench: $(UNIT_DIR)/bench-coro
	$(UNIT_Q)$<

-include $(wildcard $(UNIT_DIR)/obj/*/*.d $(UNIT_DIR)/obj/*/*/*.d)
