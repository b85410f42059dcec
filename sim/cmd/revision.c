/* SPDX-License-Identifier: GPL-2.0-only */
/* See revision.h. */
#include "sim/cmd/revision.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"
#include "sim/cmd/child.h"
#include "sim/cmd/cmd.h"

#define SHORT_HASH 12

const char *revision_top(const char *folder)
{
	struct child p = { .quiet = true };
	char line[CMD_PATH_MAX] = "";
	FILE *out;

	child_add(&p, "git", "-C", folder, "rev-parse", "--show-toplevel", NULL);
	out = child_start(&p);
	if (out && fgets(line, sizeof(line), out))
		line[strcspn(line, "\n")] = '\0';
	return child_end(&p, out) || !line[0] ? folder : alloc_text(line);
}

int revision_resolve(const char *repo, const char *rev, char commit[REVISION_BYTES])
{
	char wanted[512];
	struct child p = { .quiet = true };
	FILE *out;

	snprintf(wanted, sizeof(wanted), "%s^{commit}", rev);
	child_add(&p, "git", "-C", repo, "rev-parse", "--verify", "--quiet", "--end-of-options", wanted, NULL);
	out = child_start(&p);
	if (!out || fscanf(out, "%64[0-9a-f]", commit) != 1)
		commit[0] = '\0';
	if (child_end(&p, out) || !commit[0])
		return cmd_fail(CMD_BAD_INPUT, "%s: no repository, or no revision %s in it", repo, rev);
	return 0;
}

void revision_name(const char *prefix, const char *commit, char *buf, size_t n)
{
	snprintf(buf, n, "%s-%.*s", prefix, SHORT_HASH, commit);
}

int revision_build(const char *repo, const char *commit, const char *name, const char *class)
{
	struct child p;
	int code;

	child_python(&p, "kvm/builder");
	child_add(&p, "add", name, "--git", repo, "--rev", commit, "--build", paths_build(), NULL);
	if (class)
		child_add(&p, "--class", class, NULL);
	code = child_run(&p);
	return code < 0 || code == 127 ? cmd_fail(CMD_HARNESS, "the variant builder cannot be started") : code;
}

void revision_remove(const char *name)
{
	struct child p;

	child_python(&p, "kvm/builder");
	child_add(&p, "remove", name, "--build", paths_build(), NULL);
	p.quiet = true;
	child_run(&p);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void drop_doubles(struct option_list *l)
{
	uint32_t nr = 0;

	if (l->nr)
		qsort(l->item, l->nr, sizeof(*l->item), by_name);
	for (uint32_t i = 0; i < l->nr; i++)
		if (!nr || strcmp(l->item[nr - 1], l->item[i]))
			l->item[nr++] = l->item[i];
	l->nr = nr;
}

/* What `variant show` prints, a line each. */
static int show_lines(const char *name, const char *what, struct option_list *lines)
{
	char line[CMD_PATH_MAX];
	struct child p;
	FILE *out;

	child_python(&p, "kvm/builder");
	child_add(&p, "show", name, what, "--build", paths_build(), NULL);
	out = child_start(&p);
	while (out && fgets(line, sizeof(line), out)) {
		line[strcspn(line, "\n")] = '\0';
		option_list_add(lines, alloc_text(line));
	}
	return child_end(&p, out) ? CMD_HARNESS : 0;
}

int revision_files(const char *name, struct option_list *paths)
{
	int code = show_lines(name, "--files", paths);

	drop_doubles(paths);
	return code;
}

int revision_sources(const char *name, struct option_list *folders)
{
	return show_lines(name, "--sources", folders);
}
