/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A token names a run so that it can be made again, on any machine:
 *
 *	v1:SCENARIO@HASH:VARIANT@IDENTITY:0xSEED[:section.key=value,...]
 *
 * HASH (8 hexadecimal digits) is of the scenario file, IDENTITY (up to 16) of the
 * variant's manifest; each may be missing together with its @, and then nothing is
 * said about it.  What comes after the seed are the options that differ from the
 * scenario file's.  A token needs no quoting in a shell.
 *
 * Does not look whether scenario, variant or options exist.
 */
#ifndef LAPICSIM_TOKEN_H
#define LAPICSIM_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#define TOKEN_MAX_BYTES	512u	/* of the text, with its terminating 0 */

struct token {
	char	 scenario[64];		/* names: [A-Za-z0-9._+-] */
	uint32_t scenario_hash;		/* 0: unspecified */
	char	 variant[64];
	char	 identity[17];		/* "": unspecified */
	uint64_t seed;
	char	 overrides[256];	/* "section.key=value,section.key=value" or "" */
};

/* 0, or -1 with one line in @error that names the part that is wrong; @out is then all zero. */
int token_parse(const char *text, struct token *out, char *error, size_t n);
/* The length of the text, or -1 if it does not fit or @t is not valid; @out is then "". */
int token_format(const struct token *t, char *out, size_t n);

#endif
