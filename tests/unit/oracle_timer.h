/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of the timer's checks: words to write the history of a timer with.
 * Included by one .c file per program.
 */
#ifndef LAPICSIM_TESTS_UNIT_ORACLE_TIMER_H
#define LAPICSIM_TESTS_UNIT_ORACLE_TIMER_H

#include "sim/oracle/timer.h"
#include "tests/unit/oracle_history.h"

#define ONESHOT		0x000f0u
#define PERIODIC	0x200f0u
#define DEADLINE	0x400f0u
#define MASKED		0x10000u

#define fired(check, kind, vector) fired_at(__LINE__, check, kind, vector)

static inline void fired_at(int line, const char *check, uint32_t kind, uint32_t vector)
{
	test_expect(nr_seen == 1, __FILE__, line, "%u divergences, expected one %s", nr_seen, check);
	for (uint32_t i = 0; i < nr_seen && i < 64; i++)
		test_expect(!strcmp(seen[i].check, check) && seen[i].kind == kind && seen[i].vector == vector,
			    __FILE__, line, "%s fired, expected %s: %s", seen[i].check, check, seen[i].text);
	nr_seen = 0;
}

static inline void start(void)
{
	model_timer = true;
	model_boot(1, 1, true, false);
	prepare_and_enter();
}

/* The guest runs for @ns and exits for no reason; @vector: KVM then delivers it. -1: none. */
static inline void run(uint64_t ns, int vector)
{
	now += ns;
	oracle_timer_exit(0);
	leave();
	if (vector >= 0)
		model_accept(M, (uint32_t)vector, false);
	prepare_and_enter();
	if (vector < 0)
		return;
	oracle_timer_exit(0);
	eoi();
	prepare_and_enter();
}

static inline void expires(uint64_t ns) { run(ns, 0xf0); }
static inline void passes(uint64_t ns) { run(ns, -1); }

/* An exit that KVM takes @took ns to handle. */
static inline void write_in(enum oracle_timer_reg reg, uint64_t value, uint64_t took)
{
	oracle_timer_write(0, reg, value);
	oracle_timer_exit(0);
	leave();
	now += took;
	oracle_timer_done(0, true, 0);
	prepare_and_enter();
}

static inline void write_reg(enum oracle_timer_reg reg, uint64_t value) { write_in(reg, value, 0); }

static inline void read_reg(enum oracle_timer_reg reg, uint64_t value)
{
	oracle_timer_read(0, reg);
	oracle_timer_exit(0);
	leave();
	oracle_timer_done(0, true, value);
	prepare_and_enter();
}

/* Undivided, so that a count is a time. */
static inline void start_mode(uint32_t lvtt)
{
	start();
	write_reg(TIMER_REG_DIVIDE, 0xb);
	write_reg(TIMER_REG_LVTT, lvtt);
}

/* @as_it_was: what userspace has just saved. */
static inline void load_as(bool as_it_was, uint32_t lvtt, uint32_t count, uint32_t current)
{
	oracle_timer_write(0, TIMER_REG_LOAD, as_it_was);
	oracle_timer_exit(0);
	leave();
	model_look(M);
	model_put(M, 0x320, lvtt);
	model_put(M, 0x380, count);
	model_put(M, 0x390, current);
	model_put(M, 0x3e0, 0xb);
	oracle_user_set_lapic(0, M->page, true);
	prepare_and_enter();
}

static inline void load(uint32_t lvtt, uint32_t count, uint32_t current) { load_as(false, lvtt, count, current); }

#endif
