// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest operations on events that bypass IRR: NMI, INIT and SIPI through ICR,
 * the NMI handler, and what a vCPU does that INIT has reset.
 *
 * The NMI handler leaves IF clear, as real ones do, so that nothing but its own
 * IRET ends the blocking of NMIs.  A vCPU that was started again enables its
 * APIC, then PV EOI if the scenario has it, then interrupts; of its old program
 * nothing is left.
 *
 * Does not send SMIs: without CONFIG_KVM_SMM they go nowhere (but see guest_pmi.c).
 */
#include "sim/counts.h"
#include "sim/guest.h"
#include "sim/host.h"
#include "sim/lapic.h"
#include "sim/oracle/identity.h"
#include "sim/oracle/oracle.h"
#include "sim/trace.h"

/* ICR: SDM, "Interrupt Command Register (ICR)". */
#define ICR_NMI		(4u << 8)
#define ICR_INIT	(5u << 8)
#define ICR_SIPI	(6u << 8)
#define ICR_ASSERT	(1u << 14)
#define ICR_LEVEL	(1u << 15)
#define ICR_OTHERS	(3u << 18)
#define SVR_ENABLED	0x1ffu
/* KVM's Documentation/virt/kvm/x86/msr.rst: MSR_KVM_ASYNC_PF_EN, MSR_KVM_ASYNC_PF_INT. */
#define MSR_APF_EN	0x4b564d02u
#define MSR_APF_INT	0x4b564d06u
/* It may be in IRR from the exit on that lets it in, and must be once the oracle has seen the APIC enabled. */
#define APF_SETTLES	3
#define APIC_BASE_BSP	(1ull << 8)
#define APIC_BASE_EN	(1ull << 11)
#define APF_BY_INTERRUPT 9u
#define APF_OFFSET	64u	/* of the area, in the page of the first PV EOI word */
/* Start pages that the guest uses: few, so that a wrong one is often a plausible one. */
#define SIPI_FIRST	0x08u
#define SIPI_NR		4u

static uint32_t any_vcpu(struct vcpu *v) { return rng_below(&v->target, machine.vm[v->vm].nr_vcpus); }

/* Any but this one, if there is another. */
static uint32_t other_vcpu(struct vcpu *v)
{
	uint32_t nr = machine.vm[v->vm].nr_vcpus;
	uint32_t skip = 1 + rng_below(&v->target, nr > 1 ? nr - 1 : 1);

	return (v->id + skip) % nr;
}

static uint32_t start_page(struct vcpu *v) { return SIPI_FIRST + rng_below(&v->target, SIPI_NR); }

/* --- Sending. */
enum step do_nmi(struct vcpu *v) { return guest_send_ipi(v, ICR_NMI | ICR_ASSERT, any_vcpu(v)); }
enum step do_nmi_others(struct vcpu *v) { return guest_send_ipi(v, ICR_NMI | ICR_ASSERT | ICR_OTHERS, 0); }

/* INIT by edge, as the SDM has it, and by level, as Linux and firmware send it: turn by turn. */
static uint32_t init_command(struct vcpu *v)
{
	return ICR_INIT | ICR_ASSERT | (v->ev.inits++ & 1 ? ICR_LEVEL : 0);
}

enum step do_init_ipi(struct vcpu *v) { return guest_send_ipi(v, init_command(v), other_vcpu(v)); }

/* To whom it may concern: most vCPUs run, and must ignore it. */
enum step do_sipi(struct vcpu *v)
{
	uint32_t page = start_page(v);

	return guest_send_ipi(v, ICR_SIPI | ICR_ASSERT | page, any_vcpu(v));
}

/* SDM, "MP Initialization Protocol Algorithm": INIT, then SIPI twice. */
enum step do_startup(struct vcpu *v)
{
	v->ev.startup = other_vcpu(v);
	v->ev.sipis = 2;
	return guest_send_ipi(v, init_command(v), v->ev.startup);
}

/* Its second and third step: what older software does in between, an INIT de-assert, changes nothing. */
enum step do_startup_sipi(struct vcpu *v)
{
	uint32_t page = start_page(v);

	if (v->ev.sipis == 2 && rng_one_in(&v->program, 4))
		return guest_send_ipi(v, ICR_INIT | ICR_LEVEL, v->ev.startup);
	v->ev.sipis--;
	return guest_send_ipi(v, ICR_SIPI | ICR_ASSERT | page, v->ev.startup);
}

/* --- Taking NMIs. */
void guest_take_nmi(struct vcpu *v)
{
	v->ev.in_nmi = true;
	v->ev.nmi_if = guest_if_on(v);
	v->ev.nmi_ops = rng_below(&v->program, sc()->handler_ops + 1);
	v->halted = false;
	if (trace_on())
		trace_event("guest", "vcpu %u nmi handler", v->index);
	host_event(DIGEST_GUEST, v->index, OP_NR);
	COUNT(NMIS);
	oracle_nmi_delivered(v->index);
	guest_set_if(v, false, 0);
}

/* SDM, "Handling Multiple NMIs": IRET ends the blocking. */
enum step do_nmi_iret(struct vcpu *v)
{
	v->ev.in_nmi = false;
	v->hw->interruptibility &= ~KW_BLOCK_NMI;
	oracle_nmi_iret(v->index);
	guest_set_if(v, v->ev.nmi_if, 0);
	return STEP_GO_ON;
}

/* --- After INIT. */
static enum boot_step first_step(const struct vcpu *v)
{
	if (!sc()->async_pf)
		return BOOT_APIC;
	if (!sc()->apf_while_off)
		return BOOT_APF_VECTOR;
	return v->apic_off ? BOOT_APF_BASE : BOOT_APF_SVR;
}

void hs_vcpu_init(struct kw_hw *hw)
{
	struct vcpu *v = hw->owner;
	struct kw_apic_state st;

	/* Whether KVM took the last access shows no more. */
	if (v->message >= 0)
		oracle_message_end(v->message, false);
	v->message = -1;
	v->told = 0;
	v->fault_due = false;
	v->pv_msr = 0;
	v->tpr = v->nr_handlers = v->cli_left = 0;
	v->eoi_done = v->halted = v->retry = v->icr_low_next = v->sw_disabled = false;
	v->lvtt = LAPIC_LVT_MASKED;
	v->timer_count = v->timer_dcr = 0;
	v->ev = (struct guest_events){ .waiting = v->id != 0,
				       .boot = first_step(v) };
	host_event(DIGEST_INIT, v->index, 0);
	if (trace_on())
		trace_event("guest", "vcpu %u reset by INIT", v->index);
	kw_apic_state(hw, &st);
	oracle_init_taken(v->index, &st);
	oracle_guest_if(v->index, false, 0);
}

void hs_vcpu_sipi(struct kw_hw *hw, uint8_t vector)
{
	struct vcpu *v = hw->owner;

	v->ev.waiting = false;
	host_event(DIGEST_INIT, v->index, 0x100u | vector);
	if (trace_on())
		trace_event("guest", "vcpu %u starts at page 0x%02x", v->index, vector);
	oracle_sipi_taken(v->index, vector);
}

static enum step write_msr(struct vcpu *v, uint32_t msr, uint64_t value)
{
	v->hw->rcx = msr;
	v->hw->rax = (uint32_t)value;
	v->hw->rdx = value >> 32;
	return exits(v, KW_EXIT_MSR_WRITE);
}

/* The second word of the area is the token of the page that is ready; 0: free for the next. */
static uint32_t *apf_token(struct vcpu *v)
{
	return machine_word(&machine.vm[v->vm], v->pv_gpa[0] + APF_OFFSET) + 1;
}

void guest_apf_taken(struct vcpu *v) { *apf_token(v) = 0; }

/*
 * Enabling async page faults queues "wake up all" at once.  While the APIC is
 * software-disabled its interrupt has to wait.
 */
void guest_apf_settle(struct vcpu *v)
{
	v->ev.apf_due--;
	oracle_local_interrupt(v->index, GUEST_APF_VECTOR);
}

static enum step switch_apic(struct vcpu *v, bool on)
{
	uint64_t value = GUEST_APIC_GPA | (v->id ? 0 : APIC_BASE_BSP) | (on ? APIC_BASE_EN : 0);

	oracle_apic_base_begin(v->index, value);
	v->apic_off = !on;
	v->accessing = true;
	v->access_kind = ACCESS_BASE;
	return write_msr(v, MSR_APIC_BASE, value);
}

void guest_boot_base_done(struct vcpu *v)
{
	v->access_kind = ACCESS_APIC;
	oracle_apic_base_end(v->index);
}

/*
 * A kernel may set async page faults up while its APIC is software-disabled, or, with what it
 * had enabled in SVR, while it is off altogether.
 */
enum step do_boot(struct vcpu *v)
{
	switch ((enum boot_step)v->ev.boot) {
	case BOOT_APF_BASE:
		v->ev.boot = BOOT_APF_SVR;
		return switch_apic(v, true);
	case BOOT_APF_SVR:
		v->ev.boot = BOOT_APF_OFF;
		lapic_exit_write(v, LAPIC_SVR, SVR_ENABLED);
		return STEP_EXIT;
	case BOOT_APF_OFF:
		v->ev.boot = BOOT_APF_VECTOR;
		return switch_apic(v, false);
	case BOOT_APF_VECTOR:
		v->ev.boot = BOOT_APF;
		*apf_token(v) = 0;
		return write_msr(v, MSR_APF_INT, GUEST_APF_VECTOR);
	case BOOT_APF:
		v->ev.boot = sc()->apf_while_off ? BOOT_APF_ON : BOOT_APIC;
		return write_msr(v, MSR_APF_EN, (v->pv_gpa[0] + APF_OFFSET) | APF_BY_INTERRUPT);
	case BOOT_APF_ON:
		v->ev.apf_due = APF_SETTLES;
		v->ev.boot = BOOT_APIC;
		return switch_apic(v, true);
	case BOOT_APIC:
		if (sc()->async_pf && !sc()->apf_while_off)
			v->ev.apf_due = APF_SETTLES;
		v->ev.boot = sc()->pv_eoi ? BOOT_PV_EOI : BOOT_IF;
		lapic_exit_write(v, LAPIC_SVR, SVR_ENABLED);
		return STEP_EXIT;
	case BOOT_PV_EOI:
		v->ev.boot = BOOT_IF;
		return do_pv_enable(v);
	default:
		v->ev.boot = BOOT_NONE;
		return do_sti(v);
	}
}

/* --- Which of them comes next; false: none. */
bool guest_next_event_op(struct vcpu *v, bool quiet, enum op *op)
{
	if (v->ev.in_nmi) {
		*op = OP_NMI_IRET;
		if (quiet || !v->ev.nmi_ops)
			return true;
		v->ev.nmi_ops--;
		*op = guest_draw_op(v);
		if (*op == OP_HLT || *op == OP_CLI)
			*op = OP_COMPUTE;
		return true;
	}
	if (v->ev.boot) {
		*op = OP_BOOT;
		return true;
	}
	if (v->ev.sipis && (quiet || rng_one_in(&v->program, 2))) {
		*op = OP_STARTUP_SIPI;
		return true;
	}
	return false;
}
