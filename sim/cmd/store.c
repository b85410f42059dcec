/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Opening the store, and its statements.  Campaigns in it are store_campaign.c,
 * writing chunks is store_write.c, reading them back store_load.c.
 *
 * A statement is prepared once per connection and found again by the address of
 * its text: all are literals.
 *
 * WAL with synchronous=NORMAL: a transaction survives the death of any process;
 * the machine's may take the last ones along, whole.  They are run again.  But one
 * with a divergence, and all before it, is on disk (FULL) before anybody is told.
 */
#include "sim/cmd/store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/alloc.h"
#include "sim/cmd/monotonic.h"
#include "sim/cmd/store_schema.h"
#include "sim/cmd/store_sql.h"
#include "sim/options.h"

#define APPLICATION_ID	0x4c415049	/* "LAPI", in the file's header */
#define BUSY_MS		10000
#define PROBE_BYTES	(16 << 20)	/* more than opening a store takes */

static bool disk_fails;		/* under any store of this process */

/* --- Statements. */
bool store_fails(struct store *s, const char *what)
{
	/* Of nearly no room at all even the file that goes with WAL cannot grow: an I/O error. */
	disk_fails |= !what && (sqlite3_errcode(s->db) == SQLITE_FULL || sqlite3_errcode(s->db) == SQLITE_IOERR);
	if (!s->error[0])
		snprintf(s->error, sizeof(s->error), "%s: %s%s%s", s->path, what ? what : "",
			 what ? ": " : "", sqlite3_errmsg(s->db));
	/* SQLite quotes what the file says, which may be anything. */
	option_one_line(s->error);
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
		case 'd':
			sqlite3_bind_double(q, i, va_arg(ap, double));
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

/* NULL with store->error set if @sql is wrong. */
static sqlite3_stmt *statement(struct store *s, const char *sql)
{
	struct store_statement *t;

	for (uint32_t i = 0; i < s->nr_statements; i++)
		if (s->statements[i].sql == sql)
			return s->statements[i].q;
	s->statements = alloc_grow(s->statements, s->nr_statements, sizeof(*t));
	t = &s->statements[s->nr_statements];
	t->sql = sql;
	if (sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &t->q, NULL) != SQLITE_OK) {
		store_fails(s, NULL);
		return NULL;
	}
	s->nr_statements++;
	return t->q;
}

bool store_sql(struct store *s, const char *sql, store_row *row, void *arg, const char *types, ...)
{
	sqlite3_stmt *q;
	va_list ap;
	int ret;

	if (s->error[0])
		return false;
	q = statement(s, sql);
	if (!q)
		return false;
	va_start(ap, types);
	bind(q, types, ap);
	va_end(ap);
	while ((ret = sqlite3_step(q)) == SQLITE_ROW)
		if (row)
			row(q, arg);
	if (ret != SQLITE_DONE)
		store_fails(s, NULL);
	sqlite3_reset(q);
	return ret == SQLITE_DONE;
}

int64_t store_id(const struct store *s)
{
	return sqlite3_last_insert_rowid(s->db);
}

bool store_exec(struct store *s, const char *sql)
{
	if (s->error[0])
		return false;
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK || store_fails(s, NULL);
}

void store_take_int(sqlite3_stmt *q, void *arg)
{
	*(int64_t *)arg = sqlite3_column_int64(q, 0);
}

const char *store_text(sqlite3_stmt *q, int column)
{
	const char *text = (const char *)sqlite3_column_text(q, column);

	return text ? text : "";
}

/* --- Opening. */
static bool make(struct store *s)
{
	char set[128];

	for (unsigned int i = 0; store_schema(i); i++)
		if (!store_exec(s, store_schema(i)))
			return false;
	snprintf(set, sizeof(set), "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION_ID,
		 STORE_VERSION);
	return store_exec(s, set) && store_exec(s, "COMMIT");
}

/*
 * Version 2: "gone" did not have the slice; each session writes it anew.  Version 3: "series" counted buckets, but
 * did not tell those that are new from those that are known.
 */
static bool upgrade(struct store *s, int64_t version)
{
	if (version == 2 && (!store_exec(s, "DROP TABLE gone") || !store_exec(s, store_schema_table("gone"))))
		return false;
	return store_exec(s, "ALTER TABLE series ADD COLUMN new_buckets INTEGER;"
			     " ALTER TABLE series ADD COLUMN known_buckets INTEGER;"
			     " ALTER TABLE series ADD COLUMN last_new_ns INTEGER;"
			     " PRAGMA user_version = 4; COMMIT");
}

static bool make_or_check(struct store *s)
{
	int64_t version = 0, id = 0, objects = 0;

	if (!store_exec(s, "BEGIN IMMEDIATE") ||
	    !store_sql(s, "PRAGMA user_version", store_take_int, &version, "") ||
	    !store_sql(s, "PRAGMA application_id", store_take_int, &id, "") ||
	    !store_sql(s, "SELECT count(*) FROM sqlite_master", store_take_int, &objects, ""))
		return false;
	if (!objects && !id)
		return make(s);
	if (id != APPLICATION_ID)
		snprintf(s->error, sizeof(s->error), "%s: a database, but not a store of lapicsim", s->path);
	else if (version == 2 || version == 3)
		return upgrade(s, version);
	else if (version != STORE_VERSION)
		snprintf(s->error, sizeof(s->error),
			 "%s: a store of version %" PRId64 "; this lapicsim reads and writes version %d", s->path,
			 version, STORE_VERSION);
	else
		return store_exec(s, "COMMIT");
	return false;
}

/* SQLite says so of a damaged file as well, where a size cannot be right: then there is memory to be had. */
static void no_memory(struct store *s)
{
	void *probe = sqlite3_malloc(PROBE_BYTES);

	if (!probe)
		alloc_failed();
	sqlite3_free(probe);
	snprintf(s->error, sizeof(s->error), "%s: cannot open the store: it is damaged", s->path);
	option_one_line(s->error);
}

static char *file_of(const char *path)
{
	char *file = alloc_array(strlen(path) + 3, 1);

	sprintf(file, "%s%s", path[0] == '/' ? "" : "./", path);
	return file;
}

/* SQLite would try to make a database of a device. */
static bool no_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && !S_ISREG(st.st_mode);
}

bool store_still_there(struct store *s)
{
	int moved = 0;

	if (sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK || !moved)
		return true;
	s->lost = true;
	snprintf(s->error, sizeof(s->error), "%s: was removed or replaced meanwhile: what this process wrote is not in it",
		 s->path);
	return false;
}

/* SQLite only says that it cannot; a store needs files beside it, too. */
static void say_read_only(struct store *s)
{
	int ret = s->db ? sqlite3_errcode(s->db) & 0xff : SQLITE_OK;
	size_t len = strlen(s->error);

	if (ret == SQLITE_CANTOPEN || ret == SQLITE_READONLY)
		snprintf(s->error + len, sizeof(s->error) - len, "; it and its folder must be writable");
}

static struct store *open_with(const char *path, int flags, char *error, size_t n)
{
	struct store *s = alloc_array(1, sizeof(*s));

	s->path = path;
	s->file = file_of(path);
	s->start_ns = monotonic_ns();
	pthread_mutex_init(&s->lock, NULL);
	if (no_file(s->file)) {
		snprintf(s->error, sizeof(s->error), "%s: cannot open the store: not a file", path);
	} else if (!(flags & SQLITE_OPEN_CREATE) && access(s->file, F_OK)) {
		snprintf(s->error, sizeof(s->error), "%s: cannot open the store: %s", path, strerror(errno));
	} else if (sqlite3_open_v2(s->file, &s->db, SQLITE_OPEN_READWRITE | flags, NULL) != SQLITE_OK) {
		store_fails(s, "cannot open the store");
	} else {
		sqlite3_busy_timeout(s->db, BUSY_MS);
		if (store_exec(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON"))
			make_or_check(s);
	}
	if (!s->error[0])
		return s;
	say_read_only(s);
	if (s->db && sqlite3_errcode(s->db) == SQLITE_NOMEM)
		no_memory(s);
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
	for (uint32_t i = 0; i < s->nr_statements; i++)
		sqlite3_finalize(s->statements[i].q);
	free(s->statements);
	store_forget_pairs(s);
	sqlite3_close(s->db);
	free(s->cell);
	free(s->file);
	free(s);
}

bool store_disk_fails(void) { return disk_fails; }

bool store_lost(const struct store *s) { return s->lost; }

const char *store_error(const struct store *s)
{
	return s->error[0] ? s->error : NULL;
}
