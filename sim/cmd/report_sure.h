/* SPDX-License-Identifier: GPL-2.0-only */
/* What a campaign says about its own certainty, for people and for programs. */
#ifndef LAPICSIM_REPORT_SURE_H
#define LAPICSIM_REPORT_SURE_H

#include <stdio.h>

#include "sim/cmd/campaign.h"

void report_sure_text(FILE *f, const struct campaign *c, bool per_scenario);
void report_sure_json(FILE *f, const struct campaign *c);

#endif
