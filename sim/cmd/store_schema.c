/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables and views of the store.  docs/store.md explains them; change both, and
 * STORE_VERSION, together.
 *
 * Every table that a chunk of runs is written to hangs on a cell, so that a
 * merge takes cells as a whole.  What is said at the end (sure, gone, canary)
 * hangs on the campaign, and is written anew by each session.
 */
#include "sim/cmd/store_schema.h"

#include <stddef.h>
#include <string.h>

#define CELL	" cell INTEGER NOT NULL REFERENCES cell(id),"
#define CAMPAIGN " campaign INTEGER NOT NULL REFERENCES campaign(id),"
#define OF_PAIR	CAMPAIGN " base INTEGER NOT NULL REFERENCES variant(id), variant INTEGER NOT NULL REFERENCES variant(id),"

static const char *const tables[] = {
	"CREATE TABLE campaign (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, flavour TEXT NOT NULL,"
	" overrides TEXT NOT NULL, first_seed INTEGER NOT NULL, last_seed INTEGER NOT NULL,"
	" budget_ns INTEGER NOT NULL, until_quiet INTEGER NOT NULL DEFAULT 0, replay_share INTEGER NOT NULL,"
	" created INTEGER NOT NULL)",
	"CREATE TABLE session (id INTEGER PRIMARY KEY," CAMPAIGN
	" started INTEGER NOT NULL, wall_ns INTEGER NOT NULL DEFAULT 0, host TEXT NOT NULL, pid INTEGER NOT NULL,"
	" jobs INTEGER NOT NULL, run_time_ns INTEGER NOT NULL DEFAULT 0, run_memory INTEGER NOT NULL DEFAULT 0,"
	" worker_timeout_ns INTEGER NOT NULL DEFAULT 0, canary TEXT NOT NULL DEFAULT 'off',"
	" finished INTEGER NOT NULL DEFAULT 0)",
	"CREATE TABLE variant (id INTEGER PRIMARY KEY, name TEXT NOT NULL, identity TEXT NOT NULL,"
	" class TEXT NOT NULL, manifest TEXT, UNIQUE (name, identity, class))",
	"CREATE TABLE scenario (id INTEGER PRIMARY KEY, name TEXT NOT NULL, hash INTEGER NOT NULL,"
	" claim TEXT NOT NULL, text TEXT NOT NULL, UNIQUE (name, hash, text))",
	"CREATE TABLE cell (id INTEGER PRIMARY KEY," CAMPAIGN
	" scenario INTEGER NOT NULL REFERENCES scenario(id), variant INTEGER NOT NULL REFERENCES variant(id),"
	" first_seed INTEGER NOT NULL, last_seed INTEGER NOT NULL, canary INTEGER NOT NULL DEFAULT 0,"
	" UNIQUE (campaign, scenario, variant, first_seed, last_seed, canary))",
	"CREATE TABLE range (" CELL " first INTEGER NOT NULL,"
	" count INTEGER NOT NULL, session INTEGER NOT NULL REFERENCES session(id), events INTEGER NOT NULL,"
	" interrupts INTEGER NOT NULL, virtual_ns INTEGER NOT NULL, digest INTEGER NOT NULL,"
	" divergent INTEGER NOT NULL, repeated INTEGER NOT NULL, complete INTEGER NOT NULL,"
	" limited INTEGER NOT NULL, first_limited INTEGER NOT NULL, crashed INTEGER NOT NULL, hung INTEGER NOT NULL,"
	" trapped INTEGER NOT NULL, timed_out INTEGER NOT NULL DEFAULT 0, out_of_memory INTEGER NOT NULL DEFAULT 0,"
	" sampled INTEGER NOT NULL DEFAULT 0, pairs INTEGER NOT NULL DEFAULT 0, wall_ns INTEGER NOT NULL,"
	" PRIMARY KEY (cell, first)) WITHOUT ROWID",
	"CREATE TABLE kind_runs (" CELL " kind TEXT NOT NULL,"
	" runs INTEGER NOT NULL, PRIMARY KEY (cell, kind)) WITHOUT ROWID",
	"CREATE TABLE bucket (id INTEGER PRIMARY KEY," CELL
	" kind TEXT NOT NULL, check_name TEXT NOT NULL, function TEXT NOT NULL, slice TEXT NOT NULL,"
	" known TEXT NOT NULL, follows INTEGER NOT NULL, expected INTEGER NOT NULL, runs INTEGER NOT NULL,"
	" first_seed INTEGER NOT NULL, cheap_seed INTEGER NOT NULL, cheap_event INTEGER NOT NULL, replays INTEGER,"
	" replayed INTEGER, trail TEXT, stack TEXT, UNIQUE (cell, kind, check_name, function, slice, known))",
	"CREATE TABLE divergence (bucket INTEGER NOT NULL REFERENCES bucket(id), seed INTEGER NOT NULL,"
	" vm INTEGER, vcpu INTEGER, vector INTEGER, time_ns INTEGER NOT NULL, event INTEGER NOT NULL,"
	" site TEXT NOT NULL, text TEXT NOT NULL, frames BLOB, PRIMARY KEY (bucket, seed)) WITHOUT ROWID",
	"CREATE TABLE failure (" CELL " seed INTEGER NOT NULL,"
	" kind TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (cell, seed, kind)) WITHOUT ROWID",
	"CREATE TABLE deviation (" CELL " name TEXT NOT NULL,"
	" uses INTEGER NOT NULL, runs INTEGER NOT NULL, PRIMARY KEY (cell, name)) WITHOUT ROWID",
	"CREATE TABLE operation (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
	"CREATE TABLE apic_state (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
	"CREATE TABLE pair (" CELL " previous INTEGER NOT NULL REFERENCES operation(id),"
	" operation INTEGER NOT NULL REFERENCES operation(id), state INTEGER NOT NULL REFERENCES apic_state(id),"
	" runs INTEGER NOT NULL, PRIMARY KEY (cell, previous, operation, state)) WITHOUT ROWID",
	"CREATE TABLE series (session INTEGER NOT NULL REFERENCES session(id), wall_ns INTEGER NOT NULL,"
	" runs INTEGER NOT NULL, events INTEGER NOT NULL, divergent INTEGER NOT NULL, buckets INTEGER NOT NULL,"
	" virtual_ns INTEGER NOT NULL DEFAULT 0, workers INTEGER NOT NULL DEFAULT 0, last_bucket_ns INTEGER,"
	" slowest TEXT, slowest_ns INTEGER, new_buckets INTEGER, known_buckets INTEGER, last_new_ns INTEGER,"
	" PRIMARY KEY (session, wall_ns)) WITHOUT ROWID",
	"CREATE TABLE sure (" CAMPAIGN " scenario INTEGER NOT NULL REFERENCES scenario(id),"
	" variant INTEGER NOT NULL REFERENCES variant(id), runs INTEGER NOT NULL, clean INTEGER NOT NULL,"
	" bound REAL, sampled INTEGER NOT NULL, pairs INTEGER NOT NULL, f1 INTEGER NOT NULL, f2 INTEGER NOT NULL,"
	" unseen REAL, hidden REAL, text TEXT NOT NULL, PRIMARY KEY (campaign, scenario, variant)) WITHOUT ROWID",
	"CREATE TABLE gone (" CAMPAIGN " scenario INTEGER NOT NULL REFERENCES scenario(id),"
	" variant INTEGER NOT NULL REFERENCES variant(id), kind TEXT NOT NULL, check_name TEXT NOT NULL,"
	" function TEXT NOT NULL, slice TEXT NOT NULL, other TEXT NOT NULL, other_identity TEXT NOT NULL, other_shown INTEGER NOT NULL,"
	" other_runs INTEGER NOT NULL, rate_low REAL NOT NULL, clean INTEGER NOT NULL, needed INTEGER,"
	" more INTEGER, PRIMARY KEY (campaign, scenario, variant, kind, check_name, function, slice, other, other_identity))"
	" WITHOUT ROWID",
	"CREATE TABLE canary (campaign INTEGER PRIMARY KEY REFERENCES campaign(id), state TEXT NOT NULL,"
	" variant TEXT NOT NULL, identity TEXT NOT NULL, scenario TEXT NOT NULL, rate REAL, enough INTEGER,"
	" runs INTEGER NOT NULL, shown INTEGER NOT NULL, first_seed INTEGER, text TEXT NOT NULL)",
	NULL
};

#define TOKEN(seed) \
	"printf('v1:%s@%08x:%s@%s:0x%x%s', scenario.name, scenario.hash, variant.name, variant.identity, " seed "," \
	" CASE campaign.overrides WHEN '' THEN '' ELSE ':' || campaign.overrides END)"
#define NAMES \
	" JOIN scenario ON scenario.id = cell.scenario JOIN variant ON variant.id = cell.variant"

static const char *const views[] = {
	"CREATE VIEW runs AS SELECT cell.campaign, scenario.name AS scenario, variant.name AS variant,"
	" variant.identity, sum(range.count) AS runs, sum(range.events) AS events,"
	" sum(range.divergent) AS divergent, sum(range.crashed) AS crashed, sum(range.hung) AS hung,"
	" sum(range.limited) AS limited, sum(range.timed_out) AS timed_out,"
	" sum(range.out_of_memory) AS out_of_memory, sum(range.wall_ns) / 1e9 AS wall_s"
	" FROM range JOIN cell ON cell.id = range.cell" NAMES " WHERE NOT cell.canary"
	" GROUP BY cell.campaign, cell.scenario, cell.variant",
	"CREATE VIEW buckets AS SELECT cell.campaign, bucket.kind, bucket.check_name, bucket.function, bucket.slice,"
	" bucket.known, bucket.follows, bucket.expected, scenario.name AS scenario, variant.name AS variant,"
	" sum(bucket.runs) AS runs, " TOKEN("min(bucket.first_seed)") " AS token,"
	/* SQLite: beside one min(), a bare column is of its row. */
	" (SELECT " TOKEN("cheap_seed") " FROM (SELECT other.cheap_seed, min(other.cheap_event) FROM bucket other"
	"   JOIN cell its ON its.id = other.cell WHERE its.campaign = cell.campaign AND its.scenario = cell.scenario"
	"   AND its.variant = cell.variant AND NOT its.canary AND other.kind = bucket.kind"
	"   AND other.check_name = bucket.check_name AND other.function = bucket.function"
	"   AND other.slice = bucket.slice AND other.known = bucket.known)) AS cheapest,"
	" max(bucket.replays) AS replays, max(bucket.replayed) AS replayed, max(bucket.trail) AS trail,"
	" max(bucket.stack) AS stack, (SELECT text FROM divergence WHERE divergence.bucket = bucket.id"
	"   ORDER BY seed LIMIT 1) AS example"
	" FROM bucket JOIN cell ON cell.id = bucket.cell JOIN campaign ON campaign.id = cell.campaign" NAMES
	" WHERE NOT cell.canary GROUP BY cell.campaign, cell.scenario, cell.variant, bucket.kind,"
	" bucket.check_name, bucket.function, bucket.slice, bucket.known",
	"CREATE VIEW tokens AS SELECT cell.campaign, bucket.kind, bucket.check_name, scenario.name AS scenario,"
	" variant.name AS variant, printf('0x%x', divergence.seed) AS seed, divergence.text"
	" FROM divergence JOIN bucket ON bucket.id = divergence.bucket JOIN cell ON cell.id = bucket.cell" NAMES
	" WHERE NOT cell.canary",
	"CREATE VIEW pairs AS SELECT cell.campaign, scenario.name AS scenario, variant.name AS variant,"
	" a.name AS previous, b.name AS operation, apic_state.name AS state, min(sum(pair.runs), 3) AS runs"
	" FROM pair JOIN cell ON cell.id = pair.cell JOIN operation a ON a.id = pair.previous"
	" JOIN operation b ON b.id = pair.operation JOIN apic_state ON apic_state.id = pair.state" NAMES
	" WHERE NOT cell.canary GROUP BY cell.campaign, cell.scenario, cell.variant, pair.previous, pair.operation,"
	" pair.state",
	"CREATE VIEW certainty AS SELECT sure.campaign, scenario.name AS scenario, variant.name AS variant, sure.runs,"
	" sure.bound, sure.clean, sure.sampled, sure.pairs, sure.unseen, sure.hidden, sure.text FROM sure"
	" JOIN scenario ON scenario.id = sure.scenario JOIN variant ON variant.id = sure.variant",
	NULL
};

/* Made when the first comparison comes: other campaigns do not need them. */
static const char *const compare_tables[] = {
	"CREATE TABLE IF NOT EXISTS single (" CELL " first INTEGER NOT NULL,"
	" runs BLOB NOT NULL, hits BLOB NOT NULL, PRIMARY KEY (cell, first)) WITHOUT ROWID",
	"CREATE TABLE IF NOT EXISTS comparison (" OF_PAIR
	" pairs INTEGER NOT NULL, differ INTEGER NOT NULL, cut INTEGER NOT NULL, other_order INTEGER NOT NULL,"
	" other_interrupts INTEGER NOT NULL, base_changed INTEGER, variant_changed INTEGER, code_lines INTEGER,"
	" reached INTEGER, PRIMARY KEY (campaign, variant)) WITHOUT ROWID",
	"CREATE TABLE IF NOT EXISTS compared (" OF_PAIR
	" kind TEXT NOT NULL, check_name TEXT NOT NULL, function TEXT NOT NULL, known TEXT NOT NULL,"
	" class TEXT NOT NULL, base_runs INTEGER NOT NULL, variant_runs INTEGER NOT NULL, runs INTEGER NOT NULL,"
	" only_base INTEGER NOT NULL, only_variant INTEGER NOT NULL, p REAL NOT NULL, base_low REAL NOT NULL,"
	" base_high REAL NOT NULL, variant_low REAL NOT NULL, variant_high REAL NOT NULL, base_median INTEGER,"
	" variant_median INTEGER, token TEXT)",
	"CREATE TABLE IF NOT EXISTS behaviour (" OF_PAIR
	" counter TEXT NOT NULL, base_sum INTEGER NOT NULL, variant_sum INTEGER NOT NULL, runs INTEGER NOT NULL,"
	" less INTEGER NOT NULL, more INTEGER NOT NULL, p REAL NOT NULL)",
	"CREATE TABLE IF NOT EXISTS first_difference (" OF_PAIR
	" scenario INTEGER NOT NULL REFERENCES scenario(id), seed TEXT NOT NULL, event INTEGER NOT NULL,"
	" base_event TEXT, variant_event TEXT)",
	"CREATE TABLE IF NOT EXISTS patch_line (" OF_PAIR
	" side TEXT NOT NULL, file TEXT NOT NULL, line INTEGER NOT NULL, runs INTEGER NOT NULL,"
	" sampled INTEGER NOT NULL, text TEXT NOT NULL)",
	NULL
};

const char *store_schema_table(const char *name)
{
	const size_t skip = strlen("CREATE TABLE "), len = strlen(name);

	for (unsigned int i = 0; tables[i]; i++)
		if (!strncmp(tables[i] + skip, name, len) && tables[i][skip + len] == ' ')
			return tables[i];
	return NULL;
}

const char *store_schema(unsigned int i)
{
	const unsigned int nr_tables = sizeof(tables) / sizeof(tables[0]) - 1;

	return i < nr_tables ? tables[i] : views[i - nr_tables];
}

const char *store_schema_compare(unsigned int i)
{
	return compare_tables[i];
}
