# SPDX-License-Identifier: GPL-2.0-only
#
# The readers of everything that comes from outside, fuzzed. Included by the top Makefile.
#
#	make fuzz FUZZ_TIME=600		libFuzzer (clang), so many seconds on each
#	make fuzz-check			the corpus and small changes of it, with gcc's sanitizers
#
# A finding lies in $(O)/fuzz/; once mended it goes into tests/fuzz/corpus/, small.

FUZZ_TIME ?= 600
FUZZ_NAMES := token scenario known wire store trace
FUZZ_SOURCES := $(filter-out sim/main.c,$(COMMAND_SOURCES))
FUZZ_CFLAGS := -std=gnu11 -g -O1 -I. -DLAPICSIM_ROOT='"$(CURDIR)"' -fsanitize=address,undefined -fno-sanitize-recover=undefined
comma := ,
FUZZ_LIBS = -linih -lsqlite3 -lpthread -lm $(if $(findstring wire,$@),-Wl$(comma)--wrap=kill -Wl$(comma)--wrap=waitpid)

$(O)/fuzz/clang/%.o: %.c
	@mkdir -p $(@D)
	$(Q)clang $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

$(O)/fuzz/gcc/%.o: %.c
	@mkdir -p $(@D)
	$(Q)gcc $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/fuzz/clang/fuzz-%: $(O)/fuzz/clang/tests/fuzz/%.o $(FUZZ_SOURCES:%.c=$(O)/fuzz/clang/%.o)
	$(Q)clang -fsanitize=fuzzer,address,undefined -o $@ $^ $(FUZZ_LIBS)

$(O)/fuzz/gcc/fuzz-%: $(O)/fuzz/gcc/tests/fuzz/%.o $(O)/fuzz/gcc/tests/fuzz/replay.o $(FUZZ_SOURCES:%.c=$(O)/fuzz/gcc/%.o)
	$(Q)gcc -fsanitize=address,undefined -o $@ $^ $(FUZZ_LIBS)

.SECONDARY:
.PHONY: fuzz fuzz-check
fuzz: setup
	$(Q)scripts/setup.sh clang-14 libclang-rt-14-dev clang
	$(Q)$(MAKE) --no-print-directory $(FUZZ_NAMES:%=$(O)/fuzz/clang/fuzz-%)
	$(Q)scripts/fuzz.sh $(O)/fuzz $(FUZZ_TIME) $(FUZZ_NAMES)

fuzz-check: $(FUZZ_NAMES:%=$(O)/fuzz/gcc/fuzz-%)
	$(Q)for n in $(FUZZ_NAMES); do echo "# fuzz-$$n"; ASAN_OPTIONS=detect_leaks=0 $(O)/fuzz/gcc/fuzz-$$n \
		tests/fuzz/corpus/$$n/* || exit; done

-include $(wildcard $(O)/fuzz/*/sim/*.d $(O)/fuzz/*/sim/*/*.d $(O)/fuzz/*/tests/fuzz/*.d)
