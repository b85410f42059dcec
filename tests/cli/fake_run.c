/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A null engine behind sim/run.h: results made up from the seed, so that the
 * command line and the supervisor can be tested without kernel sources.
 *
 * What goes wrong on which seeds comes from the environment: FAKE_CRASH,
 * FAKE_EXIT, FAKE_KILL (SIGKILL), FAKE_HANG (it waits), FAKE_LOOP (it does not), FAKE_EAT (memory), FAKE_SPIN (until the run's time is over),
 * FAKE_FULL (no memory left for the run), FAKE_TRAP, FAKE_LIMIT, FAKE_WARN, FAKE_LATE and FAKE_FLAKY are lists
 * of seeds ("5,17"), as is FAKE_OTHER, where a variant of class pv-eoi-unfixed has another premature EOI; FAKE_ONCE (crash), FAKE_WARN_ONCE and FAKE_KILL_ONCE (SIGKILL) are
 * "SEED:FILE", where FILE is made the first time, and so is FAKE_STOP_ONCE (SIGSTOP); FAKE_STOP_SECOND stops the
 * second time instead, FAKE_STOP_LATER each time from then on; FAKE_EACH is
 * "SEED:FILE", too, and dies in another way each time; FAKE_BURN is SEED:MS of CPU time; FAKE_SETUP=text makes
 * run_setup() fail, FAKE_SLEEP_US slows each run down.  Variants of class
 * canary lose an interrupt in one run of 100, unless there is FAKE_BLIND.  Those of class
 * pv-eoi-unfixed have a host BUG in one run of 50, all a premature EOI in one of
 * 20.  A run with a host BUG enters the guest less often, and its digest differs
 * from that of the others from event 1030 on.  FAKE_NO_BUG takes the BUGs away;
 * FAKE_LESS lets all runs of that class enter less often instead.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sim/rng.h"
#include "sim/bench.h"
#include "sim/explain.h"
#include "sim/mutant.h"
#include "sim/live_engine.h"
#include "sim/mutant.h"
#include "sim/pair_names.h"
#include "sim/pair_states.h"
#include "sim/run.h"
#include "sim/selftest.h"
#include "sim/worker.h"

const char variant_name[] = FAKE_NAME, variant_identity[] = FAKE_IDENTITY, variant_class[] = FAKE_CLASS;
const char variant_flavour[] = "plain";

static uint32_t scenario_hash;
static uint64_t checkpoints[3];
static uint64_t watch_first;
static uint32_t watch_nr;
static struct digest_record events[DIGEST_CHECKPOINT_EVENTS];

#define FIRST_OTHER_EVENT 1030u

static bool listed(const char *variable, uint64_t seed)
{
	const char *list = getenv(variable);
	char *end;

	while (list && *list) {
		if (strtoull(list, &end, 0) == seed)
			return true;
		list = *end ? end + 1 : end;
	}
	return false;
}

/* True once per file. */
static bool once(const char *variable, uint64_t seed)
{
	const char *value = getenv(variable);
	char *file;
	int fd;

	if (!value || strtoull(value, &file, 0) != seed)
		return false;
	fd = open(file + 1, O_CREAT | O_EXCL | O_WRONLY, 0600);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* True when @seed runs for the second time; with @later from then on. */
static bool not_first(const char *variable, uint64_t seed, bool later)
{
	const char *value = getenv(variable);
	char name[4096];
	int fd;

	if (!value || once(variable, seed) || strtoull(value, NULL, 0) != seed)
		return false;
	snprintf(name, sizeof(name), "%s.second", strchr(value, ':') + 1);
	fd = open(name, O_CREAT | (later ? 0 : O_EXCL) | O_WRONLY, 0600);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static uint64_t limit_ns;

/* Three of ten states, and a rare one. */
static uint32_t pairs[4];

const uint32_t *run_pairs(void) { return pairs; }

static uint32_t make_pairs(uint64_t seed)
{
	if (rng_mix(seed) % PAIR_SAMPLE)
		return 0;
	for (uint32_t i = 0; i < 3; i++)
		pairs[i] = pair_code(1, 2 + (seed / 7 + i) % 10, PAIR_IF);
	pairs[3] = pair_code(1 + seed / 256 % 40, 1, PAIR_NO_VCPU);
	return 3 + (seed % 3 == 0);
}

void run_limit_time(uint64_t ns) { limit_ns = ns; }

/* Until something ends it from outside. */
static void eat_memory(void)
{
	for (;;) {
		char *p = malloc(8 << 20);

		if (p)
			memset(p, 1, 8 << 20);
		usleep(10000);
	}
}

int run_setup(const struct scenario *s, char *error, uint64_t n)
{
	if (getenv("FAKE_SETUP")) {
		snprintf(error, n, "%s", getenv("FAKE_SETUP"));
		return -1;
	}
	scenario_hash = s->hash;
	return 0;
}

static void diverge(struct run_result *out, enum divergence_kind kind, const char *check, const char *site)
{
	struct divergence *d = &out->divergence[out->nr_recorded++];

	memset(d, 0, sizeof(*d));
	out->nr_divergences++;
	d->kind = kind;
	d->vcpu = 1;
	d->vector = DIV_NONE;
	d->time_ns = out->virtual_ns / 2;
	d->event = out->nr_events / 2;
	snprintf(d->check, sizeof(d->check), "%s", check);
	snprintf(d->site, sizeof(d->site), "%s", site);
	snprintf(d->text, sizeof(d->text), "a \"made-up\" finding of seed %" PRIu64, out->seed);
	d->nr_frames = 2;
	d->frames[0] = (uint64_t)(uintptr_t)run_one + 1;
	d->frames[1] = (uint64_t)(uintptr_t)run_setup + 1;
}

/* FAKE_BURN: "SEED:MS" of CPU time. */
static void burn(uint64_t seed)
{
	const char *value = getenv("FAKE_BURN");
	clock_t end;
	char *ms;

	if (!value || strtoull(value, &ms, 0) != seed)
		return;
	end = clock() + atoi(ms + 1) * (CLOCKS_PER_SEC / 1000);
	while (clock() < end)
		;
}

/* A signal of those that abort, by the number of bytes in the file. */
static void die_in_another_way(uint64_t seed)
{
	static const int signals[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS };
	const char *value = getenv("FAKE_EACH");
	char *file;
	int fd;

	if (!value || strtoull(value, &file, 0) != seed)
		return;
	fd = open(file + 1, O_CREAT | O_APPEND | O_WRONLY, 0600);
	if (fd < 0 || write(fd, "x", 1) != 1)
		exit(3);
	kill(getpid(), signals[(lseek(fd, 0, SEEK_END) - 1) % 7]);
}

static void die_if_told(uint64_t seed)
{
	if (listed("FAKE_CRASH", seed) || once("FAKE_ONCE", seed)) {
		fprintf(stderr, "fake: crash of seed %" PRIu64 "\n", seed);
		abort();
	}
	if (listed("FAKE_EXIT", seed))
		exit(3);
	if (listed("FAKE_EAT", seed))
		eat_memory();
	if (listed("FAKE_HANG", seed))
		for (;;)
			pause();
	burn(seed);
	if (listed("FAKE_LOOP", seed))
		for (;;)
			;
	if (listed("FAKE_KILL", seed) || once("FAKE_KILL_ONCE", seed))
		kill(getpid(), SIGKILL);
	if (once("FAKE_STOP_ONCE", seed) || not_first("FAKE_STOP_SECOND", seed, false) ||
	    not_first("FAKE_STOP_LATER", seed, true))
		kill(getpid(), SIGSTOP);
	die_in_another_way(seed);
	if (getenv("FAKE_SLEEP_US"))
		usleep(atoi(getenv("FAKE_SLEEP_US")));
}

/* Events of two checkpoints and a half. */
static void keep_events(uint64_t seed, bool other)
{
	for (uint32_t i = 0; i < watch_nr; i++) {
		uint64_t event = watch_first + i;

		events[i] = (struct digest_record){ DIGEST_EXIT, 10 * event, event % 2, (uint64_t)12 << 32 };
		if (other && event >= FIRST_OTHER_EVENT)
			events[i] = (struct digest_record){ DIGEST_ENTRY, 10 * event, event % 2,
							    0x80000030 + seed % 2 };
	}
}

/* What the run has done, if it came to its end. */
static void fill_sums(struct run_result *out, uint64_t seed, bool bug, bool less)
{
	uint64_t x = rng_mix(seed + 12345), flaky = listed("FAKE_FLAKY", seed) ? getpid() : 0;

	out->digest = rng_mix(x ^ scenario_hash) ^ flaky ^ bug ^ less;
	out->nr_events = 100 + x % 900;
	out->nr_interrupts = out->nr_events / 10;
	out->virtual_ns = 1000 * out->nr_events;
	for (uint32_t i = 0; i < 3; i++)
		checkpoints[i] = rng_mix(x + i) ^ (i ? flaky ^ bug ^ less : 0);
	keep_events(seed, bug || less);
	out->counter[RUN_COUNT_ENTRIES] = 100 - 10 * bug - less;
	out->counter[RUN_COUNT_PV_ARMED] = 7;
	out->set = 5;
	out->order = 6 + bug + less;
	out->nr_pairs = make_pairs(seed);
	out->deviations[DEV_ICR_LEVEL] = seed % 3;
}

static void choose_end(struct run_result *out, uint64_t seed)
{
	if (listed("FAKE_LIMIT", seed))
		out->end = RUN_LIMIT;
	if (listed("FAKE_FULL", seed))
		out->end = RUN_NO_MEMORY;
	if (!listed("FAKE_TRAP", seed))
		return;
	out->end = RUN_TRAPPED;
	snprintf(out->trap, sizeof(out->trap), "kvm_fake_symbol");
}

/* By chance, which the seed is, and what a test asks for. */
static void find(struct run_result *out, uint64_t seed, bool bug)
{
	uint64_t x = rng_mix(seed + 12345);

	if (bug) {
		out->end = RUN_CRASHED;
		diverge(out, DIV_HOST_BUG, "bug", "lapic.c:2927 apic_sync_pv_eoi_from_guest");
	}
	if (x % 20 == 1) {
		diverge(out, DIV_PREMATURE_EOI, "isr-premature", "");
		diverge(out, DIV_PREMATURE_EOI, "isr-premature", "");
	}
	if (listed("FAKE_OTHER", seed) && !strcmp(variant_class, "pv-eoi-unfixed")) {
		diverge(out, DIV_PREMATURE_EOI, "isr-premature", "");
		snprintf(out->divergence[out->nr_recorded - 1].text, sizeof(out->divergence[0].text),
			 "an other one, 7 times");
	}
	if (listed("FAKE_WARN", seed) || once("FAKE_WARN_ONCE", seed))
		diverge(out, DIV_HOST_WARN, "no-warn", "x86.c:99 kvm_fake");
	if (!strcmp(variant_class, "canary") && x % 100 == 7 && !getenv("FAKE_BLIND"))
		diverge(out, DIV_LOST_INTERRUPT, "irr-lost", "");
	if (listed("FAKE_LATE", seed))
		diverge(out, DIV_LOST_EOI, "isr-stuck", "");
}

void run_one(uint64_t seed, struct run_result *out, void *text)
{
	bool bug = !strcmp(variant_class, "pv-eoi-unfixed") && rng_mix(seed + 12345) % 50 == 0 &&
		   !getenv("FAKE_NO_BUG");
	bool less = !strcmp(variant_class, "pv-eoi-unfixed") && getenv("FAKE_LESS");

	die_if_told(seed);
	memset(out, 0, offsetof(struct run_result, divergence));
	out->seed = seed;
	if (listed("FAKE_SPIN", seed) && limit_ns) {
		usleep(limit_ns / 1000);
		out->end = RUN_TIMED_OUT;
		return;
	}
	fill_sums(out, seed, bug, less);
	choose_end(out, seed);
	find(out, seed, bug);
	if (text)
		fprintf(text, "0.000001 vcpu0 kvm_entry: seed %" PRIu64 "\n", seed);
}

void run_trace_states(bool on)
{
	(void)on;
}

void explain_run(uint64_t seed, struct run_result *out, struct wire_explanation *why)
{
	memset(why, 0, RUN_MAX_DIVERGENCES * sizeof(*why));
	run_one(seed, out, NULL);
	for (uint32_t i = 0; i < out->nr_recorded; i++) {
		snprintf(why[i].trail, sizeof(why[i].trail), "set-lapic > eoi");
		snprintf(why[i].stack, sizeof(why[i].stack), "%s",
			 out->divergence[i].site[0] ? "run_one < run_setup" : "");
	}
}

const uint64_t *run_checkpoints(uint32_t *nr)
{
	*nr = 3;
	return checkpoints;
}

void run_watch(uint64_t first, uint32_t nr)
{
	watch_first = first;
	watch_nr = nr;
}

const struct digest_record *run_watched(uint32_t *nr)
{
	*nr = watch_nr;
	return events;
}

uint64_t run_memory_bytes(void)
{
	return 1 << 20;
}

/* The null engine has nothing to measure, no environment to test and no mutants. */
int bench_main(const char *path, const char *overrides)
{
	(void)path;
	(void)overrides;
	return 1;
}

int bench_where_main(const char *path)
{
	(void)path;
	return 6;
}

bool selftest_wanted(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return false;
}

int selftest_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 1;
}

/* Nor a KVM to play sequences on. */
int live_engine_main(const char *first, const char *last, const char *nr_steps)
{
	(void)first;
	(void)last;
	(void)nr_steps;
	return 1;
}

bool mutant_wanted(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return false;
}

int mutant_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 1;
}
