// SPDX-License-Identifier: GPL-2.0-only
/*
 * Userspace that moves a vCPU's TPR into memory and back (KVM_SET_VAPIC_ADDR), and
 * has accesses to the APIC's TPR reported (KVM_TPR_ACCESS_REPORTING), as a VMM does
 * that patches the guest's instructions.
 *
 * It keeps to what KVM leaves to it: before a word is used, byte 0 holds TPR.  The
 * words lie in the pages of the PV EOI words, in their second half, and share their
 * fate (memory.c).
 */
#include "sim/user_vapic.h"

#include <errno.h>
#include <linux/kvm.h>

#include "sim/host.h"
#include "sim/lapic.h"
#include "sim/oracle/oracle.h"
#include "sim/oracle/vapic.h"
#include "sim/trace.h"

#define WORDS_OFFSET	(MACHINE_PAGE / 2)

static uint64_t word_gpa(const struct vcpu *v, uint32_t nr) { return v->pv_gpa[nr] + WORDS_OFFSET; }

int64_t user_vapic_build(const struct vcpu *v)
{
	struct kvm_vapic_addr va = { .vapic_addr = word_gpa(v, 0) };

	return machine.scenario.vapic ? kw_ioctl(v->fd, KVM_SET_VAPIC_ADDR, (uint64_t)&va) : 0;
}

void user_vapic_reset(struct vcpu *v)
{
	if (!machine.scenario.vapic)
		return;
	v->vapic_gpa = word_gpa(v, 0);
	oracle_user_vapic(v->index, true);
}

/* What TPR is now: KVM's, whatever was written while its page was away. */
static bool current_tpr(struct vcpu *v, uint8_t *tpr)
{
	struct kvm_lapic_state regs;
	struct kw_apic_state st;

	if (host_ioctl(v->fd, KVM_GET_LAPIC, (uint64_t)&regs) < 0)
		return false;
	kw_apic_state(v->hw, &st);
	oracle_user_get_lapic(v->index, (uint8_t *)regs.regs, &st);
	*tpr = (uint8_t)regs.regs[LAPIC_TPR];
	return true;
}

static int64_t set_addr(const struct vcpu *v, uint64_t gpa)
{
	struct kvm_vapic_addr va = { .vapic_addr = gpa };
	int64_t ret = host_ioctl(v->fd, KVM_SET_VAPIC_ADDR, (uint64_t)&va);

	if (trace_on())
		trace_event("userspace", "vcpu %u vapic address 0x%llx: %lld", v->index, (unsigned long long)gpa,
			    (long long)ret);
	return ret;
}

void user_vapic_addr(struct vcpu *v)
{
	uint32_t pick = rng_below(&v->program, 3);
	uint64_t gpa = pick ? word_gpa(v, pick - 1) : 0;
	uint32_t *word = gpa ? machine_word_with(&machine.vm[v->vm], gpa, KW_USER_RW) : NULL;
	uint8_t tpr;

	if ((gpa && !word) || !current_tpr(v, &tpr))
		return;
	if (word)
		*word = tpr;
	if (set_addr(v, gpa)) {
		oracle_finding(HOST_CHECK_VAPIC_REFUSED, v->vm, v->id, DIV_NONE,
			       "KVM_SET_VAPIC_ADDR refuses 0x%llx, where memory is", (unsigned long long)gpa);
		oracle_user_vapic_refused(v->index);
		return;
	}
	v->tpr = tpr;
	v->vapic_gpa = gpa;
	oracle_user_vapic(v->index, gpa);
	/* The memory manager has been there meanwhile. */
	if (gpa && machine_prot(&machine.vm[v->vm], gpa) != KW_USER_RW)
		oracle_vapic_gone(v->index);
}

/* Has to be refused; that nothing changes is for the oracle to see. */
void user_vapic_bad(struct vcpu *v)
{
	uint64_t gpa = MACHINE_NO_GPA + MACHINE_PAGE * rng_below(&v->program, 1000);

	if (set_addr(v, gpa) >= 0)
		oracle_finding(HOST_CHECK_BAD_CALL, v->vm, v->id, DIV_NONE,
			       "KVM_SET_VAPIC_ADDR takes 0x%llx, where no memory is", (unsigned long long)gpa);
	else
		oracle_user_vapic_refused(v->index);
}

/* linux/kvm.h: no flag is defined. */
void user_tpr_reporting(struct vcpu *v)
{
	struct kvm_tpr_access_ctl ctl = { .enabled = !v->tpr_reports, .flags = rng_one_in(&v->program, 8) };

	if (host_ioctl(v->fd, KVM_TPR_ACCESS_REPORTING, (uint64_t)&ctl) < 0)
		return;
	if (ctl.flags)
		oracle_finding(HOST_CHECK_BAD_CALL, v->vm, v->id, DIV_NONE,
			       "KVM_TPR_ACCESS_REPORTING takes flags 0x%x", ctl.flags);
	v->tpr_reports = ctl.enabled;
}

void user_vapic_exit(const struct vcpu *v)
{
	if (v->run->exit_reason == KVM_EXIT_TPR_ACCESS)
		oracle_tpr_reported(v->index, v->run->tpr_access.is_write);
}
