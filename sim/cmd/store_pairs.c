/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pair states in the store.  Runs are counted to PAIR_SET_MANY only, so that after a
 * while nothing is left to write but what is rare.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"
#include "sim/cmd/store_sql.h"
#include "sim/pair_names.h"

static bool name_ops(struct store *s)
{
	for (uint32_t op = 0; op < PAIR_OPS; op++) {
		/* The last one is what was before the first operation of a run. */
		const char *name = op == PAIR_OPS - 1 ? "start" : pair_op_name(op);

		if (name && (!store_sql(s, "INSERT OR IGNORE INTO operation (name) VALUES (?)", NULL, NULL, "s", name) ||
			     !store_sql(s, "SELECT id FROM operation WHERE name = ?", store_take_int, &s->op[op], "s",
					name)))
			return false;
	}
	return true;
}

static bool name_states(struct store *s)
{
	char name[64];

	for (uint32_t i = 0; i <= PAIR_NO_VCPU; i++)
		if (!store_sql(s, "INSERT OR IGNORE INTO apic_state (name) VALUES (?)", NULL, NULL, "s",
			       pair_state_name(i, name)) ||
		    !store_sql(s, "SELECT id FROM apic_state WHERE name = ?", store_take_int, &s->state[i], "s",
			       pair_state_name(i, name)))
			return false;
	return true;
}

static int32_t position(const int64_t *ids, uint32_t nr, int64_t id)
{
	for (uint32_t i = 0; i < nr; i++)
		if (ids[i] == id)
			return (int32_t)i;
	return -1;
}

struct taking {
	struct store *s;
	struct campaign *c;
	uint32_t cell;
};

/* Of all shards into the cell; what is our own row's is what has been written. */
static void take_pair(sqlite3_stmt *q, void *arg)
{
	struct taking *t = arg;
	int32_t previous = position(t->s->op, PAIR_OPS, sqlite3_column_int64(q, 1));
	int32_t operation = position(t->s->op, PAIR_OPS, sqlite3_column_int64(q, 2));
	int32_t state = position(t->s->state, PAIR_STATES, sqlite3_column_int64(q, 3));
	uint32_t runs = (uint32_t)sqlite3_column_int64(q, 4), code;

	if (previous < 0 || operation < 0 || state < 0)
		return;
	code = pair_code((uint32_t)previous, (uint32_t)operation, (uint32_t)state);
	pair_set_add(&t->c->cells[t->cell].pair_states, code, runs);
	if (sqlite3_column_int64(q, 0) == t->s->cell[t->cell])
		pair_set_add(&t->s->written[t->cell], code, runs);
}

bool store_load_pairs(struct store *s, struct campaign *c)
{
	s->written = alloc_array(c->nr_cells + 1, sizeof(*s->written));
	s->nr_written = c->nr_cells + 1;
	if (!name_ops(s) || !name_states(s))
		return false;
	for (uint32_t i = 0; i < c->nr_cells; i++) {
		struct taking t = { s, c, i };

		if (!store_sql(s, "SELECT cell, previous, operation, state, runs FROM pair WHERE cell" STORE_SHARDS,
			       take_pair, &t, "i", s->cell[i]))
			return false;
	}
	return true;
}

bool store_write_pairs(struct store *s, uint32_t cell, const struct pair_set *pairs)
{
	struct pair_set *written = &s->written[cell];

	for (uint32_t i = 0; i < pairs->room; i++) {
		uint32_t code = pairs->slot[i].key - 1;

		if (!pairs->slot[i].key || pair_set_get(written, code) == PAIR_SET_MANY)
			continue;
		pair_set_add(written, code, pairs->slot[i].runs);
		if (!store_sql(s, "INSERT OR REPLACE INTO pair (cell, previous, operation, state, runs)"
			       " VALUES (?, ?, ?, ?, ?)", NULL, NULL, "iiiii", s->cell[cell],
			       s->op[pair_previous(code)], s->op[pair_operation(code)], s->state[pair_state(code)],
			       (int64_t)pair_set_get(written, code)))
			return false;
	}
	return true;
}

void store_forget_pairs(struct store *s)
{
	for (uint32_t i = 0; i < s->nr_written; i++)
		pair_set_free(&s->written[i]);
	free(s->written);
}
