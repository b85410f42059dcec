// SPDX-License-Identifier: GPL-2.0-only
/* See pit.h. */
#include "sim/oracle/pit.h"

#include "sim/oracle/check.h"
#include "sim/oracle/chips_state.h"

#define PIT_PIN		0u
#define PIT_HZ		1193182u	/* 8254: the clock that PCs give it */
#define LATE_NS		60000u		/* what the host may take to send one */
#define FREE_PULSES	2u		/* one that has left, and one that begins anew */

static struct pit {
	uint64_t period;	/* 0: it does not run */
	uint64_t since;		/* no tick was due before that is still to come */
	bool	 at_once;	/* reinjection is off: every tick is sent as it elapses */
	bool	 orphan;	/* KVM may wait for the end of an interrupt that the entry no longer names */
	bool	 ended;		/* an EOI came after the last tick that may be its */
	uint8_t	 vector;	/* of the last tick, 0: unknown */
	uint32_t nr_free;	/* ticks to come that need not wait for the last one's end */
} pit;

void pit_reset(void) { pit = (struct pit){ .nr_free = FREE_PULSES }; }

static void begin_anew(void)
{
	pit.since = oracle.config.now_ns();
	pit.nr_free = FREE_PULSES;
}

void oracle_pit_start(uint32_t count)
{
	pit.period = count * 1000000000ull / PIT_HZ + 1;
	begin_anew();
}

void oracle_pit_stop(void) { pit.period = 0; }
void oracle_pit_touched(void) { begin_anew(); }

void oracle_pit_reinject(bool on)
{
	pit.at_once = !on;
	begin_anew();
}

static bool pending(const struct oracle_vcpu *v, uint32_t vector, bool certainly)
{
	return vector_test(v->apic.irr, vector) || vector_test(v->apic.isr, vector) ||
	       (!certainly && (vector_test(v->may, vector) || vector_test(v->inflight, vector)));
}

static bool pending_anywhere(uint32_t vector, bool certainly)
{
	for (uint32_t i = 0; i < oracle.nr_vcpus; i++)
		if (pending(oracle_vcpu(i), vector, certainly))
			return true;
	return false;
}

/* An entry that sends. */
static bool open(uint64_t entry) { return !(entry & REDIR_MASK) && REDIR_MODE(entry) == 0; }

void oracle_pit_raised(void)
{
	uint64_t entry = chips.vm[0].io.redir[PIT_PIN];

	if (!oracle.config.pit)
		return;
	if (pit.vector && !pit.at_once && !pit.nr_free && !pit.ended && pending_anywhere(pit.vector, true))
		check_fire(CHECK_PIT_EARLY, NULL, 0, pit.vector,
			   "a tick of the PIT is sent while the last one's vector 0x%02x is not ended", pit.vector);
	pit.vector = open(entry) ? entry & REDIR_VECTOR : 0;
	pit.ended = false;
	pit.nr_free -= pit.nr_free > 0;
	pit.since = oracle.config.now_ns();
}

void pit_eoi(int vector)
{
	pit.ended |= vector == pit.vector || vector == (int)(chips.vm[0].io.redir[PIT_PIN] & REDIR_VECTOR);
}

void pit_entry_written(uint64_t old, uint64_t entry)
{
	/* An EOI that is under way may be of either vector. */
	if ((old ^ entry) & REDIR_VECTOR)
		pit.nr_free = FREE_PULSES;
	pit.orphan |= ((old ^ entry) & ~REDIR_MASK) != 0;
	if (!(old & REDIR_MASK) || (entry & REDIR_MASK))
		return;
	pit.orphan = false;
	begin_anew();
}

void pit_look(void)
{
	uint64_t entry = chips.vm[0].io.redir[PIT_PIN], now = oracle.config.now_ns();

	if (!pit.period)
		return;
	if (pit.orphan || !open(entry) || pending_anywhere(entry & REDIR_VECTOR, false) ||
	    (pit.vector && pending_anywhere(pit.vector, false)))
		pit.since = now;
	if (now < pit.since + pit.period + LATE_NS)
		return;
	check_fire(CHECK_PIT_LATE, NULL, 0, entry & REDIR_VECTOR,
		   "the PIT, whose period is %llu ns, has not sent a tick for %llu ns, and none was pending",
		   (unsigned long long)pit.period, (unsigned long long)(now - pit.since));
	pit.since = now;
}
