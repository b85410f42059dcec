/* SPDX-License-Identifier: GPL-2.0-only */
/* See repeat.h. */
#include "sim/cmd/repeat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"
#include "sim/cmd/log.h"
#include "sim/digest.h"

void repeat_remember(struct repeat *p, const struct run_result *r)
{
	p->seeds = alloc_grow(p->seeds, p->nr, sizeof(*p->seeds));
	p->seeds[p->nr++] = (struct repeat_seed){ r->seed, r->digest, r->nr_events };
}

void repeat_spec(const struct campaign *c, const struct cell *cell, struct runner_spec *spec)
{
	*spec = (struct runner_spec){
		.program = c->variants[cell->variant].program,
		.scenario = c->scenarios[cell->scenario].path,
		.overrides = campaign_overrides(c, cell),
		.timeout_ns = c->worker_timeout_ns,
		.run_time_ns = c->run_time_ns,
		.memory = c->run_memory,
		.stderr_fd = -1,
	};
}

/* One run in @r, with its checkpoints; the number of them, or -1. */
static int32_t checkpoints_of(struct runner *r, uint64_t seed, uint64_t *values, struct run_result *result)
{
	if (!r->pid)
		return -1;
	runner_ask(r, "run 0x%llx 1", (unsigned long long)seed);
	if (runner_read_run(r, result))
		return -1;
	return runner_checkpoints(r, values, DIGEST_MAX_CHECKPOINTS);
}

/* Between which events do two processes part on @seed? Both run it once more. */
static void first_difference(struct repeat *p, struct runner *first, uint64_t seed, char *buf, size_t n)
{
	uint64_t *a = alloc_array(2 * DIGEST_MAX_CHECKPOINTS, sizeof(*a)), *b;
	int32_t nr_a, nr_b;
	uint64_t digest;
	int32_t i = 0;

	b = a + DIGEST_MAX_CHECKPOINTS;
	nr_a = checkpoints_of(first, seed, a, &p->result);
	digest = p->result.digest;
	nr_b = nr_a < 0 ? -1 : checkpoints_of(&p->runner, seed, b, &p->result);
	if (nr_b < 0) {
		snprintf(buf, n, "; no checkpoints to compare");
	} else if (digest == p->result.digest) {
		snprintf(buf, n, "; run once more they agree");
	} else {
		while (i < nr_a && i < nr_b && a[i] == b[i])
			i++;
		snprintf(buf, n, "; first difference in events %u to %u", i * DIGEST_CHECKPOINT_EVENTS,
			 (i + 1) * DIGEST_CHECKPOINT_EVENTS - 1);
	}
	free(a);
}

static void compare(struct repeat *p, struct campaign *c, struct cell *cell, struct runner *first,
		    const struct repeat_seed *s)
{
	uint64_t digest = p->result.digest, nr_events = p->result.nr_events;
	char token[TOKEN_MAX_BYTES], where[96];

	pthread_mutex_lock(&c->lock);
	cell->nr_repeated++;
	pthread_mutex_unlock(&c->lock);
	if (digest == s->digest && nr_events == s->nr_events)
		return;
	first_difference(p, first, s->seed, where, sizeof(where));
	campaign_token(c, cell, s->seed, token, sizeof(token));
	log_line("NOT REPEATABLE: %s", token);
	campaign_fail(c, cell, FAILURE_DIFFERS, s->seed, "0x%016llx, then 0x%016llx%s",
		      (unsigned long long)s->digest, (unsigned long long)digest, where);
}

static bool have_runner(struct repeat *p, struct campaign *c, struct cell *cell)
{
	struct runner_spec spec;

	if (p->runner.pid)
		return true;
	runner_stop(&p->runner);
	repeat_spec(c, cell, &spec);
	if (!runner_start(&p->runner, &spec))
		return true;
	campaign_fail(c, cell, FAILURE_SETUP, 0, "%s", p->runner.error);
	return false;
}

/* What gave no answer may have been stopped, or its machine: once more, and it was the run. */
static bool hung(struct campaign *c, struct cell *cell, uint64_t seed, bool before)
{
	if (before)
		campaign_fail(c, cell, FAILURE_UNSTEADY, seed, "hung when it ran again, twice");
	else
		log_line("a worker gave no answer; its comparison is made again");
	return !before;
}

uint64_t repeat_run(struct repeat *p, struct campaign *c, struct cell *cell, struct runner *first)
{
	uint64_t nr = 0, hung_on = p->nr;
	char how[128];

	for (uint32_t i = 0; i < p->nr && have_runner(p, c, cell); i++) {
		runner_ask(&p->runner, "run 0x%llx 1", (unsigned long long)p->seeds[i].seed);
		switch (runner_read_run(&p->runner, &p->result)) {
		case RUNNER_OK:
			compare(p, c, cell, first, &p->seeds[i]);
			nr++;
			continue;
		case RUNNER_MEMORY:
			campaign_fail(c, cell, FAILURE_MEMORY, p->seeds[i].seed, "when it ran again");
			continue;
		case RUNNER_HUNG:
			if (hung(c, cell, p->seeds[i].seed, hung_on == i))
				hung_on = i--;
			continue;
		case RUNNER_ERROR:
			campaign_fail(c, cell, FAILURE_UNSTEADY, p->seeds[i].seed, "run again: %s",
				      p->runner.error);
			continue;
		case RUNNER_DIED:
			runner_end_text(&p->runner, RUNNER_DIED, how, sizeof(how));
			if (runner_killed_from_outside(&p->runner))
				log_line("a worker %s; its comparison is left out", how);
			else
				campaign_fail(c, cell, FAILURE_UNSTEADY, p->seeds[i].seed,
					      "run again, the worker %s", how);
		}
	}
	p->nr = 0;
	return nr;
}

void repeat_stop(struct repeat *p)
{
	runner_stop(&p->runner);
	free(p->seeds);
	p->seeds = NULL;
	p->nr = 0;
}
