/* SPDX-License-Identifier: GPL-2.0-only */
/* See first_event.h. */
#include "sim/cmd/first_event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"
#include "sim/cmd/repeat.h"
#include "sim/cmd/runner_process.h"

/* One of the two, and what it said. */
struct half {
	struct runner runner;
	struct run_result result;
	uint64_t checkpoint[DIGEST_MAX_CHECKPOINTS];
	int32_t nr_checkpoints;
	struct digest_record event[DIGEST_CHECKPOINT_EVENTS];
	int32_t nr_events;
};

static int run(struct half *h, const struct campaign *c, const struct cell *cell, uint64_t seed)
{
	struct runner_spec spec;

	repeat_spec(c, cell, &spec);
	if (runner_start(&h->runner, &spec))
		return -1;
	runner_ask(&h->runner, "run 0x%llx 1", (unsigned long long)seed);
	if (runner_read_run(&h->runner, &h->result))
		return -1;
	h->nr_checkpoints = runner_checkpoints(&h->runner, h->checkpoint, DIGEST_MAX_CHECKPOINTS);
	return h->nr_checkpoints < 0 ? -1 : 0;
}

static int read_events(struct half *h, uint64_t seed, uint64_t first)
{
	h->nr_events = runner_events(&h->runner, seed, first, h->event, DIGEST_CHECKPOINT_EVENTS);
	return h->nr_events < 0 ? -1 : 0;
}

/* The last slot of the checkpoints may stand for a later event than its number says: begin before it. */
static uint64_t nr_common(const struct half *a, const struct half *b)
{
	int32_t nr = a->nr_checkpoints < b->nr_checkpoints ? a->nr_checkpoints : b->nr_checkpoints, i = 0;

	while (i < nr && i < (int32_t)DIGEST_MAX_CHECKPOINTS - 1 && a->checkpoint[i] == b->checkpoint[i])
		i++;
	return (uint64_t)i * DIGEST_CHECKPOINT_EVENTS;
}

/* True if they part in this window, or one of them ends in it. */
static bool compare(const struct half *a, const struct half *b, uint64_t first, struct first_event *out)
{
	int32_t i = 0;

	while (i < a->nr_events && i < b->nr_events && !memcmp(&a->event[i], &b->event[i], sizeof(a->event[i])))
		i++;
	if (i == (int32_t)DIGEST_CHECKPOINT_EVENTS)
		return false;
	out->event = first + i;
	out->base_ends = i == a->nr_events;
	out->other_ends = i == b->nr_events;
	if (!out->base_ends)
		out->base = a->event[i];
	if (!out->other_ends)
		out->other = b->event[i];
	return true;
}

static int find(struct half *a, struct half *b, uint64_t seed, struct first_event *out, char *error, size_t n)
{
	uint64_t first = nr_common(a, b);

	for (;; first += DIGEST_CHECKPOINT_EVENTS) {
		if (read_events(a, seed, first) || read_events(b, seed, first)) {
			snprintf(error, n, "a runner does not say what the events were");
			return -1;
		}
		if (compare(a, b, first, out))
			break;
	}
	if (out->base_ends && out->other_ends) {
		snprintf(error, n, "run once more they agree");
		return -1;
	}
	return 0;
}

int first_event_find(const struct campaign *c, const struct cell *base, const struct cell *other, uint64_t seed,
		     struct first_event *out, char *error, size_t n)
{
	struct half *h = alloc_array(2, sizeof(*h));
	int err = -1;

	memset(out, 0, sizeof(*out));
	runner_init(&h[0].runner);
	runner_init(&h[1].runner);
	if (run(&h[0], c, base, seed) || run(&h[1], c, other, seed))
		snprintf(error, n, "a runner did not run it again");
	else
		err = find(&h[0], &h[1], seed, out, error, n);
	runner_stop(&h[0].runner);
	runner_stop(&h[1].runner);
	free(h);
	return err;
}
