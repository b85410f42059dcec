/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of the libc world that has to be had: who asks gets it, or the process ends,
 * with one line on stderr and the exit code of a harness that failed.  What a store
 * has is safe then, since it is written in transactions.
 *
 * Not for what KVM allocates: that may fail, and does (kvm/boundary.h).
 */
#ifndef LAPICSIM_ALLOC_H
#define LAPICSIM_ALLOC_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed; also for no elements at all. */
void *alloc_array(uint64_t nr, size_t bytes);
/*
 * @array, of @nr elements, with room for one more.  For arrays that only this makes, from
 * NULL on, one element at a time: their room is the next power of two, or more where they
 * have lost elements since.
 */
void *alloc_grow(void *array, uint64_t nr, size_t bytes);
/* @array with room for @room elements; those that it had are kept. */
void *alloc_resize(void *array, uint64_t room, size_t bytes);
char *alloc_text(const char *text);
/* There is none to be had. */
_Noreturn void alloc_failed(void);

#endif
