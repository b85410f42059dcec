/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the oracle remembers about events that bypass IRR: NMI, INIT and SIPI,
 * as messages (intervals, like those of message.h) and as a vCPU's state.
 *
 * Only if oracle_config.events is set; otherwise there is no memory for it and
 * such messages are counted as not judged.
 */
#ifndef LAPICSIM_ORACLE_EVENTS_H
#define LAPICSIM_ORACLE_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/oracle/destination.h"
#include "sim/oracle/state.h"

#define EVENT_HANDLE	0x40000000	/* handles of this table, for oracle_message_end() */

/* Delivery modes: SDM, "Message Data Register Format", "Interrupt Command Register (ICR)". */
enum event_kind { EVENT_NMI = 4, EVENT_INIT = 5, EVENT_SIPI = 6, EVENT_KICK = 8 /* a hypercall, no delivery mode */ };

enum pending { PENDING_NO, PENDING_MAY, PENDING_MUST };

struct event_vcpu {
	/*
	 * NMIs.  At least nmi_must, at most nmi_max that have ended are still to be
	 * delivered: a CPU latches one while it blocks them, and one more may wait
	 * behind one that it is about to take.
	 */
	uint8_t	 nmi_must, nmi_max;
	bool	 nmi_fresh;		/* nmi_must since the last exit only */
	bool	 nmi_blocked;		/* from delivery to IRET */
	bool	 nmi_owed;		/* its delivery was interrupted */
	uint8_t	 nmi_early;		/* injected before the message that it must come from has ended */
	uint16_t nmi_inflight;
	uint64_t nmi_taken_seq;		/* last injection, in oracle.seq's order */
	uint64_t nmi_block_seq;

	/* INIT. */
	uint8_t	 init;			/* enum pending */
	bool	 init_fresh;
	bool	 waiting;		/* for SIPI */
	uint16_t init_inflight;
	uint64_t init_begin_seq, init_end_seq;	/* of the latest */
	uint64_t init_taken_seq;
	uint64_t init_cut_seq;		/* userspace overwrote what was pending */

	/* SIPI. */
	bool	 sipi_must;
	uint8_t	 sipi_first;		/* the vector that made it a must */
	uint16_t sipi_inflight;
	uint64_t sipi_taken_seq;
	uint32_t sipi_may[APIC_WORDS];	/* may still start the vCPU */
	uint32_t sipi_stale[APIC_WORDS]; /* ended before the INIT that is under way began */

	/* HLT. */
	bool	 halted;		/* the last exit was HLT */
	bool	 halt_sipi;		/* a SIPI came since */
	bool	 kick_fresh;		/* one ended since the last entry */
	bool	 kick_more;		/* perhaps not only one that no HLT has ended by */
	bool	 kicked, maybe_kicked;	/* this HLT, or the next one, ends */
	uint64_t state_set_seq;		/* userspace set the state "runnable" */
	bool	 kick_state_set;	/* the same, since it was kicked */
	bool	 kick_moved;		/* the VM moved between the kick and the HLT that it is for */
	uint16_t kick_inflight;
	uint64_t halt_end_seq;		/* the last HLT ended */

	/* KVM_HC_SEND_IPI in progress. */
	struct destination ipi;
	bool	 ipi_nmi;
	uint64_t ipi_seq;		/* it began */

	uint64_t identity_seq;		/* the ID or the mode last changed */
};

struct events {
	struct event_vcpu *vcpu;	/* NULL: not judged */
};
extern struct events events;

int events_init(uint32_t nr_vcpus, uint32_t vcpus_per_vm);
void events_fini(void);
void events_reset(void);

static inline struct event_vcpu *event_vcpu(const struct oracle_vcpu *v) { return &events.vcpu[v->index]; }

/* An ICR write or MSI with such a delivery mode; -1: no target, or not judged. */
int32_t events_begin(const struct destination *d, uint32_t vm, uint32_t mode, uint8_t vector);
/* One that is for @v alone, whatever its ID. */
int32_t events_begin_at(const struct oracle_vcpu *v, uint32_t mode);
void events_end(int32_t handle, bool accepted);
/* What is in flight in @v's VM may reach @v, or miss it: its APIC goes off, or on. */
void events_soften(struct oracle_vcpu *v);
/* Is a SIPI with @vector on its way to @v? */
bool events_sipi_in_flight(const struct oracle_vcpu *v, uint8_t vector);

/* check_events.c. Only if events.vcpu is there. */
void check_events_entry(struct oracle_vcpu *v, const struct kw_hw *hw, const struct kw_apic_state *kvm);
void check_events_quiet(struct oracle_vcpu *v);
/* KVM looks anew from here on. */
static inline void events_window(struct oracle_vcpu *v)
{
	event_vcpu(v)->nmi_fresh = event_vcpu(v)->init_fresh = false;
}

#endif
