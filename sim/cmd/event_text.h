/* SPDX-License-Identifier: GPL-2.0-only */
/* An event of the digest in words, as far as its numbers say what it was. */
#ifndef LAPICSIM_EVENT_TEXT_H
#define LAPICSIM_EVENT_TEXT_H

#include <stddef.h>

#include "sim/digest.h"

/* Returns @buf. */
char *event_text(const struct digest_record *e, char *buf, size_t n);

#endif
