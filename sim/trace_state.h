/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * --trace=states: after each step of an actor, the local APICs that it changed, as
 * KVM holds them: IRR, ISR, TPR, what is to be injected, PV EOI.
 *
 * Looks only: nothing in here draws, schedules or touches the digest.
 */
#ifndef LAPICSIM_TRACE_STATE_H
#define LAPICSIM_TRACE_STATE_H

/* For trace_after_steps(). */
void trace_state(void);
/* Nothing has been told yet. */
void trace_state_reset(void);

#endif
