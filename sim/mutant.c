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
#include "sim/run.h"
#include "sim/run_end.h"

uint32_t hs_mutant;
uint8_t hs_mutant_reached[KW_MAX_MUTANTS];

static struct run_result result;

/* Numbers of the mutants reached since the last call, in hexadecimal, apart by commas. */
static void print_reached(void)
{
	const char *comma = "";

	for (uint32_t id = 1; id < KW_MAX_MUTANTS; id++) {
		if (!hs_mutant_reached[id])
			continue;
		printf("%s%" PRIx32, comma, id);
		comma = ",";
	}
	printf("%s\n", *comma ? "" : "-");
	memset(hs_mutant_reached, 0, sizeof(hs_mutant_reached));
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
		printf("div %s %s\n", divergence_key(result.divergence[i].kind), result.divergence[i].check);
	fflush(stdout);
}

bool mutant_wanted(int argc, char **argv)
{
	return argc > 1 && !strcmp(argv[1], "--mutant");
}

int mutant_main(int argc, char **argv)
{
	char error[1024] = "", *end;
	struct scenario s;

	if (argc < 5) {
		fprintf(stderr, "usage: runner --mutant SCENARIO NUMBER SEED...\n");
		return 1;
	}
	hs_mutant = strtoul(argv[3], &end, 0);
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
	for (int i = 4; i < argc; i++) {
		run_one(strtoull(argv[i], NULL, 0), &result, NULL);
		print_run();
	}
	return 0;
}
