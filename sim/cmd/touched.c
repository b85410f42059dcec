/* SPDX-License-Identifier: GPL-2.0-only */
/* See touched.h. */
#include "sim/cmd/touched.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"
#include "sim/cmd/child.h"
#include "sim/cmd/log.h"

/* Cuts the first of @rest's fields between tabs off. */
static char *field(char **rest)
{
	char *start = *rest;

	*rest += strcspn(*rest, "\t\n");
	if (**rest)
		*(*rest)++ = '\0';
	return start;
}

static void take_line(struct touched *t, bool in_base, char *rest)
{
	struct touched_line *l;

	t->line = alloc_grow(t->line, t->nr_lines, sizeof(*l));
	l = &t->line[t->nr_lines++];
	memset(l, 0, sizeof(*l));
	l->in_base = in_base;
	snprintf(l->file, sizeof(l->file), "%s", field(&rest));
	l->line = strtoul(field(&rest), NULL, 10);
	l->nr_runs = strtoull(field(&rest), NULL, 10);
	snprintf(l->text, sizeof(l->text), "%s", field(&rest));
	t->nr_reached += l->nr_runs != 0;
}

static void take(struct touched *t, char *line)
{
	const char *what = field(&line), *side = field(&line);
	bool in_base = !strcmp(side, "base");

	if (!strcmp(what, "line"))
		take_line(t, in_base, line);
	else if (!strcmp(what, "lines"))
		t->nr_changed[!in_base] = strtoull(field(&line), NULL, 10);
	else if (!strcmp(what, "sampled"))
		t->nr_sampled[!in_base] = strtoull(field(&line), NULL, 10);
}

void touched_measure(struct touched *t, const struct campaign *c, uint32_t variant, uint64_t nr_runs)
{
	char runs[24], first[24], line[2048];
	struct child p;
	FILE *out;

	memset(t, 0, sizeof(*t));
	snprintf(runs, sizeof(runs), "%" PRIu64, nr_runs);
	snprintf(first, sizeof(first), "%" PRIu64, c->first_seed);
	child_python(&p, "kvm/touched");
	child_add(&p, "--build", paths_build(), "--base", c->variants[0].name, "--variant",
		  c->variants[variant].name, "--runs", runs, "--first", first, "--set", c->overrides, NULL);
	for (uint32_t s = 0; s < c->nr_scenarios; s++)
		child_add(&p, c->scenarios[s].path, NULL);
	out = child_start(&p);
	while (out && fgets(line, sizeof(line), out))
		take(t, line);
	t->known = child_end(&p, out) == 0;
	if (!t->known)
		log_line("which of the lines that %s changes were executed is not known", c->variants[variant].name);
}
