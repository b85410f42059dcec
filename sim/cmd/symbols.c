/* SPDX-License-Identifier: GPL-2.0-only */
/* See symbols.h. */
#include "sim/cmd/symbols.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/cmd/child.h"

/* All but the innermost are return addresses: the call is the byte before. */
static uint64_t lookup_address(const struct divergence *d, uint32_t i)
{
	return i ? d->frames[i] - 1 : d->frames[i];
}

/* After each "0x..." line, pairs of function and line: innermost first. */
static void parse(FILE *f, struct symbol_frames *out)
{
	char line[512];
	bool first = false, name = true;
	struct symbol_frame *s;

	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "0x", 2)) {
			first = name = true;
			continue;
		}
		if (name) {
			if (out->nr == SYMBOL_MAX_FRAMES)
				return;
			s = &out->frame[out->nr++];
			memset(s, 0, sizeof(*s));
			snprintf(s->function, sizeof(s->function), "%.63s", line);
			if (!first)
				s[-1].inlined = true;
			first = false;
		} else {
			line[strcspn(line, " ")] = '\0';	/* "(discriminator 3)" */
			s = &out->frame[out->nr - 1];
			snprintf(s->line, sizeof(s->line), "%.191s", line);
		}
		name = !name;
	}
}

void symbols_resolve(const char *program, const struct divergence *d, struct symbol_frames *out)
{
	uint32_t nr = d->nr_frames < DIV_MAX_FRAMES ? d->nr_frames : DIV_MAX_FRAMES;
	struct child p = { .quiet = true };
	char text[DIV_MAX_FRAMES][24];
	FILE *f;

	out->nr = 0;
	if (!nr)
		return;
	child_add(&p, "addr2line", "-a", "-f", "-i", "-e", program, NULL);
	for (uint32_t i = 0; i < nr; i++) {
		snprintf(text[i], sizeof(text[i]), "0x%" PRIx64, lookup_address(d, i));
		child_add(&p, text[i], NULL);
	}
	f = child_start(&p);
	if (f)
		parse(f, out);
	child_end(&p, f);
	if (out->nr)
		return;
	for (uint32_t i = 0; i < nr; i++) {
		struct symbol_frame *s = &out->frame[out->nr++];

		memset(s, 0, sizeof(*s));
		snprintf(s->function, sizeof(s->function), "??");
		snprintf(s->line, sizeof(s->line), "runner+0x%" PRIx64, d->frames[i]);
	}
}
