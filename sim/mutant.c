// SPDX-License-Identifier: GPL-2.0-only
/*
 * See mutant.h.  The number and the map are data of the libc world: a snapshot that
 * is put back does not change them.
 */
#include "sim/mutant.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm/boundary.h"
#include "sim/explain.h"
#include "sim/run.h"
#include "sim/run_end.h"
#include "sim/signature.h"

uint32_t hs_mutant;
uint8_t hs_mutant_reached[KW_MAX_MUTANTS];

static struct run_result result;
static struct wire_explanation why[RUN_MAX_DIVERGENCES];
static bool explaining;

/* NUMBER.TIMES of the mutants reached since the last call, in hexadecimal, apart by commas. */
static void print_reached(void)
{
	const char *comma = "";

	for (uint32_t id = 1; id < KW_MAX_MUTANTS; id++) {
		if (!hs_mutant_reached[id])
			continue;
		printf("%s%" PRIx32 ".%x", comma, id, hs_mutant_reached[id]);
		comma = ",";
	}
	printf("%s\n", *comma ? "" : "-");
	memset(hs_mutant_reached, 0, sizeof(hs_mutant_reached));
}

/* Explained: function, slice, stack and trail too, apart by tabs. */
static void print_divergence(const struct divergence *d, const struct wire_explanation *w)
{
	char slice[SIGNATURE_BYTES];

	printf("div %s %s", divergence_key(d->kind), d->check);
	if (explaining) {
		signature_slice(d, slice, sizeof(slice));
		printf("\t%s\t%s\t%s\t%s", signature_function(d->site), slice, w->stack, w->trail);
	}
	putchar('\n');
}

static void print_run(void)
{
	printf("run %" PRIu64 " %016" PRIx64 " %s %" PRIu64 " %s ", result.seed, result.digest,
	       run_end_name(result.end), result.nr_events, result.trap[0] ? result.trap : "-");
	if (hs_mutant)
		printf("-\n");
	else
		print_reached();
	for (uint32_t i = 0; i < result.nr_recorded; i++)
		print_divergence(&result.divergence[i], &why[i]);
	fflush(stdout);
}

bool mutant_wanted(int argc, char **argv)
{
	explaining = argc > 1 && !strcmp(argv[1], "--mutant-explain");
	return explaining || (argc > 1 && !strcmp(argv[1], "--mutant"));
}

/* The seeds of @words, with mutant @number on; false if they are none. */
static bool run_seeds(uint64_t number, char **words, int nr)
{
	if (number >= KW_MAX_MUTANTS)
		return false;
	hs_mutant = number;
	for (int i = 0; i < nr; i++) {
		if (explaining)
			explain_run(strtoull(words[i], NULL, 0), &result, why);
		else
			run_one(strtoull(words[i], NULL, 0), &result, NULL);
		print_run();
	}
	return true;
}

/* Lines "NUMBER SEED..." from stdin, each on a machine that was built without a mutant. */
static int serve(void)
{
	static char line[16384];
	char *words[1024], *end;

	while (fgets(line, sizeof(line), stdin)) {
		int nr = 0;

		for (char *w = strtok(line, " \n"); w && nr < 1024; w = strtok(NULL, " \n"))
			words[nr++] = w;
		if (nr < 2 || !run_seeds(strtoul(words[0], &end, 0), words + 1, nr - 1) || *end) {
			fprintf(stderr, "runner: expected: NUMBER SEED...\n");
			return 1;
		}
		printf("done\n");
		fflush(stdout);
	}
	return 0;
}

int mutant_main(int argc, char **argv)
{
	bool serving = argc == 4 && !strcmp(argv[3], "-");
	char error[1024] = "", *end = "";
	struct scenario s;

	if (argc < 5 && !serving) {
		fprintf(stderr, "usage: runner --mutant SCENARIO NUMBER SEED... | runner --mutant SCENARIO -\n");
		return 1;
	}
	run_stops_when_full = true;
	hs_mutant = serving ? 0 : strtoul(argv[3], &end, 0);
	if (*end || hs_mutant >= KW_MAX_MUTANTS) {
		fprintf(stderr, "runner: no mutant %s\n", argv[3]);
		return 1;
	}
	if (scenario_load(&s, argv[2], NULL, error, sizeof(error)) || run_setup(&s, error, sizeof(error))) {
		printf("setup %s\n", error);
		return 2;
	}
	printf("boot ");
	print_reached();
	fflush(stdout);
	if (serving)
		return serve();
	return !run_seeds(hs_mutant, argv + 4, argc - 4);
}
