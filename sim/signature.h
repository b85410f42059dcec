/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a divergence is called: the part of its bucket's name that comes out of
 * its text.  Two of one cause should have one name, on every variant, whatever
 * vCPU, vector or value they show; docs/buckets.md says how well that works.
 *
 * Does not name the check or the function: they are in the divergence already.
 */
#ifndef LAPICSIM_SIGNATURE_H
#define LAPICSIM_SIGNATURE_H

#include <stddef.h>

#include "sim/divergence.h"

#define SIGNATURE_BYTES	80u

/*
 * The text up to its first number or semicolon, the register that it is about, and
 * which way a fault is wrong: "register lvt0", "WRMSR of icr must fault".  "vcpu1"
 * is "vcpu" in it.  "" for a BUG or a WARN, which its function names, and where chance
 * says which of many registers it is about.
 */
void signature_slice(const struct divergence *d, char *buf, size_t n);
/* The name of all that follow a new one in the same run: consequences, as far as anybody knows. */
#define SIGNATURE_FOLLOWS "after another"

/* Line numbers differ between variants: "lapic.c:2927 apic_sync_pv_eoi_from_guest" without them. */
const char *signature_function(const char *site);

#endif
