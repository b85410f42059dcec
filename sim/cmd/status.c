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

static void count_buckets(struct status *s, const struct campaign *c, const struct cell *cell)
{
	s->nr_buckets += cell->nr_buckets;
	for (uint32_t i = 0; i < cell->nr_buckets; i++) {
		if (!campaign_is_new(c, cell, &cell->buckets[i]))
			s->nr_known++;
		else if (!cell->buckets[i].follows)
			s->nr_new++;
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
		count_buckets(s, c, &c->cells[i]);
	s->last_bucket_ns = c->last_bucket_ns ? c->last_bucket_ns - c->start_ns : 0;
	s->last_new_ns = c->last_new_ns ? c->last_new_ns - c->start_ns : 0;
	find_slowest(s, c);
	pthread_mutex_unlock(&c->lock);
}
