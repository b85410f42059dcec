// SPDX-License-Identifier: GPL-2.0-only
/* lapicsim known: the findings that are explained, and what each looks like. */
#include <stdio.h>

#include "sim/cmd/cmd.h"
#include "sim/cmd/known.h"
#include "sim/cmd/report.h"

static void member(const char *key, const char *value)
{
	printf(",\"%s\":", key);
	json_string(stdout, value);
}

static void print_json(const struct known *k)
{
	printf("{\"type\":\"known\"");
	member("name", k->name);
	member("title", k->title);
	member("kind", k->kind_key);
	member("check", k->check);
	member("function", k->function);
	member("text", k->text);
	member("slice", k->slice);
	member("variants", k->variants);
	member("classes", k->classes);
	member("scenarios", k->scenarios);
	member("explanation", k->explanation);
	member("finding", k->finding);
	member("scenario", k->scenario);
	printf("}\n");
}

static void print_text(const struct known *k)
{
	printf("%s: %s\n  %s [%s]%s%s%s\n  %s\n  %s, shown by scenario %s\n", k->name, k->title,
	       divergence_name(k->kind), k->check[0] ? k->check : k->function, k->text[0] ? " with \"" : "", k->text,
	       k->text[0] ? "\"" : "", k->explanation, k->finding, k->scenario);
}

int cmd_known(int argc, char **argv)
{
	char folder[CMD_PATH_MAX], error[1024];
	struct command_line cl;
	struct known_list l;
	int code;

	if (cmd_parse(&cl, "known", argc, argv, &code))
		return code;
	if (cl.args.nr)
		return cmd_fail(CMD_USAGE, "known: takes no argument");
	paths_known(cl.known, folder, sizeof(folder));
	if (known_load(&l, folder, error, sizeof(error)))
		return cmd_fail(CMD_BAD_INPUT, "%s", error);
	for (uint32_t i = 0; i < l.nr; i++)
		cl.json ? print_json(&l.item[i]) : print_text(&l.item[i]);
	return CMD_OK;
}
