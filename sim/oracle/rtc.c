// SPDX-License-Identifier: GPL-2.0-only
/*
 * The RTC's line, pin 8: userspace that raises it with KVM_IRQ_LINE_STATUS wants to
 * know whether the guest has ended the last interrupt, so that it can send later
 * what would be lost.  Until every vCPU that took it has written EOI, another edge
 * is dropped, and reported as coalesced; from then on none is.
 *
 * Follows who took the last one, and judges nothing: check_ioapic.c does.  Edges
 * that nobody wants to be told of are not followed, and never dropped.
 */
#include "sim/oracle/chips_state.h"

/* Any of what @r may be waiting for? */
static bool holds_any(const struct oracle_vcpu *v, const struct chip_rtc *r)
{
	uint32_t any = 0;

	for (int w = 0; w < APIC_WORDS; w++)
		any |= r->perhaps[w] & (v->apic.irr[w] | v->apic.isr[w] | v->may[w] | v->inflight[w]);
	return any;
}

static bool holds(const struct oracle_vcpu *v, uint32_t vector)
{
	return vector_test(v->apic.irr, vector) || vector_test(v->apic.isr, vector) || vector_test(v->may, vector) ||
	       vector_test(v->inflight, vector);
}

/* May an edge be dropped, or must it? */
enum rtc_answer rtc_pending(uint32_t vm)
{
	enum rtc_answer answer = RTC_FREE;

	for (uint32_t i = oracle.vm[vm].first; i < oracle.vm[vm].first + oracle.vm[vm].nr; i++) {
		struct chip_rtc *r = &chips.rtc[i];

		if (r->part == RTC_PERHAPS && !r->closing && !holds_any(oracle_vcpu(i), r))
			r->part = RTC_NONE;
		if (r->part == RTC_OPEN && !r->closing)
			return RTC_PENDING;
		if (r->part != RTC_NONE)
			answer = RTC_MAYBE;
	}
	return answer;
}

static struct destination entry_destination(uint64_t entry)
{
	return (struct destination){ .dest = REDIR_DEST(entry),
				     .sender = DIV_NONE,
				     .logical = entry & REDIR_LOGICAL };
}

/* One more that may be open, or @only that one, as it is of the first. */
static void note_vector(struct chip_rtc *r, uint8_t vector, bool only)
{
	if (only || r->part == RTC_NONE)
		memset(r->perhaps, 0, sizeof(r->perhaps));
	vector_set(r->perhaps, vector);
	r->vector = vector;
}

/* @entry's message has left; not @sure: perhaps. */
void rtc_sent(uint32_t vm, uint64_t entry, bool sure)
{
	struct destination d = entry_destination(entry);

	for (uint32_t i = oracle.vm[vm].first; i < oracle.vm[vm].first + oracle.vm[vm].nr; i++) {
		enum match match = destination_match(&d, oracle_vcpu(i));
		struct chip_rtc *r = &chips.rtc[i];
		bool open;

		if (match == MATCH_NO)
			continue;
		/* An EOI of an earlier interrupt with this vector may be counted for it. */
		r->closing |= r->ending == (entry & REDIR_VECTOR);
		open = sure && match == MATCH_MUST && REDIR_MODE(entry) == 0 && !r->closing;
		note_vector(r, entry & REDIR_VECTOR, open);
		r->part = open ? RTC_OPEN : RTC_PERHAPS;
	}
}

/* The EOI is on its way, and arrives until @v goes on. */
void rtc_eoi(struct oracle_vcpu *v, int vector)
{
	struct chip_rtc *r = &chips.rtc[v->index];

	r->ending = vector < 0 ? 0 : (uint8_t)vector;
	if (vector >= 0 && r->part != RTC_NONE)
		r->closing |= vector_test(r->perhaps, (uint32_t)vector);
}

void rtc_settled(uint32_t vcpu)
{
	struct chip_rtc *r = &chips.rtc[vcpu];

	if (r->closing && r->part == RTC_OPEN)
		r->part = RTC_NONE;
	r->closing = false;
	r->ending = 0;
}

/* Its vector is in the registers of a vCPU that the entry names: an interrupt of the RTC's, for all that KVM knows. */
static void perhaps_open(struct oracle_vcpu *v)
{
	uint64_t entry = chips.vm[v->vm].io.redir[RTC_PIN];
	struct destination d = entry_destination(entry);
	struct chip_rtc *r = &chips.rtc[v->index];
	uint8_t vector = entry & REDIR_VECTOR;

	if (destination_match(&d, v) == MATCH_NO || !holds(v, vector))
		return;
	note_vector(r, vector, false);
	r->part = RTC_PERHAPS;
}

/* What of it is in the registers that userspace has loaded counts, what is not does not. */
void rtc_lapic_loaded(struct oracle_vcpu *v)
{
	struct chip_rtc *r = &chips.rtc[v->index];

	if (r->part != RTC_NONE)
		r->part = RTC_PERHAPS;
	perhaps_open(v);
}

/* Nothing of it came or went meanwhile. What KVM knows of a vCPU that the entry no longer names, it still knows. */
void oracle_lapic_reloaded(uint32_t vcpu)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	uint64_t entry = chips.vm[v->vm].io.redir[RTC_PIN];
	struct destination d = entry_destination(entry);
	const struct chip_rtc *r = &chips.rtc[vcpu];
	enum match match = destination_match(&d, v);

	if (match != MATCH_NO && (match != MATCH_MUST || r->part != RTC_OPEN || r->vector != (entry & REDIR_VECTOR)))
		rtc_lapic_loaded(v);
}

/* Userspace was told something else than it should have been: what KVM believes is open. */
void rtc_disagrees(uint32_t vm, bool sent)
{
	if (sent)
		rtc_sent(vm, chips.vm[vm].io.redir[RTC_PIN], false);
	for (uint32_t i = oracle.vm[vm].first; i < oracle.vm[vm].first + oracle.vm[vm].nr; i++)
		if (chips.rtc[i].part != RTC_NONE)
			chips.rtc[i].part = RTC_PERHAPS;
}

/* Nothing says so in the state but the entry as it is now, and the local APICs. */
void rtc_ioapic_loaded(uint32_t vm)
{
	uint64_t entry = chips.vm[vm].io.redir[RTC_PIN];
	struct destination d = entry_destination(entry);
	uint8_t vector = entry & REDIR_VECTOR;

	for (uint32_t i = oracle.vm[vm].first; i < oracle.vm[vm].first + oracle.vm[vm].nr; i++) {
		struct oracle_vcpu *v = oracle_vcpu(i);
		struct chip_rtc *r = &chips.rtc[i];

		if (r->part == RTC_OPEN && destination_match(&d, v) == MATCH_MUST && r->vector == vector)
			continue;
		rtc_lapic_loaded(v);
	}
}
