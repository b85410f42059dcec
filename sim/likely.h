/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which way a branch mostly goes.  A branch that is taken costs the path of an interrupt
 * about a nanosecond, right or wrong prediction aside, so its usual way is straight on.
 *
 * Says nothing about what is correct.
 */
#ifndef LAPICSIM_LIKELY_H
#define LAPICSIM_LIKELY_H

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)

#endif
