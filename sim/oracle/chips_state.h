/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the oracle remembers of the chips beside the local APICs, per VM, task and
 * vCPU; shared by chips.c and the check_*.c that judge them.
 */
#ifndef LAPICSIM_ORACLE_CHIPS_STATE_H
#define LAPICSIM_ORACLE_CHIPS_STATE_H

#include "sim/oracle/chips.h"
#include "sim/oracle/destination.h"
#include "sim/oracle/ioapic.h"
#include "sim/oracle/pic.h"

/* Who accepted the last level-triggered message of a pin, and what is open about it. */
struct chip_pin {
	struct destination to;		/* of the last message */
	uint8_t nr_eoi;			/* EOI messages under way that name it */
	bool	doubt;			/* something else happened to it meanwhile: either order is right */
	bool	stale;			/* to be taken from KVM once nobody is at work there */
	uint8_t nr_resamplers;		/* irqfds that KVM can ask */
	bool	asked;			/* it asked instead of sending */
	bool	late;			/* its level waits for the worker that slows storms down */
	uint32_t eois;			/* in a row that found the level up, about */
	bool	resent;			/* as it was still asserted, its last EOI sent it again */
	bool	orphan;			/* Remote IRR is set for a vector that the entry no longer has */
};

struct chip_vm {
	struct ideal_ioapic io, io_base;
	struct ideal_pic pic, pic_base;
	struct chip_pin pin[KW_IOAPIC_PINS];
	uint32_t eois_base;		/* of each pin, before a run */
	uint32_t holder;		/* task whose turn it is at the I/O APIC, DIV_NONE */
};

struct chip_task {
	/* About to happen. */
	uint8_t	 line;			/* chips still to be told: 1u << enum kw_chip */
	bool	 level, write, load;
	bool	 pic_write;		/* an OUT that its turn is still to come for */
	bool	 pic_access;		/* an IN or OUT is being handled */
	bool	 acknowledged;		/* in this turn */
	bool	 status;		/* whoever raises the line is told what became of it */
	uint8_t	 outcome;		/* bits of enum line_outcome, of the chips that it went to */
	uint8_t	 vector;
	uint32_t gsi, source, offset, value;
	const struct kw_ioapic_state *state;
	/* Messages of this turn, by pin. */
	uint32_t sent, doubt;		/* doubt: perhaps none */
	uint32_t ask;			/* KVM may ask the devices instead */
	int32_t	 message[KW_IOAPIC_PINS];
};

/* What became of a change of a line at a chip, strongest last. LINE_NOT: ignored or coalesced. */
enum line_outcome { LINE_IGNORED = 1, LINE_NOT = 2, LINE_COALESCED = 4, LINE_DELIVERED = 8, LINE_OPEN = 16 };

/* A vCPU's part in the RTC's last interrupt, as far as userspace is told of it. */
enum rtc_part { RTC_NONE, RTC_PERHAPS, RTC_OPEN };
struct chip_rtc {
	uint8_t part, vector;		/* the latest one's */
	bool	closing;		/* an EOI of one of @perhaps is under way */
	uint8_t	ending;			/* the vector of any EOI that is under way, 0: none */
	uint32_t perhaps[APIC_WORDS];	/* what it has not ended is one of these; RTC_OPEN: the only one */
};

/* An EOI message under way. */
struct chip_eoi {
	int32_t	 vector;		/* -1: none */
	bool	 unsure;		/* perhaps of an edge-triggered interrupt */
	bool	 mixed;			/* its trigger mode was not known at the EOI */
	uint32_t pins, sent;
	int32_t	 message[KW_IOAPIC_PINS];
	uint8_t	 taker[KW_IOAPIC_PINS];	/* enum taker, when it began, of those that are sent */
	/* What it may send instead, since something was changed meanwhile. */
	uint32_t nr_other;
	int32_t	 other[8];
};

struct chips {
	bool	 on, split;		/* split: the I/O APIC is userspace's */
	uint32_t nr_tasks;
	struct chip_vm *vm;
	struct chip_task *task;
	struct chip_eoi *eoi;
	struct chip_rtc *rtc;		/* per vCPU */
};
extern struct chips chips;

/* check_pic.c */
void pic_turn(struct chip_task *t, uint32_t task, uint32_t vm);
/* check_split.c */
void split_eoi(struct oracle_vcpu *v, int vector);
/* rtc.c */
#define RTC_PIN		8u
enum rtc_answer { RTC_FREE, RTC_MAYBE, RTC_PENDING };
enum rtc_answer rtc_pending(uint32_t vm);
void rtc_sent(uint32_t vm, uint64_t entry, bool sure);
void rtc_eoi(struct oracle_vcpu *v, int vector);
void rtc_settled(uint32_t vcpu);
void rtc_lapic_loaded(struct oracle_vcpu *v);
void rtc_ioapic_loaded(uint32_t vm);
void rtc_disagrees(uint32_t vm, bool sent);
/* check_ioapic_eoi.c */
void ioapic_eoi(struct oracle_vcpu *v, int vector);
/* Was @vector sent to @v by the last EOI of its pin? */
bool chips_resent(const struct oracle_vcpu *v, uint32_t vector);
/* check_ioapic_state.c: is @vector pending or in service anywhere in the VM? */
bool chips_alive(uint32_t nr, uint32_t vector);
/* check_ioapic.c */
void ioapic_turn(struct chip_task *t, uint32_t task, uint32_t vm);
void ioapic_turn_ends(struct chip_task *t, uint32_t vm, const struct kw_ioapic_state *kvm);

#endif
