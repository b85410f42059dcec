/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A runner's main: one variant, one flavour.  Without options it serves
 * lapicsim; with --scenario it runs seeds by hand and says what came of them,
 * which is what one wants under gdb, perf or valgrind; with --self-test it tests
 * the environment (sim/selftest.h); with --live-sequence it is the other side of
 * `lapicsim live` (sim/live_engine.h); with --mutant it runs a mutant (sim/mutant.h).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/bench.h"
#include "sim/command_line.h"
#include "sim/coverage.h"
#include "sim/live_engine.h"
#include "sim/mutant.h"
#include "sim/run_end.h"
#include "sim/selftest.h"
#include "sim/worker.h"

static struct run_result result;

static int usage(const char *error)
{
	fprintf(stderr, "runner: %s\n", error);
	return 1;
}

static void print_divergence(const struct divergence *d)
{
	printf("  %s: %s", divergence_name(d->kind), d->check);
	if (d->vcpu != DIV_NONE)
		printf(" vm %u vcpu %u", d->vm, d->vcpu);
	if (d->vector != DIV_NONE)
		printf(" vector 0x%02x", d->vector);
	printf(" at %" PRIu64 " ns, event %" PRIu64 "\n    %s%s%s\n", d->time_ns, d->event, d->site,
	       *d->site ? ": " : "", d->text);
	for (uint32_t i = 0; i < d->nr_frames && i < DIV_MAX_FRAMES; i++)
		printf("    #%-2u 0x%" PRIx64 "\n", i, d->frames[i]);
}

static void print_result(void)
{
	printf("seed 0x%" PRIx64 " digest 0x%016" PRIx64 " end %s%s%s events %" PRIu64 " interrupts %" PRIu64
	       " virtual %" PRIu64 " ns divergences %u\n",
	       result.seed, result.digest, run_end_name(result.end), result.trap[0] ? " " : "", result.trap,
	       result.nr_events, result.nr_interrupts, result.virtual_ns, result.nr_divergences);
	for (uint32_t i = 0; i < result.nr_recorded; i++)
		print_divergence(&result.divergence[i]);
	fflush(stdout);
}

static int run_by_hand(const struct command_line *cl)
{
	char overrides[512], error[1024] = "";
	int code = 0;
	struct scenario s;

	if (command_line_overrides(cl, overrides, sizeof(overrides)))
		return usage("--set: too long");
	if (scenario_load(&s, cl->scenario, overrides, error, sizeof(error)) ||
	    run_setup(&s, error, sizeof(error))) {
		fprintf(stderr, "%s\n", error);
		return 2;
	}
	if (cl->coverage)
		coverage_clear();
	printf("%s (%s, %s, %s) on %s: %" PRIu64 " bytes\n", variant_name, variant_identity, variant_class,
	       variant_flavour, s.name, run_memory_bytes());
	for (uint64_t seed = cl->seed.first; seed <= cl->seed.last; seed++) {
		run_one(seed, &result, cl->trace_flag ? stderr : NULL);
		if (cl->coverage)
			coverage_write(cl->coverage, seed);
		print_result();
		if (result.end == RUN_TRAPPED)
			code = 6;
		else if (result.nr_divergences && !code)
			code = 10;
		if (seed == UINT64_MAX)
			break;
	}
	return code;
}

int main(int argc, char **argv)
{
	struct command_line cl;
	char error[512];

	if (argc == 1)
		return worker_serve();
	if (argc == 2 && !strcmp(argv[1], "--identity"))
		return printf("%s %s %s\n", variant_identity, variant_class, variant_flavour) < 0;
	if ((argc == 3 || argc == 4) && !strcmp(argv[1], "--bench"))
		return bench_main(argv[2], argv[3]);
	if (argc == 3 && !strcmp(argv[1], "--bench-where"))
		return bench_where_main(argv[2]);
	if (argc == 5 && !strcmp(argv[1], "--live-sequence"))
		return live_engine_main(argv[2], argv[3], argv[4]);
	if (mutant_wanted(argc, argv))
		return mutant_main(argc, argv);
	if (selftest_wanted(argc, argv))
		return selftest_main(argc, argv);
	if (command_line_parse(&cl, "runner", argc - 1, argv + 1, error, sizeof(error)))
		return usage(error);
	if (cl.help) {
		option_print_command(stdout, "runner");
		return 0;
	}
	if (cl.args.nr || !cl.scenario || !cl.seed.given)
		return usage("needs --scenario PATH and --seed N, or no option at all");
	if (cl.coverage && !coverage_here())
		return usage("--coverage: this is not a runner of the coverage flavour");
	return run_by_hand(&cl);
}
