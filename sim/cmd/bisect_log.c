/* SPDX-License-Identifier: GPL-2.0-only */
/* See bisect_log.h. */
#include "sim/cmd/bisect_log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/alloc.h"
#include "sim/rng.h"

static const char *const verdicts[] = { "good", "bad", "skip" };

#define NR_VERDICTS (sizeof(verdicts) / sizeof(verdicts[0]))

const char *bisect_verdict_name(enum bisect_verdict verdict)
{
	return verdicts[verdict];
}

static void keep(struct bisect_log *l, const struct bisect_entry *e)
{
	l->entry = alloc_grow(l->entry, l->nr, sizeof(*e));
	l->entry[l->nr++] = *e;
}

/* A line that was cut off by the end of a process says nothing. */
static void read_line(struct bisect_log *l, const char *line)
{
	struct bisect_entry e = { 0 };
	char word[16], end;

	if (sscanf(line, "seeds %" SCNu64 "%c", &l->nr_seeds, &end) == 2)
		return;
	if (sscanf(line, "%15s %64[0-9a-f] %" SCNu64 " %" SCNu64 "%c", word, e.commit, &e.nr_runs, &e.nr_hits,
		   &end) != 5 ||
	    end != '\n')
		return;
	for (uint32_t i = 0; i < NR_VERDICTS; i++) {
		if (strcmp(word, verdicts[i]))
			continue;
		e.verdict = i;
		keep(l, &e);
	}
}

int bisect_log_open(struct bisect_log *l, const char *key, bool restart)
{
	char folder[CMD_PATH_MAX + 16], line[512];
	uint64_t hash = 0;

	memset(l, 0, sizeof(*l));
	for (const char *p = key; *p; p++)
		hash = rng_mix(hash + (uint8_t)*p);
	snprintf(folder, sizeof(folder), "%s/bisect", paths_build());
	mkdir(folder, 0777);
	snprintf(l->path, sizeof(l->path), "%s/%016" PRIx64 ".log", folder, hash);
	l->file = fopen(l->path, restart ? "w+e" : "a+e");
	if (!l->file)
		return cmd_fail(CMD_HARNESS, "%s: %s", l->path, strerror(errno));
	setvbuf(l->file, NULL, _IOLBF, 4096);
	rewind(l->file);
	while (fgets(line, sizeof(line), l->file))
		read_line(l, line);
	fseek(l->file, 0, SEEK_END);
	if (!ftell(l->file))
		fprintf(l->file, "# %s\n", key);
	return 0;
}

const struct bisect_entry *bisect_log_find(const struct bisect_log *l, const char *commit)
{
	for (uint32_t i = 0; i < l->nr; i++)
		if (!strcmp(l->entry[i].commit, commit))
			return &l->entry[i];
	return NULL;
}

void bisect_log_seeds(struct bisect_log *l, uint64_t nr_seeds)
{
	l->nr_seeds = nr_seeds;
	fprintf(l->file, "seeds %" PRIu64 "\n", nr_seeds);
}

void bisect_log_add(struct bisect_log *l, const struct bisect_entry *e)
{
	keep(l, e);
	fprintf(l->file, "%s %s %" PRIu64 " %" PRIu64 "\n", verdicts[e->verdict], e->commit, e->nr_runs, e->nr_hits);
}

void bisect_log_close(struct bisect_log *l)
{
	fclose(l->file);
	free(l->entry);
}
