/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A campaign in the store: found or made, with its variants, scenarios and cells;
 * the session that works on it, and how that comes along.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sim/alloc.h"
#include "sim/cmd/canary.h"
#include "sim/cmd/log.h"
#include "sim/cmd/monotonic.h"
#include "sim/cmd/store_compare.h"
#include "sim/cmd/store_sql.h"

#define SERIES_NS	10000000000ull

/* What makes two commands the same campaign. */
static char *campaign_key(const struct campaign *c)
{
	char *key = NULL;
	size_t size;
	FILE *f = open_memstream(&key, &size);

	if (!f)
		alloc_failed();
	for (uint32_t i = 0; i < c->nr_scenarios; i++)
		fprintf(f, "%s%s@%08x", i ? " " : "", c->scenarios[i].name, c->scenarios[i].hash);
	for (uint32_t i = 0; i < c->nr_variants; i++)
		fprintf(f, " --variant %s@%s", c->variants[i].name, c->variants[i].identity);
	if (c->cells[0].pairs)
		fprintf(f, " compared");
	if (c->time_ns)
		fprintf(f, " --time");
	if (c->until_quiet)
		fprintf(f, " --until-quiet=%" PRIu64, c->until_quiet);
	if ((!c->time_ns && !c->until_quiet) || c->last_seed != INT64_MAX)
		fprintf(f, " --seeds %" PRIu64 "-%" PRIu64, c->first_seed, c->last_seed);
	fprintf(f, " --flavour %s --replay-share %u --set %s", flavour_name(c->flavour), c->replay_share,
		c->overrides);
	if (fclose(f))
		alloc_failed();
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
	return text ? text : alloc_text("");
}

/*
 * A file that has other comments, claims or expectations since the campaign began
 * has the same runs: they are those of the row that it began with.
 */
static bool find_scenario(struct store *s, const struct scenario *sc, int64_t *id)
{
	char *text;
	bool ok;

	if (!store_sql(s, "SELECT scenario.id FROM scenario JOIN cell ON cell.scenario = scenario.id WHERE campaign = ?"
		       " AND name = ? AND hash = ? ORDER BY 1 DESC", store_take_int, id, "isi", s->campaign, sc->name,
		       (int64_t)sc->hash))
		return false;
	if (*id)
		return true;
	text = file_text(sc->path);
	ok = store_sql(s, "INSERT OR IGNORE INTO scenario (name, hash, claim, text) VALUES (?, ?, ?, ?)", NULL,
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
	s->cell = alloc_array(c->nr_cells + 1, sizeof(*s->cell));
	for (uint32_t i = 0; i < c->nr_cells + c->has_canary; i++) {
		int64_t scenario = 0, variant = 0;

		if (!find_scenario(s, &c->scenarios[c->cells[i].scenario], &scenario) ||
		    !find_variant(s, &c->variants[c->cells[i].variant], &variant) ||
		    !store_sql(s, "INSERT OR IGNORE INTO cell (campaign, scenario, variant, first_seed, last_seed, canary)"
			       " VALUES (?, ?, ?, ?, ?, ?)", NULL, NULL, "iiiiii", s->campaign, scenario, variant,
			       (int64_t)c->feed_first, (int64_t)c->feed_last, (int64_t)c->cells[i].canary) ||
		    !store_sql(s, "SELECT id FROM cell WHERE campaign = ? AND scenario = ? AND variant = ?"
			       " AND first_seed = ? AND last_seed = ? AND canary = ?", store_take_int, &s->cell[i],
			       "iiiiii", s->campaign, scenario, variant, (int64_t)c->feed_first,
			       (int64_t)c->feed_last, (int64_t)c->cells[i].canary))
			return false;
	}
	return true;
}

/* --- Is it that another command was meant to go on? */
struct before {
	char *key, *then, *now;		/* ours; the first words that differ, if they do but in a hash or an identity */
};

static size_t word_length(const char *p)
{
	return strcspn(p, " ");
}

/* "6.12@f89bba3500611cec": up to the @, or all of it. */
static size_t name_length(const char *p)
{
	size_t n = word_length(p), at = strcspn(p, "@");

	return at < n ? at : n;
}

static void compare_keys(sqlite3_stmt *q, void *arg)
{
	struct before *b = arg;
	const char *a = store_text(q, 0), *o = b->key, *then = NULL, *now = NULL;

	while (*a && *o) {
		if (name_length(a) != name_length(o) || strncmp(a, o, name_length(a)))
			return;
		if (!then && (word_length(a) != word_length(o) || strncmp(a, o, word_length(a)))) {
			then = a;
			now = o;
		}
		a += word_length(a) + (a[word_length(a)] != '\0');
		o += word_length(o) + (o[word_length(o)] != '\0');
	}
	if (*a || *o || !then)
		return;
	free(b->then);
	free(b->now);
	b->then = strndup(then, word_length(then));
	b->now = strndup(now, word_length(now));
	if (!b->then || !b->now)
		alloc_failed();
}

/* A new campaign that has the command of another one would be a surprise to who wanted that to go on. */
static bool tell_of_others(struct store *s, char *key)
{
	struct before b = { .key = key };
	bool ok = store_sql(s, "SELECT key FROM campaign WHERE id <> ? ORDER BY id", compare_keys, &b, "i", s->campaign);

	if (b.then)
		log_line("%s has this campaign of %s, which is %s now: it stays as it is, and this one begins anew", s->path,
			 b.then, b.now);
	free(b.then);
	free(b.now);
	return ok;
}

static bool find_campaign(struct store *s, const struct campaign *c)
{
	char *key = campaign_key(c);
	int before = sqlite3_total_changes(s->db);
	bool ok = store_sql(s, "INSERT OR IGNORE INTO campaign (key, flavour, overrides, first_seed, last_seed,"
			    " budget_ns, until_quiet, replay_share, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", NULL,
			    NULL, "sssiiiiii", key, flavour_name(c->flavour), c->overrides, (int64_t)c->first_seed,
			    (int64_t)c->last_seed, (int64_t)c->time_ns, (int64_t)c->until_quiet,
			    (int64_t)c->replay_share, (int64_t)time(NULL)) &&
		  store_sql(s, "SELECT id FROM campaign WHERE key = ?", store_take_int, &s->campaign, "s", key);

	if (ok && sqlite3_total_changes(s->db) != before)
		ok = tell_of_others(s, key);
	free(key);
	return ok;
}

static bool new_session(struct store *s, const struct campaign *c)
{
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	if (!store_sql(s, "INSERT INTO session (campaign, started, host, pid, jobs, worker_timeout_ns, canary,"
		       " run_time_ns, run_memory) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", NULL, NULL, "iisiiisii", s->campaign, (int64_t)time(NULL), host,
		       (int64_t)getpid(), (int64_t)c->nr_jobs, (int64_t)c->worker_timeout_ns,
		       c->has_canary ? "on" : canary_key(c->canary), (int64_t)c->run_time_ns,
		       (int64_t)c->run_memory))
		return false;
	s->session = store_id(s);
	return true;
}

/* Of a comparison: its tables, and the single runs. */
static bool load_single(struct store *s, struct campaign *c)
{
	return !c->cells[0].pairs || (store_compare_tables(s) && store_load_single(s, c));
}

int store_begin(struct store *s, struct campaign *c, uint64_t *spent_ns, char *error, size_t n)
{
	if (store_exec(s, "BEGIN IMMEDIATE") && find_campaign(s, c) && find_cells(s, c) &&
	    store_load(s, c, spent_ns) && load_single(s, c) && store_load_elsewhere(s, c) &&
	    store_load_pairs(s, c) && new_session(s, c) && store_exec(s, "COMMIT"))
		return 0;
	snprintf(error, n, "%s", s->error);
	return -1;
}

void store_end(struct store *s, bool finished)
{
	store_sql(s, "UPDATE session SET wall_ns = ?, finished = ? WHERE id = ?", NULL, NULL, "iii",
		  (int64_t)(monotonic_ns() - s->start_ns), (int64_t)finished, s->session);
}

void store_progress(struct store *s, const struct campaign *c, const struct status *now, bool last)
{
	const char *slowest = now->slowest < c->nr_scenarios ? c->scenarios[now->slowest].name : "";

	if (!last && now->wall_ns - s->series_ns < SERIES_NS && s->series_ns)
		return;
	s->series_ns = now->wall_ns;
	pthread_mutex_lock(&s->lock);
	store_sql(s, "INSERT OR IGNORE INTO series (session, wall_ns, runs, events, divergent, buckets, virtual_ns,"
		  " workers, last_bucket_ns, slowest, slowest_ns, new_buckets, known_buckets, last_new_ns)"
		  " VALUES (?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0), nullif(?, ''), nullif(?, 0), ?, ?, nullif(?, 0))",
		  NULL, NULL, "iiiiiiiiisiiii", s->session, (int64_t)now->wall_ns,
		  (int64_t)now->nr_runs, (int64_t)now->nr_events, (int64_t)now->nr_divergent,
		  (int64_t)now->nr_buckets, (int64_t)now->virtual_ns, (int64_t)now->nr_workers,
		  (int64_t)now->last_bucket_ns, slowest, (int64_t)now->slowest_ns, (int64_t)now->nr_new,
		  (int64_t)now->nr_known, (int64_t)now->last_new_ns);
	pthread_mutex_unlock(&s->lock);
}
