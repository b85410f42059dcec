/* SPDX-License-Identifier: GPL-2.0-only */
/* lapicsim run: a campaign, its reports, and an exit code. */
#include <stdio.h>

#include "sim/cmd/campaign.h"
#include "sim/cmd/canary.h"
#include "sim/cmd/cmd.h"
#include "sim/cmd/examine.h"
#include "sim/cmd/log.h"
#include "sim/cmd/prepare.h"
#include "sim/cmd/report.h"
#include "sim/cmd/report_sure.h"
#include "sim/cmd/supervisor.h"
#include "sim/cmd/verdict.h"

/* Of a campaign that is kept, what is new is looked at once more while nothing else runs. */
static void examine(struct campaign *c)
{
	uint32_t left = examine_campaign(c, EXAMINE_MAX);

	if (left)
		log_line("%u new buckets were not replayed; lapicsim known STORE does it", left);
}

int cmd_run(int argc, char **argv)
{
	struct campaign c = { 0 };
	struct command_line cl;
	struct verdict verdict;
	int code, signal;

	if (cmd_parse(&cl, "run", argc, argv, &code))
		return code;
	if (!cl.args.nr)
		return cmd_fail(CMD_USAGE, "run: needs a scenario; lapicsim run --help says more");
	code = prepare_campaign(&c, &cl, &cl.args, &cl.variants);
	if (!code && cl.store)
		code = canary_prepare(&c, &cl);
	if (!code && cl.store)
		code = prepare_store(&c, cl.store);
	if (code)
		return code;
	signal = supervisor_run(&c);
	campaign_sort(&c);
	if (c.store && !signal) {
		examine(&c);
		signal = supervisor_stopped();
	}
	verdict_make(&verdict, &c, signal);
	if (cl.json) {
		if (cl.deviations)
			report_deviations_json(stdout, &c);
		report_json(stdout, &c, &verdict);
	} else {
		if (cl.deviations)
			report_deviations_text(stdout, &c);
		report_table(stdout, &c, cl.table);
		report_sure_text(stdout, &c, cl.table);
		report_text(stdout, &c, &verdict);
	}
	if (fflush(stdout) || ferror(stdout))
		return cmd_fail(CMD_HARNESS, "the result could not be written");
	if (c.store && prepare_close_store(&c, signal))
		return CMD_HARNESS;
	return verdict.code;
}
