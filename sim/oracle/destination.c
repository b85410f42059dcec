// SPDX-License-Identifier: GPL-2.0-only
/*
 * Destination matching: SDM, "Determining IPI Destination", "Logical x2APIC
 * IDs", "Message Address Register Format".
 *
 * With a register file IDs, LDR, DFR, SVR and the mode are its, and a message that
 * races with a change of them may find either (identity.c).  Without one they are
 * what KVM's register page last showed at a VM-Entry: a message that races with a
 * change of them is judged by the old values, except that for a change of SVR bit
 * 8 both outcomes are legal; that a software-disabled APIC drops messages is then
 * not judged.  MSI addresses outside
 * 0xfeexxxxx are not rejected: userspace must not send them.
 */
#include "sim/oracle/destination.h"

#include "sim/oracle/deviation.h"
#include "sim/oracle/events.h"

#define BROADCAST_8	0xffu
#define BROADCAST_32	0xffffffffu

static bool regular(const struct oracle_vcpu *v)
{
	return v->now.id == v->index - oracle.vm[v->vm].first;
}

void vcpu_identity_read(struct oracle_vcpu *v, const struct kw_apic_state *kvm, struct oracle_identity *out)
{
	(void)v;
	out->apic_base = kvm->apic_base;
	out->id = apic_reg(kvm->regs, APIC_REG_ID);
	if (!identity_x2apic(out))
		out->id >>= 24;
	out->ldr = apic_reg(kvm->regs, APIC_REG_LDR);
	out->dfr = apic_reg(kvm->regs, APIC_REG_DFR);
	out->svr = apic_reg(kvm->regs, APIC_REG_SVR);
}

/* Keep the VM's counters, on which destination_window() relies, in step. */
void vcpu_identity_set(struct oracle_vcpu *v, const struct oracle_identity *id)
{
	struct oracle_vm *vm = &oracle.vm[v->vm];

	vm->nr_irregular -= !regular(v);
	vm->nr_xapic -= !identity_x2apic(&v->now);
	v->now = *id;
	vm->nr_irregular += !regular(v);
	vm->nr_xapic += !identity_x2apic(&v->now);
	if (events.vcpu)
		event_vcpu(v)->identity_seq = ++oracle.seq;
}

/* Some of @v's VM are in xAPIC mode and some in x2APIC mode. */
static bool modes_mixed(const struct oracle_vcpu *v)
{
	const struct oracle_vm *vm = &oracle.vm[v->vm];

	return (vm->nr_xapic && vm->nr_xapic < vm->nr) || vm->nr_changing;
}

static enum match may_if(bool condition)
{
	return condition ? MATCH_MAY : MATCH_NO;
}

/* An xAPIC sees eight bits of a destination, all ones, if they are cut off and not compared as they are. */
static enum match wide_broadcast(const struct oracle_vcpu *v)
{
	return !identity_x2apic(&v->now) && deviation_allows(DEV_WIDE_DESTINATION) ? MATCH_MAY : MATCH_MUST;
}

/* Another vCPU of the VM has the same ID, or will in a moment. */
static bool shares_id(const struct oracle_vcpu *v)
{
	const struct oracle_vm *vm = &oracle.vm[v->vm];

	if (!vm->nr_irregular && !vm->nr_changing)
		return false;
	for (uint32_t i = vm->first; i < vm->first + vm->nr; i++) {
		const struct oracle_vcpu *w = oracle_vcpu(i);

		if (w != v && (w->now.id == v->now.id || (w->changing && w->next.id == v->now.id)))
			return true;
	}
	return false;
}

static enum match match_physical(const struct destination *d, const struct oracle_vcpu *v)
{
	if (d->dest == v->now.id)
		return oracle.config.x2apic_format && shares_id(v) && deviation_allows(DEV_SHARED_ID) ? MATCH_MAY :
			MATCH_MUST;
	if (d->wide && d->dest == BROADCAST_32)
		return wide_broadcast(v);
	if (!identity_x2apic(&v->now)) {
		if (d->dest == BROADCAST_8)
			return modes_mixed(v) && deviation_allows(d->wide ? DEV_WIDE_DESTINATION :
								  DEV_MIXED_BROADCAST) ? MATCH_MAY : MATCH_MUST;
		return may_if(d->wide && d->dest == v->x2apic_id && deviation_allows(DEV_XAPIC_BY_X2APIC_ID));
	}
	if (d->dest != BROADCAST_8)
		return MATCH_NO;
	if (!d->wide)
		return modes_mixed(v) && deviation_allows(DEV_MIXED_BROADCAST) ? MATCH_MAY : MATCH_MUST;
	return may_if(oracle.config.broadcast_quirk && deviation_allows(DEV_BROADCAST_FF));
}

/* "Logical Destination Mode": the flat model and the cluster model. */
static enum match match_eight_bits(uint32_t dest, const struct oracle_vcpu *v)
{
	uint32_t ldr = v->now.ldr >> 24;

	switch (v->now.dfr >> 28) {
	case 0xf:
		if (dest & ldr)
			return MATCH_MUST;
		break;
	default:
		/* Reserved. */
		if (!deviation_is_on(DEV_DFR_RESERVED))
			return MATCH_NO;
		return may_if((dest == BROADCAST_8 || (dest >> 4 == ldr >> 4 && (dest & ldr & 0xf))) &&
			      deviation_allows(DEV_DFR_RESERVED));
	case 0x0:
		if (!(dest & ldr & 0xf))
			break;
		if (dest == BROADCAST_8 || dest >> 4 == ldr >> 4)
			return MATCH_MUST;
		/* Cluster 15 is all of them. */
		if (dest >> 4 == 0xf)
			return deviation_allows(DEV_CLUSTER_15) ? MATCH_MAY : MATCH_MUST;
		break;
	}
	/* All ones is a broadcast; whether it reaches an APIC with an empty LDR is left open. */
	return may_if(dest == BROADCAST_8);
}

/* A write under way whose reserved bits are no ones: see check_access.c. */
static enum match unless_dfr_is_new(enum match match, const struct oracle_vcpu *v)
{
	return match == MATCH_MUST && v->changing && ~v->now.dfr << 4 ? MATCH_MAY : match;
}

static enum match match_logical_xapic(const struct destination *d, const struct oracle_vcpu *v)
{
	if (d->dest <= BROADCAST_8)
		return unless_dfr_is_new(match_eight_bits(d->dest, v), v);
	/* Wider than an xAPIC's: cut to eight bits, compared as it is, or for nobody. */
	return may_if(match_eight_bits(d->dest & BROADCAST_8, v) != MATCH_NO &&
		      deviation_allows(DEV_WIDE_DESTINATION));
}

/* "Logical x2APIC IDs": LDR is read-only and follows from the ID. */
static uint32_t x2apic_ldr(uint32_t id)
{
	return (id >> 4 & 0xffff) << 16 | 1u << (id & 15);
}

static bool x2apic_named(uint32_t dest, uint32_t ldr)
{
	return dest >> 16 == ldr >> 16 && (dest & ldr & 0xffff);
}

static enum match match_logical(const struct destination *d, const struct oracle_vcpu *v)
{
	uint32_t ldr = x2apic_ldr(v->now.id);

	if (!identity_x2apic(&v->now)) {
		enum match match = match_logical_xapic(d, v);

		/* While it is being enabled KVM looks it up as the one that was there before. */
		if (match != MATCH_NO || (v->now.ldr >> 24 && !v->changing) || !modes_mixed(v))
			return match;
		return may_if((x2apic_named(d->dest, x2apic_ldr(v->x2apic_id)) || x2apic_named(d->dest, ldr)) &&
			      deviation_allows(DEV_MIXED_LOGICAL));
	}
	if (d->wide && d->dest == BROADCAST_32)
		return MATCH_MUST;
	if (x2apic_named(d->dest, ldr))
		return MATCH_MUST;
	return may_if(d->dest == BROADCAST_8 && oracle.config.broadcast_quirk && deviation_allows(DEV_BROADCAST_FF));
}

static enum match match_list(const struct destination *d, const struct oracle_vcpu *v)
{
	uint32_t bit = v->now.id - d->dest;

	return v->now.id >= d->dest && bit < 128 && (d->list[bit / 64] >> (bit % 64) & 1) ? MATCH_MUST : MATCH_NO;
}

/* api.rst, KVM_CAP_X2APIC_API: with the quirk a device's 0xff is a broadcast for an x2APIC, physical or logical. */
static bool quirk_broadcast(const struct destination *d, const struct oracle_vcpu *v)
{
	return d->dest == BROADCAST_8 && d->sender == DIV_NONE && oracle.config.broadcast_quirk && identity_x2apic(&v->now);
}

static enum match match_address(const struct destination *d, const struct oracle_vcpu *v)
{
	if (d->listed)
		return match_list(d, v);
	if (__builtin_expect(quirk_broadcast(d, v), 0))
		return MATCH_MUST;
	switch (d->shorthand) {
	case SHORTHAND_SELF:
		return v->index == d->sender ? MATCH_MUST : MATCH_NO;
	case SHORTHAND_ALL:
		return MATCH_MUST;
	case SHORTHAND_OTHERS:
		return v->index == d->sender ? MATCH_NO : MATCH_MUST;
	default:
		return d->logical ? match_logical(d, v) : match_physical(d, v);
	}
}

static enum match match_as_it_is(const struct destination *d, const struct oracle_vcpu *v)
{
	enum match match = match_address(d, v);

	if (match == MATCH_NO)
		return MATCH_NO;
	/*
	 * "Local APIC State After It Has Been Software Disabled": it drops the
	 * message, unless KVM is just handling the write that enables it, or a
	 * state load: without a register file nobody knows.  One that has not been added is off.
	 */
	if (!identity_enabled(&v->now))
		return oracle.config.registers || (oracle.config.added && !(v->now.apic_base & APIC_BASE_EN)) ? MATCH_NO
													      : MATCH_MAY;
	return d->doubtful ? MATCH_MAY : match;
}

/*
 * While @v changes, a message finds the old state or the new one; and of a state that
 * is loaded, since that takes effect in no given order, the old ID and the new SVR, or
 * the other way round.
 */
static enum match match_changing(const struct destination *d, const struct oracle_vcpu *v,
				 enum match (*how)(const struct destination *d, const struct oracle_vcpu *v))
{
	struct oracle_vcpu *w = oracle_vcpu(v->index);
	struct oracle_identity old = w->now;
	enum match before = how(d, v);
	bool same = true;

	for (int i = 1; i < 4; i++) {
		w->now = i & 1 ? w->next : old;
		w->now.svr = i & 2 ? w->next.svr : old.svr;
		same &= how(d, v) == before;
	}
	w->now = old;
	return same ? before : MATCH_MAY;
}

enum match destination_match(const struct destination *d, const struct oracle_vcpu *v)
{
	if (__builtin_expect(v->changing, 0))
		return match_changing(d, v, match_as_it_is);
	return match_as_it_is(d, v);
}

/* "Local APIC State After It Has Been Software Disabled"; one that is disabled by IA32_APIC_BASE is left open. */
static enum match match_event(const struct destination *d, const struct oracle_vcpu *v)
{
	enum match match = match_address(d, v);

	return match == MATCH_MUST && !(v->now.apic_base & APIC_BASE_EN) ? MATCH_MAY : match;
}

enum match destination_match_event(const struct destination *d, const struct oracle_vcpu *v)
{
	return v->changing ? match_changing(d, v, match_event) : match_event(d, v);
}

/*
 * "Message Address Register Format": with lowest priority or redirection the
 * destination may not be a broadcast, and the bits of a logical one must be those
 * of processors that are present and enabled; what happens otherwise is open.
 */
bool destination_lowest_open(const struct destination *d, const struct oracle_vm *vm)
{
	uint32_t members = d->wide ? 0xffff : 0xff;

	if (!d->logical)
		return d->dest == BROADCAST_8 || (d->wide && d->dest == BROADCAST_32);
	for (uint32_t bits = d->dest & members; bits; bits &= bits - 1) {
		struct destination one = *d;
		bool there = false;

		one.dest = (d->dest & ~members) | (bits & -bits);
		for (uint32_t i = vm->first; i < vm->first + vm->nr && !there; i++)
			there = destination_match(&one, oracle_vcpu(i)) == MATCH_MUST;
		if (!there)
			return true;
	}
	return false;
}

/* May it reach an x2APIC that its ID, or its cluster and members, do not name? */
static bool broadcasts(const struct destination *d)
{
	return d->dest == BROADCAST_32 ||
	       (d->dest == BROADCAST_8 && (!d->wide || (oracle.config.broadcast_quirk && deviation_is_on(DEV_BROADCAST_FF))));
}

void destination_window(const struct destination *d, const struct oracle_vm *vm, uint32_t *first, uint32_t *end)
{
	uint32_t from = 0, nr = vm->nr;

	if (d->listed || vm->nr_changing) {
		/* All of them: who sends to 128 at a time can wait for it. */
	} else if (d->shorthand == SHORTHAND_SELF) {
		from = d->sender - vm->first;
		nr = 1;
	} else if (d->shorthand == SHORTHAND_NONE && !vm->nr_irregular && !vm->nr_xapic && !broadcasts(d)) {
		/* Every x2APIC ID is its vCPU's place: nobody else can match. */
		from = d->logical ? (d->dest >> 16) * 16 : d->dest;
		nr = d->logical ? 16 : 1;
	} else if (d->shorthand == SHORTHAND_NONE && !vm->nr_irregular && !d->logical && d->dest < BROADCAST_8) {
		/* So is every xAPIC ID, and below 255 the x2APIC ID is the same number. */
		from = d->dest;
		nr = 1;
	}
	if (from > vm->nr)
		from = vm->nr;
	if (nr > vm->nr - from)
		nr = vm->nr - from;
	*first = vm->first + from;
	*end = vm->first + from + nr;
}

enum taker destination_taker(const struct destination *d, uint32_t vm, bool lowest)
{
	enum taker best = TAKER_NOBODY;
	uint32_t first, end;

	if (lowest && destination_lowest_open(d, &oracle.vm[vm]))
		return TAKER_PERHAPS;
	destination_window(d, &oracle.vm[vm], &first, &end);
	for (uint32_t i = first; i < end; i++) {
		enum match match = destination_match(d, oracle_vcpu(i));

		if (match == MATCH_MUST)
			return TAKER_SOMEBODY;
		if (match == MATCH_MAY)
			best = TAKER_PERHAPS;
	}
	return best;
}
