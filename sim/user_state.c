// SPDX-License-Identifier: GPL-2.0-only
/*
 * Userspace that gives a vCPU another APIC state than it had, as a VMM does that
 * goes back to a snapshot or resets a vCPU: KVM_SET_LAPIC with changed registers,
 * and KVM_GET_MSRS and KVM_SET_MSRS of IA32_APIC_BASE and the x2APIC MSRs.
 *
 * The guest model goes along: what is loaded into ISR gets a handler, what TPR and
 * the mode are it knows.  A state that is loaded is one that an APIC can be in; the
 * version, and an x2APIC's ID and LDR, are not userspace's to change, and get
 * nonsense.  A halted vCPU is only looked at: nobody would wake it.
 *
 * Does not move the timer (user_timer.c), and does not know what is right.
 */
#include "sim/user_state.h"

#include <linux/kvm.h>
#include <string.h>

#include "sim/guest.h"
#include "sim/host.h"
#include "sim/lapic.h"
#include "sim/oracle/oracle.h"
#include "sim/oracle/watchdog.h"
#include "sim/trace.h"

#define LAPIC_LVT0	0x350u
#define LINT0_NMI	0x400u
#define BASE_EXTD	(1ull << 10)
#define BASE_EN		(1ull << 11)

static uint32_t *reg(struct kvm_lapic_state *s, uint32_t offset) { return (uint32_t *)(s->regs + offset); }
static uint32_t draw(struct vcpu *v, uint32_t n) { return rng_below(&v->program, n); }
static uint32_t draw32(struct vcpu *v) { return (uint32_t)rng_u64(&v->program); }

static uint32_t *vector_word(struct kvm_lapic_state *s, uint32_t bank, uint32_t vector)
{
	return reg(s, bank + 16 * (vector >> 5));
}

static int highest(struct kvm_lapic_state *s, uint32_t bank)
{
	for (int w = 7; w >= 0; w--)
		if (*reg(s, bank + 16 * (uint32_t)w))
			return w * 32 + 31 - __builtin_clz(*reg(s, bank + 16 * (uint32_t)w));
	return -1;
}

/* KVM_GET_LAPIC, shown to the oracle: also what KVM acknowledged on the way out. */
static bool get(struct vcpu *v, struct kvm_lapic_state *s)
{
	struct kw_apic_state st;

	if (host_ioctl(v->fd, KVM_GET_LAPIC, (uint64_t)s) < 0)
		return false;
	kw_apic_state(v->hw, &st);
	oracle_user_get_lapic(v->index, (uint8_t *)s->regs, &st);
	return true;
}

/* --- Changes, one each. */
static void change_tpr(struct vcpu *v, struct kvm_lapic_state *s)
{
	v->tpr = (uint8_t)(draw(v, 16) << 4 | draw(v, 2) * 5);
	*reg(s, LAPIC_TPR) = v->tpr;
}

static void change_svr(struct vcpu *v, struct kvm_lapic_state *s)
{
	*reg(s, LAPIC_SVR) = (draw(v, 3) ? LAPIC_SVR_ENABLED : 0) | (draw32(v) & 0x2ff);
}

static void change_id(struct vcpu *v, struct kvm_lapic_state *s)
{
	if (v->x2apic)
		return;
	*reg(s, LAPIC_ID) = draw(v, 8) ? draw(v, machine.vm[v->vm].nr_vcpus + 1) << 24 : 0xff000000u;
}

static void change_logical(struct vcpu *v, struct kvm_lapic_state *s)
{
	uint32_t bits = draw(v, 256);

	if (v->x2apic || draw(v, 2)) {
		*reg(s, LAPIC_LDR) = v->x2apic ? draw32(v) : bits & 1 ? bits << 24 : 1u << (24 + (bits >> 5));
		return;
	}
	*reg(s, LAPIC_DFR) = bits & 1 ? ~0u : 0x0fffffff;
	*reg(s, LAPIC_LDR) = (bits >> 6) << 28 | 1u << (24 + (bits >> 4 & 3));
}

/* Masked, as far as it is the timer's; its mode stays. */
static void change_lvt(struct vcpu *v, struct kvm_lapic_state *s)
{
	static const uint32_t bits[] = { 0x100ff, 0x117ff, 0x117ff, 0x1f7ff, 0x1f7ff, 0x110ff };
	uint32_t which = draw(v, 6), offset = LAPIC_LVTT + 16 * which;

	if (which)
		*reg(s, offset) = draw32(v) & bits[which];
	else
		*reg(s, offset) = (*reg(s, offset) & 3u << 17) | (draw32(v) & 0xff) | LAPIC_LVT_MASKED;
}

static void change_icr(struct vcpu *v, struct kvm_lapic_state *s)
{
	if (v->icr_low_next)		/* the guest is between the two writes of an IPI */
		return;
	*reg(s, LAPIC_ICR) = draw32(v) & 0x000ccfffu;
	*reg(s, LAPIC_ICR2) = v->x2apic ? draw32(v) : draw32(v) & 0xff000000u;
}

static void change_others(struct vcpu *v, struct kvm_lapic_state *s)
{
	switch (draw(v, 4)) {
	case 0:
		*reg(s, LAPIC_ESR) = draw32(v) & 0xff;
		break;
	case 1:
		*reg(s, LAPIC_TDCR) = draw32(v) & 0xb;
		break;
	case 2:
		*reg(s, LAPIC_VERSION) = draw32(v);
		break;
	default:
		*reg(s, LAPIC_PPR) = draw32(v) & 0xff;
		break;
	}
}

static void change_irr(struct vcpu *v, struct kvm_lapic_state *s)
{
	if (draw(v, 4) == 0) {
		for (uint32_t w = 0; w < 8; w++)
			*reg(s, LAPIC_IRR + 16 * w) = 0;
		return;
	}
	for (uint32_t n = 1 + draw(v, 3); n; n--) {
		uint32_t vector = (uint32_t)rng_range(&v->program, sc()->vector_first, sc()->vector_last);
		uint32_t bit = 1u << (vector & 31);

		*vector_word(s, LAPIC_IRR, vector) |= bit;
		*vector_word(s, LAPIC_TMR, vector) ^= draw(v, 2) ? bit : 0;
	}
}

/* One more in service, above all others: its handler is running, as if it had just been taken. */
static void change_isr(struct vcpu *v, struct kvm_lapic_state *s)
{
	uint32_t vector = (uint32_t)rng_range(&v->program, sc()->vector_first, sc()->vector_last);
	int top = highest(s, LAPIC_ISR);

	if (v->eoi_done || v->nr_handlers >= 12 || (top >= 0 && vector >> 4 <= (uint32_t)top >> 4))
		return;
	*vector_word(s, LAPIC_ISR, vector) |= 1u << (vector & 31);
	v->handler[v->nr_handlers].ops = (uint8_t)draw(v, 3);
	v->handler[v->nr_handlers].vector = (uint8_t)vector;
	guest_pin_handler(v, v->nr_handlers);
	guest_pic_handler(v, v->nr_handlers);
	v->nr_handlers++;
}

static void (*const changes[])(struct vcpu *v, struct kvm_lapic_state *s) = {
	change_tpr, change_svr, change_id, change_logical, change_lvt, change_icr, change_others, change_irr, change_isr,
};

/* "Local APIC State After It Has Been Software Disabled": no such state has an LVT entry that is not masked. */
static void mask_if_disabled(struct kvm_lapic_state *s)
{
	if (*reg(s, LAPIC_SVR) & LAPIC_SVR_ENABLED)
		return;
	for (uint32_t offset = LAPIC_LVTT; offset <= LAPIC_LVT_ERROR; offset += 16)
		*reg(s, offset) |= LAPIC_LVT_MASKED;
}

static void load(struct vcpu *v, struct kvm_lapic_state *s)
{
	struct kw_apic_state st;
	int64_t ret;

	if (trace_on())
		trace_event("userspace", "vcpu %u set lapic: ID 0x%x LDR 0x%x DFR 0x%x SVR 0x%x TPR 0x%x", v->index,
			    *reg(s, LAPIC_ID), *reg(s, LAPIC_LDR), *reg(s, LAPIC_DFR), *reg(s, LAPIC_SVR),
			    *reg(s, LAPIC_TPR));
	oracle_user_load_begin(v->index, (uint8_t *)s->regs);
	ret = host_ioctl(v->fd, KVM_SET_LAPIC, (uint64_t)s);
	oracle_user_set_lapic(v->index, (uint8_t *)s->regs, ret == 0);
	if (ret == 0)
		return;
	kw_apic_state(v->hw, &st);
	oracle_user_refused(v->index, &st);
}

/* An x2APIC's ID cannot be changed: KVM refuses the state, or keeps its own. */
static void load_wrong_id(struct vcpu *v, struct kvm_lapic_state *s)
{
	uint32_t wrong = 1 + draw(v, 200);

	*reg(s, LAPIC_ID) ^= sc()->wide_ids ? wrong : wrong << 24;
	load(v, s);
}

void user_refused_lapic(struct vcpu *v)
{
	struct kvm_lapic_state s;

	if (!get(v, &s) || !v->x2apic || v->apic_off || !sc()->wide_ids)
		return;
	*reg(&s, LAPIC_SVR) |= LAPIC_SVR_ENABLED;
	load_wrong_id(v, &s);
	get(v, &s);
}

void user_lint0_load(struct vcpu *v)
{
	struct kvm_lapic_state s;

	if (!get(v, &s))
		return;
	*reg(&s, LAPIC_LVT0) = LINT0_NMI | (draw(v, 2) ? LAPIC_LVT_MASKED : 0);
	oracle_lint0_begin(v->index);
	load(v, &s);
	oracle_lint0_end(v->index, *reg(&s, LAPIC_LVT0));
}

void user_change_lapic(struct vcpu *v)
{
	struct kvm_lapic_state s;

	if (!get(v, &s) || v->halted || v->apic_off)
		return;
	if (v->x2apic && sc()->wide_ids && draw(v, 8) == 0) {
		load_wrong_id(v, &s);
		return;
	}
	for (uint32_t n = 1 + draw(v, 4); n; n--)
		changes[draw(v, sizeof(changes) / sizeof(changes[0]))](v, &s);
	mask_if_disabled(&s);
	v->svr_off = !(*reg(&s, LAPIC_SVR) & LAPIC_SVR_ENABLED);
	load(v, &s);
	get(v, &s);
}

/* --- MSRs. */
static bool access_msr(struct vcpu *v, bool write, uint32_t index, uint64_t value)
{
	struct oracle_access a = { .write = write, .msr = true, .host = true, .where = index, .value = value };
	struct { struct kvm_msrs h; struct kvm_msr_entry e; } m = { .h.nmsrs = 1, .e = { .index = index, .data = value } };
	struct kw_apic_state st;
	int64_t ret;

	oracle_access_begin(v->index, &a);
	ret = host_ioctl(v->fd, write ? KVM_SET_MSRS : KVM_GET_MSRS, (uint64_t)&m);
	oracle_access_apply(v->index);
	if (trace_on())
		trace_event("userspace", "vcpu %u %s msr 0x%x = 0x%llx: %lld", v->index, write ? "set" : "get", index,
			    (unsigned long long)m.e.data, (long long)ret);
	kw_apic_state(v->hw, &st);
	oracle_access_end(v->index, ret != 1, m.e.data, &st);
	return ret == 1;
}

/*
 * Any mode; from x2APIC straight back to xAPIC, as a reset does it, only if asked for; perhaps reserved bits.
 * Not off while something is in service, in a handler or still on its way to one: its EOI would go nowhere.
 */
static void set_base(struct vcpu *v, struct kvm_lapic_state *s)
{
	bool leaves, serving = v->nr_handlers || highest(s, LAPIC_ISR) >= 0;
	uint64_t mode = (uint64_t)draw(v, 4) << 10, reserved = draw(v, 8) ? 0 : 1ull << draw(v, 8);

	if (v->icr_low_next || v->halted || (serving && !(mode & BASE_EN)))
		return;
	if (v->x2apic && !v->apic_off && mode == BASE_EN && !sc()->leave_x2apic)
		mode |= BASE_EXTD;
	mode |= 0xfee00000ull | (v->id ? 0 : 1u << 8) | reserved;
	leaves = v->x2apic && !v->apic_off && !(mode & BASE_EXTD) && (mode & BASE_EN);
	if (!access_msr(v, true, MSR_APIC_BASE, mode))
		return;
	guest_apic_base_written(v, mode);
	/* Then it loads the registers, as QEMU does at a reset. */
	if (!leaves || !get(v, s))
		return;
	*reg(s, LAPIC_ID) = v->id << 24;
	load(v, s);
}

void user_any_msr(struct vcpu *v)
{
	uint32_t offset = draw(v, 64) << 4, what = draw(v, 8);
	struct kvm_lapic_state s;

	if (!get(v, &s))
		return;
	if (what == 0)
		set_base(v, &s);
	else if (what == 1)
		access_msr(v, false, MSR_APIC_BASE, 0);
	else if (what < 5 || v->halted)
		access_msr(v, false, MSR_X2APIC_BASE + (offset >> 4), 0);
	else if (v->x2apic && !v->apic_off)
		access_msr(v, true, MSR_X2APIC_BASE + (offset >> 4), guest_tame(v, offset, guest_draw_bits(v)));
	else
		access_msr(v, true, MSR_X2APIC_BASE + (offset >> 4), guest_draw_bits(v));
}
