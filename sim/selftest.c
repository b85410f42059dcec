// SPDX-License-Identifier: GPL-2.0-only
/*
 * See selftest.h.  A test is run from many seeds on the real scheduler, with the
 * policy `random` and a delay at every second scheduling point, each time from the
 * same snapshot.  Every run must end as the test's entry says; and what the entry
 * wants to be seen must be seen in some run, or the test has proved nothing.
 *
 * LAPICSIM_SELFTEST_SEEDS in the environment changes the number of seeds.
 */
#include "sim/selftest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kvm/selftest/selftest.h"
#include "sim/crash.h"
#include "sim/host.h"
#include "sim/machine.h"
#include "sim/policy/policy.h"
#include "sim/scheduler.h"
#include "sim/snapshot.h"

#define NR_SEEDS	200u
#define NR_SEEDS_CRASH	40u	/* a crash has a stack to unwind, and ends as early as it can */
#define NR_TASKS	(KW_SELFTEST_MAX_ROLES + 1)
#define ARENA_BYTES	(32ull << 20)
#define MAX_EVENTS	200000u
#define DELAY_NS	60u
#define USER_BYTES	(KW_SELFTEST_USER_PAGES * MACHINE_PAGE)

static uint8_t prot[KW_SELFTEST_USER_PAGES];
static uint32_t nr_warns;
static char last_warn[128];

/* Of the run in progress. */
static const struct kw_selftest *test;
static enum sched_end ended;
static char graph[512];

void hs_selftest_busy(uint64_t ns)
{
	crash_heartbeat++;
	sched_advance_interruptible(ns);
}

static void on_warn(struct divergence *d)
{
	nr_warns++;
	snprintf(last_warn, sizeof(last_warn), "%s", d->site);
}

/* --- Once. */
static int boot_failed;

static void boot(void)
{
	struct kw_config config = {
		.version = KW_BOUNDARY_VERSION, .nr_cpus = NR_TASKS,
		.arena_base = MACHINE_ARENA_BASE, .arena_bytes = ARENA_BYTES,
		.user_base = MACHINE_USER_BASE, .user_bytes = USER_BYTES,
		.user_prot = prot,
	};
	char name[16];

	boot_failed = kw_boot(&config);
	for (uint32_t tid = 1; tid < NR_TASKS && !boot_failed; tid++) {
		snprintf(name, sizeof(name), "task%u", tid);
		boot_failed = kw_task_create(tid, name, 0);
	}
}

static int set_up(void)
{
	const struct crash *c;

	/* What sim/host.c asks the machine: nobody but roles, and how long a time slice is. */
	machine.nr_tasks = machine.devices_tid = NR_TASKS;
	machine.scenario.delay_ns = DELAY_NS;
	memset(prot, KW_USER_RW, sizeof(prot));
	if (mmap((void *)MACHINE_USER_BASE, USER_BYTES, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED ||
	    snapshot_map(MACHINE_ARENA_BASE, ARENA_BYTES) || crash_init(on_warn))
		return -1;
	c = crash_protect(boot);
	if (c->kind != CRASH_NONE || boot_failed) {
		fprintf(stderr, "runner: starting KVM: %s: %s (%d)\n", c->site, c->text, boot_failed);
		return -1;
	}
	if (sched_init(NR_TASKS))
		return -1;
	host_init();
	if (snapshot_add_region(__start_kw_data, __stop_kw_data - __start_kw_data) ||
	    snapshot_add_region((void *)MACHINE_USER_BASE, USER_BYTES) || snapshot_take(kw_arena_used()))
		return -1;
	return 0;
}

/* --- One run. */
static void role_body(struct actor *self)
{
	test->role(self->id - 1);
}

static void start(uint64_t seed)
{
	struct policy_params params = { .one_in = 2, .delay_ns = DELAY_NS };
	char name[16];

	memset(prot, KW_USER_RW, sizeof(prot));
	nr_warns = 0;
	policy_set_params(&params);
	sched_reset(seed, policy_find("random"));
	host_phase = HOST_BUILD;
	kw_once_clear();
	kw_selftest_seed = seed;
	kw_task_switch(MACHINE_KWORKER_TID);
	if (test->setup)
		test->setup();
	host_start(seed, UINT64_MAX);
	for (uint32_t i = 1; i <= test->nr_roles; i++) {
		snprintf(name, sizeof(name), "task%u", i);
		sched_spawn(i, ACTOR_USER, name, 0, role_body, NULL);
	}
}

static bool all_done(void)
{
	for (uint32_t i = 1; i <= test->nr_roles; i++)
		if (sched_actor(i)->state != ACTOR_DONE)
			return false;
	return true;
}

static void race(void)
{
	struct sched_limits limits = { .end_ns = UINT64_MAX, .max_events = MAX_EVENTS };

	ended = sched_run(&limits);
	graph[0] = '\0';
	if (!all_done())
		kw_wait_graph(graph, sizeof(graph));
	else if (test->finish) {
		kw_task_switch(MACHINE_KWORKER_TID);
		test->finish();
	}
}

/* --- What came of it. */
static bool says_all(const char *text, char *why, size_t n)
{
	char words[256], *word, *rest;

	snprintf(words, sizeof(words), "%s", test->says ? test->says : "");
	for (word = strtok_r(words, "|", &rest); word; word = strtok_r(NULL, "|", &rest)) {
		if (strstr(text, word))
			continue;
		snprintf(why, n, "does not say \"%s\": %s", word, text);
		return false;
	}
	return true;
}

static bool ends_as_expected(const struct crash *c, char *why, size_t n)
{
	static const enum crash_kind kinds[] = {
		[KW_SELFTEST_PASSES] = CRASH_NONE, [KW_SELFTEST_STUCK] = CRASH_NONE,
		[KW_SELFTEST_DEADLOCK] = CRASH_DEADLOCK, [KW_SELFTEST_FAULT] = CRASH_FAULT,
		[KW_SELFTEST_BUG] = CRASH_BUG,
	};
	const char *failure = kw_selftest_failure();
	char text[512];

	if (failure) {
		snprintf(why, n, "%s", failure);
		return false;
	}
	if (c->kind != kinds[test->end]) {
		snprintf(why, n, "%s%s%s", c->kind ? c->site : "went on", c->kind ? ": " : "", c->text);
		return false;
	}
	if (c->kind != CRASH_NONE) {
		snprintf(text, sizeof(text), "%s: %s", c->site, c->text);
		return says_all(text, why, n);
	}
	if (ended == SCHED_EVENTS) {
		snprintf(why, n, "no end after %u events", MAX_EVENTS);
		return false;
	}
	if (all_done() != (test->end == KW_SELFTEST_PASSES)) {
		snprintf(why, n, "%s: %s", all_done() ? "all tasks came to an end" : "stuck",
			 graph[0] ? graph : "nobody waits for a lock");
		return false;
	}
	return test->end == KW_SELFTEST_PASSES || says_all(graph, why, n);
}

static bool run_seed(uint64_t seed, char *why, size_t n)
{
	const struct crash *c;
	bool good;

	start(seed);
	c = crash_protect(race);
	good = ends_as_expected(c, why, n);
	if (good && nr_warns != test->nr_warns) {
		snprintf(why, n, "%u WARNs and not %u; the last: %s", nr_warns, test->nr_warns, last_warn);
		good = false;
	}
	if (c->kind != CRASH_NONE) {
		sched_abandon();
		snapshot_distrust();
	}
	return good;
}

/* --- All of them. */
static bool run_test(char *why, size_t n)
{
	const char *env = getenv("LAPICSIM_SELFTEST_SEEDS");
	uint64_t nr = env ? strtoull(env, NULL, 0) : 0, seen = 0;
	char what[600];

	if (!nr)
		nr = test->end == KW_SELFTEST_PASSES ? NR_SEEDS : NR_SEEDS_CRASH;
	for (uint64_t seed = 0; seed < nr; seed++) {
		bool good = run_seed(seed, what, sizeof(what));

		seen |= kw_selftest_seen;
		snapshot_restore();
		if (!good) {
			snprintf(why, n, "seed %" PRIu64 ": %s", seed, what);
			return false;
		}
	}
	if (test->must_see & ~seen) {
		snprintf(why, n, "proved nothing: saw 0x%" PRIx64 " of 0x%" PRIx64 " in %" PRIu64 " seeds", seen,
			 test->must_see, nr);
		return false;
	}
	return true;
}

bool selftest_wanted(int argc, char **argv)
{
	return argc > 1 && !strcmp(argv[1], "--self-test");
}

static bool selected(const char *name, int argc, char **argv)
{
	return argc < 3 || strstr(name, argv[2]);
}

int selftest_main(int argc, char **argv)
{
	uint32_t nr = 0, nr_passed = 0;
	char why[700];

	if (set_up()) {
		fprintf(stderr, "runner: cannot set up the self-test\n");
		return 6;
	}
	for (uint32_t i = 0; kw_selftest_nth(i); i++)
		nr += selected(kw_selftest_nth(i)->name, argc, argv);
	printf("1..%u\n", nr);
	nr = 0;
	for (uint32_t i = 0; (test = kw_selftest_nth(i)); i++) {
		bool good;

		if (!selected(test->name, argc, argv))
			continue;
		good = run_test(why, sizeof(why));
		nr_passed += good;
		printf("%sok %u - %s\n", good ? "" : "not ", ++nr, test->name);
		if (!good)
			printf("# %s\n", why);
		fflush(stdout);
	}
	printf("%u passed, %u failed\n", nr_passed, nr - nr_passed);
	return nr_passed == nr && nr ? 0 : 1;
}
