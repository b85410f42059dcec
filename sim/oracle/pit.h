/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ticks of the in-kernel PIT, whose channel 0 the guest has started once, as a rate
 * generator.  KVM api.rst, KVM_REINJECT_CONTROL: with reinjection KVM queues elapsed
 * ticks, and sends one "whenever there isn't a pending interrupt from i8254"; without,
 * "as soon as a tick arrives".
 *
 * So a tick is late when none has come for a period, although the entry of pin 0 was
 * open and the last one's interrupt was over; and early when it comes, with reinjection,
 * while the last one's is certainly pending or in service.  Where the entry, the count
 * or the mode of reinjection change meanwhile, KVM begins anew, and nothing is judged
 * until it has.
 *
 * Does not count ticks.  Only if oracle_config.pit is set: one VM, whose GSI 0 is the PIT's alone.
 */
#ifndef LAPICSIM_ORACLE_PIT_H
#define LAPICSIM_ORACLE_PIT_H

#include <stdbool.h>
#include <stdint.h>

/* The guest writes the count that starts it; its period follows from it. The guest stops it. */
void oracle_pit_start(uint32_t count);
void oracle_pit_stop(void);
/* Around a call of userspace that starts the count anew, or switches reinjection. */
void oracle_pit_touched(void);
void oracle_pit_reinject(bool on);
/* Its line rises. */
void oracle_pit_raised(void);

/* --- For the oracle. */
void pit_reset(void);
void pit_entry_written(uint64_t old, uint64_t entry);
void pit_eoi(int vector);
/* Called now and then, and at least after each EOI that KVM has seen. */
void pit_look(void);

#endif
