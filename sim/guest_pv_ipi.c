// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest operations that are hypercalls: an IPI or an NMI to up to 128 vCPUs at
 * once, and the kick that ends another vCPU's HLT.  KVM's
 * Documentation/virt/kvm/x86/hypercalls.rst, KVM_HC_SEND_IPI, KVM_HC_KICK_CPU.
 */
#include "sim/guest.h"
#include "sim/host.h"
#include "sim/lapic.h"
#include "sim/oracle/oracle.h"

#define HC_KICK_CPU	5u
#define HC_SEND_IPI	10u
#define ICR_NMI		(4u << 8)

static enum step send(struct vcpu *v, uint32_t icr)
{
	uint32_t nr = machine.vm[v->vm].nr_vcpus;
	uint64_t low = rng_u64(&v->target), high = rng_u64(&v->target);
	struct kw_hw *hw = v->hw;

	/* Half of the masks are sparse, as a scheduler's are, and most begin where vCPUs are. */
	if (rng_one_in(&v->target, 2)) {
		low &= rng_u64(&v->target) & rng_u64(&v->target);
		high &= rng_u64(&v->target) & rng_u64(&v->target);
	}
	hw->rax = HC_SEND_IPI;
	hw->rbx = low;
	hw->rcx = high;
	hw->rdx = rng_below(&v->target, nr + 1);
	hw->rsi = icr;
	v->message = oracle_pv_ipi_begin(v->index, low, high, (uint32_t)hw->rdx, icr);
	v->told = ACTION_PV_IPI;
	host_event(DIGEST_MESSAGE, v->index, low ^ high ^ hw->rdx << 32 ^ icr);
	return exits(v, KW_EXIT_VMCALL);
}

enum step do_pv_ipi(struct vcpu *v) { return send(v, rng_range(&v->target, sc()->vector_first, sc()->vector_last)); }
enum step do_pv_nmi(struct vcpu *v) { return send(v, ICR_NMI); }

enum step do_pv_kick(struct vcpu *v)
{
	struct kw_hw *hw = v->hw;

	hw->rax = HC_KICK_CPU;
	hw->rbx = 0;
	hw->rcx = rng_below(&v->target, machine.vm[v->vm].nr_vcpus);
	v->message = oracle_pv_kick_begin(v->index, (uint32_t)hw->rcx);
	host_event(DIGEST_MESSAGE, v->index, hw->rcx);
	return exits(v, KW_EXIT_VMCALL);
}
