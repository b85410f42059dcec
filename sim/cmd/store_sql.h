/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the store share: the connection, its statements, and one way
 * to run a statement.  Private to sim/cmd/store*.c.
 */
#ifndef LAPICSIM_STORE_SQL_H
#define LAPICSIM_STORE_SQL_H

#include <pthread.h>
#include <sqlite3.h>

#include "sim/cmd/store.h"
#include "sim/pair_names.h"

struct store_statement {
	const char *sql;		/* by its address */
	sqlite3_stmt *q;
};

struct store {
	sqlite3 *db;
	const char *path;		/* as it was given */
	char *file;			/* for SQLite, to which ":memory:" and "file:..." are something else */
	bool lost;			/* the file is no longer there, or another one */
	int64_t campaign, session;
	struct pair_set *written;	/* pair states that each cell's own row has */
	uint32_t nr_written;
	int64_t op[PAIR_OPS], state[PAIR_STATES]; /* rows of operation and apic_state; 0: none */
	int64_t *cell;			/* row of each cell of the campaign */
	uint64_t start_ns, series_ns;	/* of this session; of the last point of its series */
	pthread_mutex_t lock;		/* one transaction at a time */
	struct store_statement *statements;
	uint32_t nr_statements;
	char error[512];		/* the first that went wrong; then nothing is written any more */
};

/*
 * Runs one statement, a literal: @types says what follows, per parameter: 'i' int64_t, 'd' double, 's'
 * const char *, 'b' const void * and int.  The rows are handed to @row, which may
 * be NULL.  False, with store->error set, if it fails.
 */
typedef void store_row(sqlite3_stmt *q, void *arg);
bool store_sql(struct store *s, const char *sql, store_row *row, void *arg, const char *types, ...);
/* For one number: @arg is an int64_t. */
store_row store_take_int;
/* A column's text; "" for NULL, which no column of ours has, but a file may. */
const char *store_text(sqlite3_stmt *q, int column);
/* The row id of the last INSERT. */
int64_t store_id(const struct store *s);
/* One that runs once or has no parameters; it is not kept. */
bool store_exec(struct store *s, const char *sql);
bool store_fails(struct store *s, const char *what);
/* False, with store->error set: what is written goes to a file that has no name any more. */
bool store_still_there(struct store *s);

/* store_load.c: what the store has of the campaign, into its cells. */
bool store_load(struct store *s, struct campaign *c, uint64_t *spent_ns);
/* All rows of a cell's scenario and variant: shards that were merged have one each. */
#define STORE_SHARDS \
	" IN (SELECT b.id FROM cell a JOIN cell b ON b.campaign = a.campaign AND b.scenario = a.scenario" \
	" AND b.variant = a.variant AND b.canary = a.canary WHERE a.id = ?)"
/* store_pairs.c */
bool store_load_pairs(struct store *s, struct campaign *c);
bool store_write_pairs(struct store *s, uint32_t cell, const struct pair_set *pairs);
void store_forget_pairs(struct store *s);
/* store_sure.c: what other campaigns show on the same scenarios. */
bool store_load_elsewhere(struct store *s, struct campaign *c);
/* The row of @cell. */
static inline int64_t store_cell(const struct store *s, const struct campaign *c, const struct cell *cell)
{
	return s->cell[cell - c->cells];
}

#endif
