/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the oracle remembers: one struct oracle_vcpu per vCPU, and one struct
 * oracle_state for the process.
 *
 * A vector's place in IRR is one of: pending for sure (apic.irr), perhaps (may),
 * no.  A message that overlaps an observation or an acknowledgement leaves a
 * "perhaps", and the next observation of KVM's IRR settles it.
 *
 * Invariants: inflight is a subset of may; bit w of "loose" is set if may[w] is
 * not 0; bit w of "touched" is set if again[w] or fresh[w] is not 0.
 */
#ifndef LAPICSIM_ORACLE_STATE_H
#define LAPICSIM_ORACLE_STATE_H

#include <stddef.h>

#include "sim/likely.h"
#include "sim/oracle/apic.h"
#include "sim/oracle/oracle.h"

/* What other vCPUs' messages match against. Taken from KVM's page, unless there is a register file. */
struct oracle_identity {
	uint64_t apic_base;
	uint32_t id;			/* xAPIC: 8 bits, already shifted down */
	uint32_t ldr, dfr, svr;
};

/* What an interrupt touches comes first, in as few cache lines as it takes. */
struct oracle_vcpu {
	_Alignas(64) struct ideal_apic apic;
	uint8_t  touched;
	bool	 ppr_lazy;		/* TPR may have been written without an exit */
	bool	 irr_hidden;		/* irr_pending was wrong, or perhaps, and nothing was dispatched since */
	bool	 eoi_missed;		/* a wrong SVI has let an EOI end another vector than the highest */
	bool	 last_eoi_pv;
	/* Whether anything is in doubt is asked at once: check_plain.h. */
	union {
		struct {
			uint8_t	 loose;
			bool	 tmr_loose;
			bool	 page_gone;	/* of the PV EOI word */
			bool	 in_guest;	/* between oracle_entry() and oracle_exit() */
			bool	 maybe_acked;	/* the word was replaced by a 0 while armed */
			bool	 kvm_pending;	/* KVM's PENDING at the last look */
			uint8_t	 reserved[2];
		};
		uint64_t doubt;
	};
	int16_t  owed;			/* in ISR, not yet delivered to the guest; -1: none */
	int16_t  extint;		/* acknowledged from the PIC, neither injected nor held yet; -1: none */
	int16_t  last_eoi;		/* what the latest EOI ended, -1 */
	int16_t  late_ack;		/* acked, KVM cannot know yet; -1 */
	int32_t  messages;		/* in flight, to this vCPU alone; the chain is box.h's */
	uint16_t nr_group;		/* lowest-priority messages that may be for this vCPU */
	bool	 if_known, if_enabled;
	bool	 moved;			/* to a new vCPU, not entered there yet */
	bool	 kept;			/* IRR is what it was before the APIC was off: KVM need not look */
	bool	 changing;		/* @next is on its way in: identity.c */
	uint8_t	 stray;			/* by irr-spurious, and not dispatched since; 0: none */
	uint32_t blocking;		/* KW_BLOCK_* */
	uint32_t reported;		/* checks whose mismatch persists: 1u << enum check */

	/* PV EOI. */
	uint32_t word;			/* as the guest or the host last left it, if known */
	bool	 word_known;
	bool	 word_trusted;		/* seen with bit 0 clear since the page or the MSR changed */
	bool	 armed;			/* bit 0 was 1 at entry, not acked since */
	bool	 page_was_gone;		/* ... at some time since the last exit was compared */
	uint64_t pv_msr;

	struct oracle_identity now;	/* oracle_reset() sees to it */
	uint32_t index, vm;		/* constant, as x2apic_id is */
	uint32_t x2apic_id;

	/* Perhaps in IRR. */
	uint32_t may[APIC_WORDS];
	/* A message that has begun and not ended may set it. */
	uint32_t inflight[APIC_WORDS];
	/* Since the last exit a message met the vector pending: an acknowledgement may have come between. */
	uint32_t again[APIC_WORDS];
	/* Became pending for sure only since the last exit, perhaps after KVM looked. */
	uint32_t fresh[APIC_WORDS];
	/* Dispatched, or overwritten by userspace, while a message was in flight. */
	uint32_t taken[APIC_WORDS];
	/* TMR bit that two messages disagree on; taken from the next observation. */
	uint32_t unsure[APIC_WORDS];
	uint64_t taken_seq;		/* the latest of these, in o.seq's order */

	struct oracle_identity next;
	struct oracle_identity base;	/* oracle_baseline() */
	uint64_t base_pv_msr;
	uint8_t  base_tpr;
};

#define ORACLE_HOT_BYTES offsetof(struct oracle_vcpu, taken)

/* Bytes of "doubt": what an exit asks about, and what an entry does. */
#define DOUBT_EXIT	0xffffffull
#define DOUBT_ENTRY	0xffffffffffffull

struct oracle_vm {
	uint32_t first, nr;		/* vCPU indexes */
	uint32_t nr_irregular;		/* vCPUs whose ID is not their place in the VM */
	uint32_t nr_xapic;
	uint32_t nr_changing;
	uint32_t leaked[APIC_WORDS];	/* vectors in flight for ever: no room to follow a message */
	bool	 any_leaked;
	uint64_t slot_sum;		/* slot.c: of the memory that a slot left behind */
};

struct oracle_state {
	struct oracle_config config;
	struct oracle_vcpu *vcpu;
	struct oracle_vm *vm;
	struct oracle_timer *timer;	/* one per vCPU, or NULL: timers are not judged */
	uint32_t nr_vcpus, nr_vms;
	bool	 special;		/* timers, events or registers are judged too */
	uint64_t seq;
	uint64_t nr_not_judged;		/* messages that bypass IRR: NMI, SMI, INIT, SIPI, ExtINT */
	uint64_t nr_leaked;		/* messages that there was no room for */
	uint64_t bytes;
};
extern struct oracle_state oracle;

/* @nr of @bytes each, zeroed, counted in oracle.bytes; for free(). NULL: no memory. */
void *oracle_array(uint64_t nr, size_t bytes);

static inline struct oracle_vcpu *oracle_vcpu(uint32_t index)
{
	return &oracle.vcpu[index];
}

static inline bool identity_x2apic(const struct oracle_identity *id)
{
	return id->apic_base & APIC_BASE_EXTD;
}

/* IA32_APIC_BASE.EN and SVR bit 8. */
static inline bool identity_enabled(const struct oracle_identity *id)
{
	return (id->apic_base & APIC_BASE_EN) && (id->svr & APIC_SVR_ENABLED);
}

/* Anything that is in IRR for sure. */
static inline uint32_t vcpu_waiting(const struct oracle_vcpu *v)
{
	return vector_any(v->apic.irr);
}

/* The highest vector that KVM must have seen by this VM-Entry, or -1. */
static inline int vcpu_highest_settled(const struct oracle_vcpu *v)
{
	for (int w = APIC_WORDS - 1; w >= 0; w--) {
		uint32_t bits = v->apic.irr[w] & ~(v->fresh[w] | v->again[w] | v->inflight[w]);

		if (bits)
			return w * 32 + 31 - __builtin_clz(bits);
	}
	return -1;
}

static inline void vcpu_may_set(struct oracle_vcpu *v, uint32_t vector)
{
	vector_set(v->may, vector);
	v->loose |= (uint8_t)(1u << (vector >> 5));
}

static inline void vcpu_may_clear(struct oracle_vcpu *v, uint32_t vector)
{
	vector_clear(v->may, vector);
	if (!v->may[vector >> 5])
		v->loose &= (uint8_t)~(1u << (vector >> 5));
}

static inline void vcpu_touch(struct oracle_vcpu *v, uint32_t *map, uint32_t vector)
{
	vector_set(map, vector);
	v->touched |= (uint8_t)(1u << (vector >> 5));
}

/* A message that is under way, or overlapped another: whether @vector is level-triggered is not known yet. */
static inline bool vcpu_trigger_open(const struct oracle_vcpu *v, uint32_t vector)
{
	return vector_test(v->unsure, vector) || vector_test(v->inflight, vector);
}

/* Identity: sim/oracle/destination.c keeps the VM's counters. */
void vcpu_identity_read(struct oracle_vcpu *v, const struct kw_apic_state *kvm, struct oracle_identity *out);
/* Is it what @v has now? */
static inline bool vcpu_identity_is(const struct oracle_vcpu *v, const struct kw_apic_state *kvm)
{
	uint32_t shift = identity_x2apic(&v->now) ? 0 : 24;

	return !((kvm->apic_base ^ v->now.apic_base) | (apic_reg(kvm->regs, APIC_REG_ID) >> shift ^ v->now.id) |
		 (apic_reg(kvm->regs, APIC_REG_LDR) ^ v->now.ldr) | (apic_reg(kvm->regs, APIC_REG_DFR) ^ v->now.dfr) |
		 (apic_reg(kvm->regs, APIC_REG_SVR) ^ v->now.svr));
}

void vcpu_identity_set(struct oracle_vcpu *v, const struct oracle_identity *id);

#endif
