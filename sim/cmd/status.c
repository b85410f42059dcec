/* SPDX-License-Identifier: GPL-2.0-only */
/* See status.h. */
#include "sim/cmd/status.h"

#include "sim/cmd/feeder.h"
#include "sim/cmd/monotonic.h"
#include "sim/cmd/runner_process.h"

static void find_slowest(struct status *s, const struct campaign *c)
{
	s->slowest = UINT32_MAX;
	for (uint32_t i = 0; i < c->nr_scenarios; i++) {
		uint64_t cost = feeder_run_cost(c, i);

		if (cost <= s->slowest_ns)
			continue;
		s->slowest_ns = cost;
		s->slowest = i;
	}
}

void status_take(struct status *s, struct campaign *c)
{
	*s = (struct status){ .wall_ns = monotonic_ns() - c->start_ns, .nr_workers = runner_nr_alive() };
	pthread_mutex_lock(&c->lock);
	s->nr_runs = c->nr_runs;
	s->nr_events = c->nr_events;
	s->nr_divergent = c->nr_divergent;
	s->virtual_ns = c->virtual_ns;
	for (uint32_t i = 0; i < c->nr_cells; i++)
		s->nr_buckets += c->cells[i].nr_buckets;
	s->last_bucket_ns = c->last_bucket_ns ? c->last_bucket_ns - c->start_ns : 0;
	find_slowest(s, c);
	pthread_mutex_unlock(&c->lock);
}
