/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Joining stores.  A cell of a shard is taken as a whole: the one that has more
 * runs wins (by digest, if they have as many), so that the result depends neither
 * on the order of the inputs nor on how often one is named.
 *
 * Sessions come along with their ranges; the time series does too.
 */
#include <stdio.h>
#include <string.h>

#include "sim/cmd/store_sql.h"

static bool each(struct store *s, const char *const *sql)
{
	for (; *sql; sql++)
		if (!store_exec(s, *sql))
			return false;
	return true;
}

/* Rows that both may have, under the output's numbers; then which cells to take. */
static const char *const match[] = {
	"CREATE TEMP TABLE campaign_map AS SELECT i.id AS old, o.id AS new FROM input.campaign i"
	"  JOIN main.campaign o ON o.key = i.key",
	"CREATE TEMP TABLE cell_map AS SELECT i.id AS old, o.id AS new,"
	"  coalesce((SELECT sum(count) FROM input.range WHERE cell = i.id), 0) AS runs,"
	"  coalesce((SELECT sum(digest & 0xffffffff) FROM input.range WHERE cell = i.id), 0) AS digest"
	"  FROM input.cell i JOIN campaign_map m ON m.old = i.campaign"
	"  JOIN input.scenario si ON si.id = i.scenario JOIN input.variant vi ON vi.id = i.variant"
	"  JOIN main.scenario so ON so.name = si.name AND so.hash = si.hash AND so.text = si.text"
	"  JOIN main.variant vo ON vo.name = vi.name AND vo.identity = vi.identity AND vo.class = vi.class"
	"  JOIN main.cell o ON o.campaign = m.new AND o.scenario = so.id AND o.variant = vo.id"
	"  AND o.first_seed = i.first_seed AND o.last_seed = i.last_seed AND o.canary = i.canary",
	"DELETE FROM cell_map WHERE (runs, digest) <="
	"  (SELECT coalesce(sum(count), 0), coalesce(sum(digest & 0xffffffff), 0) FROM main.range WHERE cell = new)",
	NULL,
};

static const char *const add_names[] = {
	"INSERT OR IGNORE INTO main.campaign (key, flavour, overrides, first_seed, last_seed, budget_ns, until_quiet,"
	"  replay_share, created) SELECT key, flavour, overrides, first_seed, last_seed, budget_ns, until_quiet,"
	"  replay_share, created FROM input.campaign",
	"INSERT OR IGNORE INTO main.operation (name) SELECT name FROM input.operation",
	"INSERT OR IGNORE INTO main.apic_state (name) SELECT name FROM input.apic_state",
	"INSERT OR IGNORE INTO main.variant (name, identity, class, manifest)"
	"  SELECT name, identity, class, manifest FROM input.variant",
	"INSERT OR IGNORE INTO main.scenario (name, hash, claim, text) SELECT name, hash, claim, text"
	"  FROM input.scenario",
	"INSERT OR IGNORE INTO main.cell (campaign, scenario, variant, first_seed, last_seed, canary)"
	"  SELECT co.id, so.id, vo.id, i.first_seed, i.last_seed, i.canary FROM input.cell i"
	"  JOIN input.campaign ci ON ci.id = i.campaign JOIN main.campaign co ON co.key = ci.key"
	"  JOIN input.scenario si ON si.id = i.scenario"
	"  JOIN main.scenario so ON so.name = si.name AND so.hash = si.hash AND so.text = si.text"
	"  JOIN input.variant vi ON vi.id = i.variant"
	"  JOIN main.variant vo ON vo.name = vi.name AND vo.identity = vi.identity AND vo.class = vi.class",
	NULL,
};

/* NOLINTBEGIN(bugprone-suspicious-missing-comma): one statement may take two lines */
static const char *const forget[] = {
	"DELETE FROM main.divergence WHERE bucket IN (SELECT id FROM main.bucket WHERE cell IN"
	"  (SELECT new FROM cell_map))",
	"DELETE FROM main.bucket WHERE cell IN (SELECT new FROM cell_map)",
	"DELETE FROM main.range WHERE cell IN (SELECT new FROM cell_map)",
	"DELETE FROM main.kind_runs WHERE cell IN (SELECT new FROM cell_map)",
	"DELETE FROM main.deviation WHERE cell IN (SELECT new FROM cell_map)",
	"DELETE FROM main.failure WHERE cell IN (SELECT new FROM cell_map)",
	"DELETE FROM main.pair WHERE cell IN (SELECT new FROM cell_map)",
	/* What was said of less than this; the next `lapicsim run` says it again. */
	"DELETE FROM main.sure WHERE campaign IN (SELECT new FROM campaign_map)",
	"DELETE FROM main.gone WHERE campaign IN (SELECT new FROM campaign_map)",
	"DELETE FROM main.canary WHERE campaign IN (SELECT new FROM campaign_map)",
	NULL,
};
/* NOLINTEND(bugprone-suspicious-missing-comma) */

static const char *const copy[] = {
	"CREATE TEMP TABLE session_map AS SELECT s.id AS old,"
	"  s.id + coalesce((SELECT max(id) FROM main.session), 0) AS new FROM input.session s"
	"  WHERE s.id IN (SELECT session FROM input.range WHERE cell IN (SELECT old FROM cell_map))",
	"INSERT INTO main.session (id, campaign, started, wall_ns, host, pid, jobs, run_time_ns, run_memory,"
	"  worker_timeout_ns, canary, finished) SELECT m.new, c.new, s.started, s.wall_ns, s.host, s.pid, s.jobs,"
	"  s.run_time_ns, s.run_memory, s.worker_timeout_ns, s.canary, s.finished FROM input.session s JOIN session_map m ON m.old = s.id JOIN campaign_map c ON c.old = s.campaign",
	"INSERT INTO main.range (cell, first, count, session, events, interrupts, virtual_ns, digest, divergent,"
	"  repeated, complete, limited, first_limited, crashed, hung, trapped, timed_out, out_of_memory, sampled,"
	"  pairs, wall_ns) SELECT m.new, r.first, r.count, s.new, r.events, r.interrupts, r.virtual_ns, r.digest,"
	"  r.divergent, r.repeated, r.complete, r.limited, r.first_limited, r.crashed, r.hung, r.trapped,"
	"  r.timed_out, r.out_of_memory, r.sampled, r.pairs, r.wall_ns FROM input.range r JOIN cell_map m ON m.old = r.cell JOIN session_map s ON s.old = r.session",
	"INSERT INTO main.kind_runs SELECT m.new, k.kind, k.runs FROM input.kind_runs k"
	"  JOIN cell_map m ON m.old = k.cell",
	"INSERT INTO main.deviation SELECT m.new, d.name, d.uses, d.runs FROM input.deviation d"
	"  JOIN cell_map m ON m.old = d.cell",
	"INSERT INTO main.failure SELECT m.new, f.seed, f.kind, f.text FROM input.failure f"
	"  JOIN cell_map m ON m.old = f.cell",
	"INSERT INTO main.bucket (cell, kind, check_name, function, slice, known, follows, expected, runs, first_seed,"
	"  cheap_seed, cheap_event, replays, replayed, trail, stack) SELECT m.new, b.kind, b.check_name, b.function,"
	"  b.slice, b.known, b.follows, b.expected, b.runs, b.first_seed, b.cheap_seed, b.cheap_event, b.replays,"
	"  b.replayed, b.trail, b.stack FROM input.bucket b JOIN cell_map m ON m.old = b.cell",
	"INSERT INTO main.divergence SELECT o.id, d.seed, d.vm, d.vcpu, d.vector, d.time_ns, d.event, d.site,"
	"  d.text, d.frames FROM input.divergence d JOIN input.bucket b ON b.id = d.bucket"
	"  JOIN cell_map m ON m.old = b.cell JOIN main.bucket o ON o.cell = m.new AND o.kind = b.kind"
	"  AND o.check_name = b.check_name AND o.function = b.function AND o.slice = b.slice AND o.known = b.known",
	"INSERT INTO main.pair (cell, previous, operation, state, runs) SELECT m.new, op.id, oo.id, os.id, p.runs"
	"  FROM input.pair p JOIN cell_map m ON m.old = p.cell JOIN input.operation ip ON ip.id = p.previous"
	"  JOIN input.operation io ON io.id = p.operation JOIN input.apic_state st ON st.id = p.state"
	"  JOIN main.operation op ON op.name = ip.name JOIN main.operation oo ON oo.name = io.name"
	"  JOIN main.apic_state os ON os.name = st.name",
	"INSERT INTO main.series (session, wall_ns, runs, events, divergent, buckets, virtual_ns, workers,"
	"  last_bucket_ns, slowest, slowest_ns, new_buckets, known_buckets, last_new_ns) SELECT m.new, t.wall_ns, t.runs,"
	"  t.events, t.divergent, t.buckets, t.virtual_ns, t.workers, t.last_bucket_ns, t.slowest, t.slowest_ns,"
	"  t.new_buckets, t.known_buckets, t.last_new_ns FROM input.series t JOIN session_map m ON m.old = t.session",
	"DROP TABLE session_map", "DROP TABLE cell_map", "DROP TABLE campaign_map",
	NULL,
};

/* Which of the two files is wrong SQLite does not say. */
static bool name_input(struct store *s, const char *path)
{
	char why[sizeof(s->error)];

	snprintf(why, sizeof(why), "%s", s->error);
	snprintf(s->error, sizeof(s->error), "%.160s: cannot be merged: %.320s", path, why);
	return false;
}

bool store_merge(struct store *s, const char *path)
{
	struct store *input;
	bool ok;

	/* Opening it as a store first: is it one, and of this version? */
	input = store_open_existing(path, s->error, sizeof(s->error));
	if (!input)
		return false;
	ok = store_sql(s, "ATTACH ? AS input", NULL, NULL, "s", input->file);
	store_close(input);
	return (ok && store_exec(s, "BEGIN IMMEDIATE") && each(s, add_names) && each(s, match) && each(s, forget) &&
		each(s, copy) && store_exec(s, "COMMIT") && store_exec(s, "DETACH input")) || name_input(s, path);
}

/* --- What a merged store lacks. */
struct report {
	FILE *f;
	uint64_t nr;
};

static void take_line(sqlite3_stmt *q, void *arg)
{
	struct report *r = arg;

	r->nr++;
	fprintf(r->f, "%s\n", store_text(q, 0));
}

/* Each range beside the end of those before it; a last one beyond the end closes the campaign. */
#define OF_CAMPAIGN(from) \
	"CASE (SELECT count(*) FROM campaign) WHEN 1 THEN '' ELSE 'campaign ' || " from ".campaign || ', ' END"
#define RANGES \
	"WITH all_ranges AS (SELECT cell.campaign, cell.scenario, cell.variant, range.first, range.count" \
	"  FROM range JOIN cell ON cell.id = range.cell WHERE NOT cell.canary UNION ALL" \
	"  SELECT DISTINCT campaign.id, cell.scenario, cell.variant, campaign.last_seed + 1, 0" \
	"  FROM campaign JOIN cell ON cell.campaign = campaign.id" \
	"  WHERE campaign.budget_ns = 0 AND NOT campaign.until_quiet AND NOT cell.canary)," \
	" placed AS (SELECT all_ranges.*, coalesce(max(all_ranges.first + all_ranges.count) OVER before," \
	"  campaign.first_seed) AS start, campaign.last_seed FROM all_ranges JOIN campaign" \
	"  ON campaign.id = all_ranges.campaign WINDOW before AS (PARTITION BY all_ranges.campaign," \
	"  all_ranges.scenario, all_ranges.variant ORDER BY all_ranges.first, all_ranges.count" \
	"  ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))," \
	" twice AS (SELECT campaign, scenario, variant, min(first) AS first, max(min(start, first + count)) - 1 AS last," \
	"  sum(min(start, first + count) - first) AS seeds FROM placed WHERE start > first AND count > 0" \
	"  GROUP BY campaign, scenario, variant) "

/* Parts that do not fit together are of several campaigns: what tells those apart is in their keys. */
static bool name_campaigns(struct store *s, FILE *f)
{
	struct report r = { .f = f };

	return store_sql(s, "SELECT 'campaign ' || id || ': ' || (SELECT count(DISTINCT scenario) FROM cell WHERE campaign ="
			 " campaign.id AND NOT canary) || ' scenarios' || substr(key, instr(key, ' --variant')) FROM campaign"
			 " WHERE (SELECT count(*) FROM campaign) > 1 ORDER BY id", take_line, &r, "");
}

bool store_check(struct store *s, FILE *f, uint64_t *nr_wrong)
{
	struct report r = { .f = f };
	bool ok = store_sql(s, RANGES "SELECT 'gap: ' || " OF_CAMPAIGN("placed") " || scenario.name || ' on ' || variant.name || ': seeds ' ||"
			    " placed.start || '-' || (placed.first - 1) || ' of ' || placed.last_seed FROM placed"
			    " JOIN scenario ON scenario.id = placed.scenario JOIN variant ON variant.id = placed.variant"
			    " WHERE placed.start < placed.first ORDER BY placed.campaign, scenario.name, variant.name,"
			    " placed.first", take_line, &r, "") &&
		  store_sql(s, RANGES "SELECT 'overlap: ' || " OF_CAMPAIGN("twice") " || scenario.name || ' on ' || variant.name"
			    " || ': ' || CASE seeds WHEN last - first + 1 THEN '' ELSE seeds || ' of ' END || 'seeds ' || first"
			    " || '-' || last FROM twice JOIN scenario ON scenario.id = twice.scenario"
			    " JOIN variant ON variant.id = twice.variant ORDER BY campaign, scenario.name, variant.name",
			    take_line, &r, "") &&
		  store_sql(s, "SELECT 'mixed: variant ' || name || ' has ' || count(DISTINCT identity) || ' identities: '"
			    " || group_concat(DISTINCT identity) FROM variant GROUP BY name HAVING"
			    " count(DISTINCT identity) > 1 ORDER BY 1", take_line, &r, "") &&
		  store_sql(s, "SELECT 'mixed: scenario ' || name || ' has ' || count(DISTINCT scenario.id) || ' texts of"
			    " the same meaning' FROM cell JOIN scenario ON scenario.id = scenario WHERE NOT canary"
			    " GROUP BY campaign, name HAVING count(DISTINCT scenario.id) > 1 ORDER BY 1", take_line, &r, "");

	*nr_wrong = r.nr;
	return ok && (!r.nr || name_campaigns(s, f));
}
