/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A campaign whose first variant is the base, seen as pairs: the runs of one seed
 * on the base and on another variant.
 *
 * Computes; runs nothing and prints nothing (report_compare.c, first_event.c,
 * touched.c do).  Wants campaign_sort() and cells with pairs.
 */
#ifndef LAPICSIM_COMPARISON_H
#define LAPICSIM_COMPARISON_H

#include "sim/cmd/campaign.h"

/* Below this p-value a difference is taken for one. */
#define COMPARISON_ALPHA 0.01

enum comparison_class {
	COMPARISON_NONE,		/* neither shows it, or no run of the variant tells */
	COMPARISON_STILL,		/* both, as often as chance allows */
	COMPARISON_FIXED,		/* the base only */
	COMPARISON_CHANGED,		/* both, and not equally often */
	COMPARISON_NEW,			/* the variant only */
};

/* A bucket on one variant, over the scenarios that show it on any. */
struct comparison_side {
	uint64_t nr_hits, nr_runs;	/* runs that show it or came to their end */
	double low, high;		/* of the rate: Wilson, 95 % */
	bool has_median;		/* of runs to first sight */
	uint64_t median;
	const struct cell *first;	/* that shows it, or NULL; and its bucket there */
	const struct bucket *bucket;
	bool explained;			/* known, or expected by the scenario, wherever it shows it */
};

/* Against the base. */
struct comparison_pair {
	uint64_t nr_pairs, only_base, only_variant;	/* of which both runs tell */
	double p;
	enum comparison_class class;
	bool sure;			/* p is below COMPARISON_ALPHA, or the variant shows what nobody has explained */
};

struct comparison_row {
	const struct bucket *name;	/* one of its buckets */
	struct comparison_side *side;	/* per variant */
	struct comparison_pair *pair;	/* per variant; that of the base is not used */
};

/* What runs do: rows beyond the counters. */
enum comparison_counter { COMPARISON_EVENTS = RUN_NR_COUNTERS, COMPARISON_INTERRUPTS, COMPARISON_NR_COUNTERS };

struct comparison_count {
	uint64_t base, variant;		/* sums */
	uint64_t less, more;		/* runs of the variant with less, or more, than that of the base */
	double p;			/* sign test */
};

/* A variant against the base, where no divergence is meant. */
struct comparison_behaviour {
	uint64_t nr_pairs;		/* runs of a seed on both */
	uint64_t nr_differ;		/* of them, with another digest */
	uint64_t nr_cut;		/* a run of the pair did not come to its end: left out below */
	uint64_t nr_order, nr_set;	/* same interrupts in another order; other interrupts */
	struct comparison_count count[COMPARISON_NR_COUNTERS];
	const struct cell *differs;	/* the first pair that does: the variant's cell, or NULL */
	uint64_t seed;
};

struct comparison {
	const struct campaign *c;
	struct comparison_row *row;
	uint32_t nr_rows;
	struct comparison_behaviour *behaviour;	/* per variant; that of the base is not used */
	uint64_t *nr_class;		/* per variant, COMPARISON_NEW + 1 each; those that are sure */
};

void comparison_make(struct comparison *x, const struct campaign *c);
uint64_t comparison_nr(const struct comparison *x, uint32_t variant, enum comparison_class class);
const char *comparison_class_name(enum comparison_class class);	/* "still there" */
const char *comparison_counter_key(uint32_t counter);		/* "pv-armed" */
const char *comparison_counter_text(uint32_t counter);		/* "PV EOIs that ..." */
/* The most serious one that is new and sure, and where; NULL: none. */
const struct comparison_row *comparison_worst(const struct comparison *x, uint32_t *variant);

#endif
