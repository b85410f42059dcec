/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Opening the store, finding or making a campaign in it, and writing chunks.
 * Reading one back is store_load.c.
 *
 * WAL with synchronous=NORMAL: a transaction survives the death of any process;
 * the machine's may take the last ones along, whole.  They are run again.
 */
#include "sim/cmd/store.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sim/cmd/feeder.h"
#include "sim/cmd/store_schema.h"
#include "sim/cmd/store_sql.h"

#define APPLICATION_ID	0x4c415049	/* "LAPI", in the file's header */
#define SERIES_NS	10000000000ull
#define BUSY_MS		10000

/* --- Statements. */
bool store_fails(struct store *s, const char *what)
{
	if (!s->error[0])
		snprintf(s->error, sizeof(s->error), "%s: %s%s%s", s->path, what ? what : "",
			 what ? ": " : "", sqlite3_errmsg(s->db));
	return false;
}

static void bind(sqlite3_stmt *q, const char *types, va_list ap)
{
	for (int i = 1; *types; types++, i++) {
		const void *data;

		switch (*types) {
		case 'i':
			sqlite3_bind_int64(q, i, va_arg(ap, int64_t));
			break;
		case 's':
			sqlite3_bind_text(q, i, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
			break;
		default:
			data = va_arg(ap, const void *);
			sqlite3_bind_blob(q, i, data, va_arg(ap, int), SQLITE_TRANSIENT);
		}
	}
}

bool store_sql(struct store *s, const char *sql, store_row *row, void *arg, const char *types, ...)
{
	sqlite3_stmt *q;
	va_list ap;
	int ret;

	if (s->error[0])
		return false;
	if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK)
		return store_fails(s, NULL);
	va_start(ap, types);
	bind(q, types, ap);
	va_end(ap);
	while ((ret = sqlite3_step(q)) == SQLITE_ROW)
		if (row)
			row(q, arg);
	if (ret != SQLITE_DONE)
		store_fails(s, NULL);
	sqlite3_finalize(q);
	return ret == SQLITE_DONE;
}

int64_t store_id(const struct store *s)
{
	return sqlite3_last_insert_rowid(s->db);
}

static bool plain(struct store *s, const char *sql)
{
	if (s->error[0])
		return false;
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK || store_fails(s, NULL);
}

bool store_begin_write(struct store *s) { return plain(s, "BEGIN IMMEDIATE"); }
bool store_end_write(struct store *s) { return plain(s, "COMMIT"); }

void store_take_int(sqlite3_stmt *q, void *arg)
{
	*(int64_t *)arg = sqlite3_column_int64(q, 0);
}

/* --- Opening. */
static bool make_or_check(struct store *s)
{
	int64_t version = 0, id = 0, objects = 0;

	if (!plain(s, "BEGIN IMMEDIATE") || !store_sql(s, "PRAGMA user_version", store_take_int, &version, "") ||
	    !store_sql(s, "PRAGMA application_id", store_take_int, &id, "") ||
	    !store_sql(s, "SELECT count(*) FROM sqlite_master", store_take_int, &objects, ""))
		return false;
	if (!objects && !id) {
		char set[128];

		snprintf(set, sizeof(set), "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION_ID,
			 STORE_VERSION);
		return plain(s, store_schema) && plain(s, set) && plain(s, "COMMIT");
	}
	if (id != APPLICATION_ID)
		snprintf(s->error, sizeof(s->error), "%s: a database, but not a store of lapicsim", s->path);
	else if (version != STORE_VERSION)
		snprintf(s->error, sizeof(s->error),
			 "%s: a store of version %" PRId64 "; this lapicsim reads and writes version %d", s->path,
			 version, STORE_VERSION);
	else
		return plain(s, "COMMIT");
	return false;
}

static struct store *open_with(const char *path, int flags, char *error, size_t n)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->path = path;
	s->start_ns = feeder_now();
	pthread_mutex_init(&s->lock, NULL);
	if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | flags, NULL) != SQLITE_OK) {
		store_fails(s, "cannot open the store");
	} else {
		sqlite3_busy_timeout(s->db, BUSY_MS);
		if (plain(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON"))
			make_or_check(s);
	}
	if (!s->error[0])
		return s;
	snprintf(error, n, "%s", s->error);
	store_close(s);
	return NULL;
}

struct store *store_open(const char *path, char *error, size_t n)
{
	return open_with(path, SQLITE_OPEN_CREATE, error, n);
}

struct store *store_open_existing(const char *path, char *error, size_t n)
{
	return open_with(path, 0, error, n);
}

void store_close(struct store *s)
{
	if (!s)
		return;
	sqlite3_close(s->db);
	free(s->cell);
	free(s);
}

const char *store_error(const struct store *s)
{
	return s->error[0] ? s->error : NULL;
}

/* --- Campaigns. */

/* What makes two commands the same campaign. */
static char *campaign_key(const struct campaign *c)
{
	char *key = NULL;
	size_t size;
	FILE *f = open_memstream(&key, &size);

	if (!f)
		abort();
	for (uint32_t i = 0; i < c->nr_scenarios; i++)
		fprintf(f, "%s%s@%08x", i ? " " : "", c->scenarios[i].name, c->scenarios[i].hash);
	for (uint32_t i = 0; i < c->nr_variants; i++)
		fprintf(f, " --variant %s@%s", c->variants[i].name, c->variants[i].identity);
	if (c->time_ns)
		fprintf(f, " --time");
	else
		fprintf(f, " --seeds %" PRIu64 "-%" PRIu64, c->first_seed, c->last_seed);
	fprintf(f, " --flavour %s --replay-share %u --set %s", flavour_name(c->flavour), c->replay_share,
		c->overrides);
	if (fclose(f))
		abort();
	return key;
}

static char *file_text(const char *path)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = fopen(path, "re");

	if (f && getdelim(&text, &size, 0, f) < 0) {
		free(text);
		text = NULL;
	}
	if (f)
		fclose(f);
	return text ? text : strdup("");
}

static bool find_scenario(struct store *s, const struct scenario *sc, int64_t *id)
{
	char *text = file_text(sc->path);
	bool ok = store_sql(s, "INSERT OR IGNORE INTO scenario (name, hash, claim, text) VALUES (?, ?, ?, ?)", NULL,
			    NULL, "siss", sc->name, (int64_t)sc->hash, sc->claim, text) &&
		  store_sql(s, "SELECT id FROM scenario WHERE name = ? AND hash = ? AND text = ?", store_take_int, id,
			    "sis", sc->name, (int64_t)sc->hash, text);

	free(text);
	return ok;
}

static bool find_variant(struct store *s, const struct variant *v, int64_t *id)
{
	char path[3 * CMD_PATH_MAX];
	char *manifest;
	bool ok;

	snprintf(path, sizeof(path), "%s/variants/%s/manifest.json", paths_build(), v->name);
	manifest = file_text(path);
	ok = store_sql(s, "INSERT OR IGNORE INTO variant (name, identity, class, manifest) VALUES (?, ?, ?, ?)",
		       NULL, NULL, "ssss", v->name, v->identity, v->class, manifest) &&
	     store_sql(s, "SELECT id FROM variant WHERE name = ? AND identity = ? AND class = ?", store_take_int, id,
		       "sss", v->name, v->identity, v->class);
	free(manifest);
	return ok;
}

static bool find_cells(struct store *s, const struct campaign *c)
{
	s->cell = calloc(c->nr_cells, sizeof(*s->cell));
	if (!s->cell)
		abort();
	for (uint32_t i = 0; i < c->nr_cells; i++) {
		int64_t scenario = 0, variant = 0;

		if (!find_scenario(s, &c->scenarios[c->cells[i].scenario], &scenario) ||
		    !find_variant(s, &c->variants[c->cells[i].variant], &variant) ||
		    !store_sql(s, "INSERT OR IGNORE INTO cell (campaign, scenario, variant, first_seed, last_seed)"
			       " VALUES (?, ?, ?, ?, ?)", NULL, NULL, "iiiii", s->campaign, scenario, variant,
			       (int64_t)c->feed_first, (int64_t)c->feed_last) ||
		    !store_sql(s, "SELECT id FROM cell WHERE campaign = ? AND scenario = ? AND variant = ?"
			       " AND first_seed = ? AND last_seed = ?", store_take_int, &s->cell[i], "iiiii", s->campaign,
			       scenario, variant, (int64_t)c->feed_first, (int64_t)c->feed_last))
			return false;
	}
	return true;
}

static bool find_campaign(struct store *s, const struct campaign *c)
{
	char *key = campaign_key(c);
	bool ok = store_sql(s, "INSERT OR IGNORE INTO campaign (key, flavour, overrides, first_seed, last_seed,"
			    " budget_ns, replay_share, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", NULL, NULL,
			    "sssiiiii", key, flavour_name(c->flavour), c->overrides, (int64_t)c->first_seed,
			    (int64_t)c->last_seed, (int64_t)c->time_ns, (int64_t)c->replay_share,
			    (int64_t)time(NULL)) &&
		  store_sql(s, "SELECT id FROM campaign WHERE key = ?", store_take_int, &s->campaign, "s", key);

	free(key);
	return ok;
}

static bool new_session(struct store *s, const struct campaign *c)
{
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	if (!store_sql(s, "INSERT INTO session (campaign, started, host, pid, jobs) VALUES (?, ?, ?, ?, ?)", NULL,
		       NULL, "iisii", s->campaign, (int64_t)time(NULL), host, (int64_t)getpid(),
		       (int64_t)c->nr_jobs))
		return false;
	s->session = store_id(s);
	return true;
}

int store_begin(struct store *s, struct campaign *c, uint64_t *spent_ns, char *error, size_t n)
{
	if (plain(s, "BEGIN IMMEDIATE") && find_campaign(s, c) && find_cells(s, c) && store_load(s, c, spent_ns) &&
	    new_session(s, c) && plain(s, "COMMIT"))
		return 0;
	snprintf(error, n, "%s", s->error);
	return -1;
}

void store_end(struct store *s, bool finished)
{
	store_sql(s, "UPDATE session SET wall_ns = ?, finished = ? WHERE id = ?", NULL, NULL, "iii",
		  (int64_t)(feeder_now() - s->start_ns), (int64_t)finished, s->session);
}

/* --- Chunks. */
static int64_t cell_row(const struct store *s, const struct campaign *c, const struct cell *cell)
{
	return s->cell[cell - c->cells];
}

static bool write_bucket(struct store *s, int64_t cell, const struct store_bucket *b)
{
	const char *known = b->sum.known ? b->sum.known->name : "";
	int64_t id = 0;

	if (!store_sql(s, "INSERT INTO bucket (cell, kind, check_name, function, known, runs, first_seed)"
		       " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (cell, kind, check_name, function, known) DO UPDATE"
		       " SET runs = runs + excluded.runs, first_seed = min(first_seed, excluded.first_seed)", NULL,
		       NULL, "issssii", cell, divergence_key(b->sum.kind), b->sum.first.check, b->sum.function, known,
		       (int64_t)b->sum.nr_runs, (int64_t)b->sum.first_seed) ||
	    !store_sql(s, "SELECT id FROM bucket WHERE cell = ? AND kind = ? AND check_name = ? AND function = ?"
		       " AND known = ?", store_take_int, &id, "issss", cell, divergence_key(b->sum.kind),
		       b->sum.first.check, b->sum.function, known))
		return false;
	for (uint32_t i = 0; i < b->nr_kept; i++) {
		const struct divergence *d = &b->kept[i].d;

		if (!store_sql(s, "INSERT OR IGNORE INTO divergence (bucket, seed, vm, vcpu, vector, time_ns, event,"
			       " site, text, frames) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", NULL, NULL, "iiiiiiissb",
			       id, (int64_t)b->kept[i].seed, (int64_t)d->vm, (int64_t)d->vcpu, (int64_t)d->vector,
			       (int64_t)d->time_ns, (int64_t)d->event, d->site, d->text, (const void *)d->frames,
			       (int)(d->nr_frames * sizeof(d->frames[0]))))
			return false;
	}
	return store_sql(s, "DELETE FROM divergence WHERE bucket = ?1 AND seed NOT IN (SELECT seed FROM divergence"
			 " WHERE bucket = ?1 ORDER BY seed LIMIT ?2)", NULL, NULL, "ii", id, (int64_t)STORE_KEPT);
}

static bool write_sums(struct store *s, int64_t cell, const struct store_chunk *k)
{
	for (uint32_t i = 0; i < DIV_NR_KINDS; i++)
		if (k->nr_kind[i] &&
		    !store_sql(s, "INSERT INTO kind_runs (cell, kind, runs) VALUES (?, ?, ?)"
			       " ON CONFLICT (cell, kind) DO UPDATE SET runs = runs + excluded.runs", NULL, NULL,
			       "isi", cell, divergence_key(i), (int64_t)k->nr_kind[i]))
			return false;
	for (uint32_t i = 0; i < DEV_NR; i++)
		if (k->nr_using[i] &&
		    !store_sql(s, "INSERT INTO deviation (cell, name, uses, runs) VALUES (?, ?, ?, ?)"
			       " ON CONFLICT (cell, name) DO UPDATE SET uses = uses + excluded.uses,"
			       " runs = runs + excluded.runs", NULL, NULL, "isii", cell, deviation_row(i)->name,
			       (int64_t)k->nr_used[i], (int64_t)k->nr_using[i]))
			return false;
	return true;
}

static void take_successor(sqlite3_stmt *q, void *arg)
{
	struct store *s = arg;

	snprintf(s->error, sizeof(s->error), "%s: process %lld on %s works on the same campaign and came later", s->path,
		 (long long)sqlite3_column_int64(q, 0), sqlite3_column_text(q, 1));
}

/*
 * A batch system may start a task anew while the old one, on a machine that was
 * taken for dead, still runs.  The new one does not know what the old one has in
 * progress, and runs it again: the old one must not write it any more.
 */
static bool still_ours(struct store *s)
{
	return store_sql(s, "SELECT pid, host FROM session WHERE id > ? AND campaign = ? LIMIT 1", take_successor, s,
			 "ii", s->session, s->campaign) && !s->error[0];
}

static bool write_chunk(struct store *s, int64_t cell, const struct store_chunk *k)
{
	if (!plain(s, "BEGIN IMMEDIATE") || !still_ours(s) ||
	    !store_sql(s, "INSERT INTO range (cell, first, count, session, events, interrupts, virtual_ns, digest,"
		       " divergent, repeated, complete, limited, first_limited, crashed, hung, trapped, wall_ns)"
		       " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", NULL, NULL, "iiiiiiiiiiiiiiiii",
		       cell, (int64_t)k->first, (int64_t)k->count, s->session, (int64_t)k->nr_events,
		       (int64_t)k->nr_interrupts, (int64_t)k->virtual_ns, (int64_t)k->digest,
		       (int64_t)k->nr_divergent, (int64_t)k->nr_repeated, (int64_t)k->nr_ends[RUN_COMPLETE],
		       (int64_t)k->nr_ends[RUN_LIMIT], (int64_t)k->first_limit, (int64_t)k->nr_ends[RUN_CRASHED],
		       (int64_t)k->nr_ends[RUN_HUNG], (int64_t)k->nr_ends[RUN_TRAPPED], (int64_t)k->wall_ns) ||
	    !write_sums(s, cell, k))
		return false;
	for (uint32_t i = 0; i < k->nr_buckets; i++)
		if (!write_bucket(s, cell, &k->buckets[i]))
			return false;
	return store_sql(s, "UPDATE session SET wall_ns = ? WHERE id = ?", NULL, NULL, "ii",
			 (int64_t)(feeder_now() - s->start_ns), s->session) && plain(s, "COMMIT");
}

bool store_commit(struct store *s, const struct campaign *c, const struct cell *cell, struct store_chunk *k)
{
	bool ok;

	if (!k->count)
		return true;
	pthread_mutex_lock(&s->lock);
	ok = write_chunk(s, cell_row(s, c, cell), k);
	if (!ok)
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	pthread_mutex_unlock(&s->lock);
	return ok;
}

bool store_fail(struct store *s, const struct campaign *c, const struct cell *cell, enum failure_kind kind,
		uint64_t seed, const char *text)
{
	bool ok;

	pthread_mutex_lock(&s->lock);
	ok = store_sql(s, "INSERT OR REPLACE INTO failure (cell, seed, kind, text) VALUES (?, ?, ?, ?)", NULL, NULL,
		       "iiss", cell_row(s, c, cell), (int64_t)seed, failure_key(kind), text);
	pthread_mutex_unlock(&s->lock);
	return ok;
}

void store_progress(struct store *s, const struct campaign *c)
{
	uint64_t now = feeder_now() - s->start_ns;
	int64_t buckets = 0;

	if (now - s->series_ns < SERIES_NS && s->series_ns)
		return;
	s->series_ns = now;
	for (uint32_t i = 0; i < c->nr_cells; i++)
		buckets += c->cells[i].nr_buckets;
	pthread_mutex_lock(&s->lock);
	store_sql(s, "INSERT OR IGNORE INTO series (session, wall_ns, runs, events, divergent, buckets)"
		  " VALUES (?, ?, ?, ?, ?, ?)", NULL, NULL, "iiiiii", s->session, (int64_t)now, (int64_t)c->nr_runs,
		  (int64_t)c->nr_events, (int64_t)c->nr_divergent, buckets);
	pthread_mutex_unlock(&s->lock);
}
