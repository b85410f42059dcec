/* SPDX-License-Identifier: GPL-2.0-only */
/* What a draft says: draft.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/cmd/draft.h"

/* NULL with errno EEXIST: it is there already. */
static FILE *create(const char *folder, const char *name, const char *suffix)
{
	char path[2 * CMD_PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s%s", folder, name, suffix);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	return fd < 0 ? NULL : fdopen(fd, "w");
}

static int finish(FILE *f)
{
	int failed = ferror(f);

	return fclose(f) || failed ? -1 : 0;
}

/* The finding's path as an entry has it: from the repository's root, or a whole one elsewhere. */
static void finding_path(const struct draft *d, const char *folder, char *buf, size_t n)
{
	char *whole = realpath(folder, NULL);
	const char *at = whole ? whole : folder;
	size_t root = strlen(paths_root());

	if (!strncmp(at, paths_root(), root) && at[root] == '/')
		at += root + 1;
	snprintf(buf, n, "%s/%s.md", at, d->name);
	free(whole);
}

static void print_title(FILE *f, const struct draft *d)
{
	const struct bucket *b = &d->bucket;

	fprintf(f, "%s, %.31s%s%.40s%s", divergence_name(b->kind), b->first.check,
		*b->function ? ", in " : "", b->function, *b->function ? "()" : "");
}

static void print_facts(FILE *f, const struct draft *d, const char *mark)
{
	const struct bucket *b = &d->bucket;

	fprintf(f, "%s%" PRIu64 " runs show it", mark, b->nr_runs);
	if (b->replays)
		fprintf(f, "; %u of %u replays in processes of their own do", b->replayed, b->replays);
	fprintf(f,
		"\n%s    lapicsim replay %s\n%s    lapicsim replay %s\n%sThe second shows it after the fewest events, %" PRIu64
		".\n",
		mark, d->first, mark, d->cheapest, mark, b->cheap_event);
}

static int write_entry(const struct draft *d, const char *folder)
{
	const struct bucket *b = &d->bucket;
	char path[2 * CMD_PATH_MAX];
	FILE *f = create(folder, d->name, ".known");

	if (!f)
		return -1;
	finding_path(d, folder, path, sizeof(path));
	fprintf(f, "# SPDX-License-Identifier: GPL-2.0-only\n#\n# A draft, by lapicsim known.\n#\n");
	print_facts(f, d, "# ");
	fprintf(f,
		"#\n# Narrow the signature until it matches this and nothing else: text = takes a part of the message.\n"
		"# Then move this file to known/, the write-up to docs/findings/, and say so in finding.\n[known]\ntitle = ");
	print_title(f, d);
	fprintf(f, "\nkind = %s\ncheck = %s\n", divergence_key(b->kind), b->first.check);
	if (*b->function)
		fprintf(f, "function = %s\n", b->function);
	if (*b->slice)
		fprintf(f, "slice = %s\n", b->slice);
	if (*d->variants)
		fprintf(f, "variants = %s\n", d->variants);
	if (*d->scenarios)
		fprintf(f, "scenarios = %s\n", d->scenarios);
	fprintf(f,
		"# Complete this: what happens, and in which functions of KVM.\nexplanation = Seen was: %s\n",
		b->first.text);
	if (*b->trail)
		fprintf(f, "  Before it, on the same state: %s.\n", b->trail);
	if (*b->stack)
		fprintf(f, "  The stack, innermost first: %s.\n", b->stack);
	fprintf(f, "finding = %s\nscenario = %s\n", path, d->scenario);
	return finish(f);
}

static int write_finding(const struct draft *d, const char *folder)
{
	const struct bucket *b = &d->bucket;
	FILE *f = create(folder, d->name, ".md");

	if (!f)
		return errno == EEXIST ? 0 : -1;
	fprintf(f, "<!-- SPDX-License-Identifier: GPL-2.0-only -->\n# ");
	print_title(f, d);
	fprintf(f,
		"\n\n<!-- Complete this: the claim, the sequence, the effect, and what the SDM or the ABI says. -->\n\n"
		"%s\n\n",
		b->first.text);
	print_facts(f, d, "");
	if (*b->trail)
		fprintf(f, "\nBefore it, on the same state: %s.\n", b->trail);
	if (*b->stack)
		fprintf(f, "\nThe stack, innermost first: %s.\n", b->stack);
	fprintf(f, "\nVariants: %s. Scenarios: %s.\n", *d->variants ? d->variants : "many",
		*d->scenarios ? d->scenarios : "many");
	return finish(f);
}

int draft_write(const struct draft *d, const char *folder)
{
	if (write_entry(d, folder))
		return errno == EEXIST ? 0 : -1;
	return write_finding(d, folder) ? -1 : 1;
}
