/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The local APIC under test, as the simulator sees it: the exits by which a
 * guest reaches its registers (xAPIC MMIO or x2APIC MSRs), and what the oracle
 * is told about them and shown of KVM's state.
 *
 * Does not judge: the oracle does.
 */
#ifndef LAPICSIM_LAPIC_H
#define LAPICSIM_LAPIC_H

#include <stdint.h>

#include "sim/machine.h"
#include "sim/pins.h"

/* Offsets: SDM, "Local APIC Register Address Map". */
#define LAPIC_TPR	0x80u
#define LAPIC_PPR	0xa0u
#define LAPIC_EOI	0xb0u
#define LAPIC_ID	0x20u
#define LAPIC_VERSION	0x30u
#define LAPIC_LDR	0xd0u
#define LAPIC_DFR	0xe0u
#define LAPIC_SVR	0xf0u
#define LAPIC_SVR_ENABLED 0x100u
#define LAPIC_ISR	0x100u
#define LAPIC_TMR	0x180u
#define LAPIC_IRR	0x200u
#define LAPIC_ESR	0x280u
#define LAPIC_ICR	0x300u
#define LAPIC_ICR2	0x310u
#define LAPIC_SELF_IPI	0x3f0u
#define LAPIC_LVTT	0x320u
#define LAPIC_LVT_ERROR	0x370u
#define LAPIC_TMICT	0x380u
#define LAPIC_TMCCT	0x390u
#define LAPIC_TDCR	0x3e0u

#define LAPIC_LVT_NMI	(4u << 8)
#define LAPIC_LVT_MASKED	(1u << 16)
#define LAPIC_LVTT_ONESHOT	0u
#define LAPIC_LVTT_PERIODIC	1u
#define LAPIC_LVTT_DEADLINE	2u

/* Exits that the guest's access makes; each fills the exit fields of @v's hardware. */
void lapic_exit_write(struct vcpu *v, uint32_t offset, uint64_t value);
void lapic_exit_read(struct vcpu *v, uint32_t offset);

/* The same by MMIO or by MSR, whatever the mode. */
void lapic_mmio_read(struct vcpu *v, uint32_t offset, uint32_t bytes);
void lapic_mmio_write(struct vcpu *v, uint32_t offset, uint32_t bytes, uint32_t value);
void lapic_rdmsr(struct vcpu *v, uint32_t index);
void lapic_wrmsr(struct vcpu *v, uint32_t index, uint64_t value);

/* Before VM-Entry, and after KVM synchronised an exit. */
void lapic_check_entry(struct vcpu *v);
void lapic_check_exit(struct vcpu *v);

/* Actions that exited and whose effect KVM has to show from the next entry on. */
enum vcpu_action { ACTION_NONE, ACTION_EOI, ACTION_TPR, ACTION_HLT, ACTION_PV_MSR, ACTION_PV_IPI,
		   ACTION_CPUID };
void lapic_tell_all(struct vcpu *v);
static inline void lapic_tell(struct vcpu *v)
{
	if (unlikely(v->untold))
		lapic_tell_all(v);
}

/* KVM has handled the guest's access to the timer, if there was one. */
void lapic_settle_timer(struct vcpu *v, bool faulted);
/* What an entry says about the last access: an injected #GP means that it failed. */
void lapic_settle_all(struct vcpu *v, bool faulted);
static inline void lapic_settle(struct vcpu *v, bool faulted)
{
	if (unlikely(v->untold) || unlikely(v->message >= 0) || unlikely(pins_on))
		lapic_settle_all(v, faulted);
}

/* KVM has handled a register access. */
void lapic_access_done(struct vcpu *v, bool faulted);

#endif
