/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The digest: a running chain over everything that happened in a run, with
 * checkpoints.  Two runs that should agree and don't are compared checkpoint by
 * checkpoint, then event by event, to the first that differs.
 *
 * Only numbers that the determinism contract allows go in: no addresses.
 *
 * A watch keeps the events of a window as they are, so that two runs can be
 * compared event by event without a store of all of them.
 */
#ifndef LAPICSIM_DIGEST_H
#define LAPICSIM_DIGEST_H

#include <stdint.h>

#include "sim/rng.h"

#define DIGEST_CHECKPOINT_EVENTS 1024u
#define DIGEST_MAX_CHECKPOINTS	 4096u

/* Events of the chain: what, then its arguments. Append only. */
enum digest_event {
	DIGEST_NONE,
	DIGEST_ENTRY,		/* vCPU, interruption information */
	DIGEST_EXIT,		/* vCPU, reason | qualification */
	DIGEST_GUEST,		/* vCPU, guest operation */
	DIGEST_MESSAGE,		/* sender, address and data */
	DIGEST_IOCTL,		/* task, request and result */
	DIGEST_MEMORY,		/* page, new state */
	DIGEST_POINT,		/* task, delay */
	DIGEST_IRQ,		/* CPU, pending mask */
	DIGEST_DIVERGENCE,	/* kind, vCPU and vector */
	DIGEST_END,		/* how the run ended */
	DIGEST_MIX,		/* a row of the swarm mix: its new value, its old one */
	DIGEST_INIT,		/* vCPU; INIT taken, or start page | 0x100 */
};

struct digest_record {
	uint64_t what, now_ns, a, b;		/* the arguments of digest_add() */
};

struct digest_watch {
	uint64_t first;				/* the event that the window begins with; the chain's first is 0 */
	uint32_t nr, room;			/* in @record */
	struct digest_record *record;		/* NULL: none is kept */
	void (*seen)(uint64_t event, const struct digest_record *r); /* NULL, or called with each event of the window */
};

struct digest {
	uint64_t unfolded;			/* see digest_value() */
	uint64_t left;				/* events until there is more to do than to add */
	uint64_t due;				/* number of the event at which that is */
	struct digest_watch *watch;		/* NULL: none; set it before digest_reset() */
	/* NULL, or called after each event; set it before digest_reset(). */
	void (*each)(enum digest_event what, uint64_t a, uint64_t b);
	uint32_t nr_checkpoints;
	uint64_t checkpoint[DIGEST_MAX_CHECKPOINTS]; /* value after each 1,024 events; the last slot is reused */
};

static inline uint64_t digest_fold(uint64_t x)
{
	return x ^ (x >> 32);
}

/*
 * The chain so far.  Each event begins with a fold and ends with one.  Two folds of the same
 * are none, and a fold of a sum (xor) is the sum of folds: so the first is left to what the
 * event adds, and the last to who asks.
 */
static inline uint64_t digest_value(const struct digest *d)
{
	return digest_fold(d->unfolded);
}

void digest_reset(struct digest *d);
/* Slow path of digest_add(), with its arguments. */
void digest_due(struct digest *d, uint64_t what, uint64_t now_ns, uint64_t a, uint64_t b);
/* Events so far. */
static inline uint64_t digest_nr(const struct digest *d)
{
	return d->due - d->left;
}

/*
 * How many events, from the first on, @a and @b are known to have in common; a
 * multiple of DIGEST_CHECKPOINT_EVENTS, or all of them if the two are equal.
 */
uint64_t digest_nr_common(const struct digest *a, const struct digest *b);

static inline void digest_add(struct digest *d, enum digest_event what, uint64_t now_ns, uint64_t a,
			      uint64_t b)
{
	uint64_t x = d->unfolded ^ digest_fold(now_ns + ((uint64_t)what << 56));

	x = x * 0x9fb21c651e98df25ull + a;
	d->unfolded = (x ^ (x >> 29)) * 0xd6e8feb86659fd93ull + b;
	if (__builtin_expect(!--d->left, 0))
		digest_due(d, what, now_ns, a, b);
}

#endif
