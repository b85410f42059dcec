/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses of a runner as functions and lines, by addr2line (binutils).
 * Runners are not PIC: a frame's address is that of the ELF file.
 */
#ifndef LAPICSIM_SYMBOLS_H
#define LAPICSIM_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/divergence.h"

#define SYMBOL_MAX_FRAMES (4 * DIV_MAX_FRAMES)	/* inlined ones too */

struct symbol_frame {
	char function[64];
	char line[192];		/* "arch/x86/kvm/lapic.c:2927", or the address if there is none */
	bool inlined;		/* into the next */
};

struct symbol_frames {
	uint32_t nr;
	struct symbol_frame frame[SYMBOL_MAX_FRAMES];
};

/* Without addr2line or debug information the frames are bare addresses. */
void symbols_resolve(const char *program, const struct divergence *d, struct symbol_frames *out);

#endif
