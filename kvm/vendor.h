/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the vendor module share.  Kernel world.
 */
#ifndef LAPICSIM_KVM_VENDOR_H
#define LAPICSIM_KVM_VENDOR_H

#include <linux/kvm_host.h>
#include <kvm/iodev.h>
#include <asm/msr-index.h>
#include "lapic.h"
#include "x86.h"
#include "env/env.h"

/* A VM's allocation: KVM's part first. */
struct kw_vm {
	struct kvm kvm;
	u32 nr;
};

/* A vCPU's allocation: KVM's part first, then the hardware's. */
struct kw_vcpu {
	struct kvm_vcpu vcpu;
	struct kw_hw hw;
	/* hv_timer.c: when KVM wants the VMX-preemption timer to go off, in host TSC. */
	u64 hv_timer_tsc;
	bool hv_timer_on;
};

static inline struct kw_hw *kw_hw(struct kvm_vcpu *vcpu)
{
	return &container_of(vcpu, struct kw_vcpu, vcpu)->hw;
}

/* KVM's declarations of the operations: a definition that drifts fails to compile. */
#define KVM_X86_OP(func) extern typeof(*((struct kvm_x86_ops *)0)->func) kw_op_##func;
#define KVM_X86_OP_OPTIONAL(func) KVM_X86_OP(func)
#define KVM_X86_OP_OPTIONAL_RET0(func) KVM_X86_OP(func)
#include <asm/kvm-x86-ops.h>

/* apicv.c */
void kw_apicv_setup(struct kvm_x86_ops *ops);
void kw_apicv_vcpu_create(struct kvm_vcpu *vcpu);
/* False: APICv is not active, KVM has to deliver. */
bool kw_post_interrupt(struct kvm_vcpu *vcpu, int vector);
int kw_exit_virtualized_eoi(struct kvm_vcpu *vcpu);
int kw_exit_apic_write(struct kvm_vcpu *vcpu);

/* pmi.c: a counter's NMI came, and made the guest exit, or in the host just behind an exit. */
void kw_pmi_in_guest(struct kvm_vcpu *vcpu);
void kw_pmi_in_host(struct kvm_vcpu *vcpu);

/* hv_timer.c */
void kw_hv_timer_setup(struct kvm_x86_ops *ops);
void kw_hv_timer_load(struct kvm_vcpu *vcpu);
fastpath_t kw_hv_timer_exit(struct kvm_vcpu *vcpu, bool force_immediate_exit);

/* The reasons to inhibit APICv that VMX has to honour. */
#ifdef KW_HAS_INHIBIT_DISABLED
#define KW_INHIBIT_DISABLED	BIT(APICV_INHIBIT_REASON_DISABLED)
#else
#define KW_INHIBIT_DISABLED	BIT(APICV_INHIBIT_REASON_DISABLE)
#endif
#ifdef KW_HAS_INHIBIT_ID_ALIASED
#define KW_INHIBIT_ALIASED	BIT(APICV_INHIBIT_REASON_PHYSICAL_ID_ALIASED)
#else
#define KW_INHIBIT_ALIASED	0
#endif
#define KW_APICV_INHIBITS							\
	(KW_INHIBIT_DISABLED | BIT(APICV_INHIBIT_REASON_HYPERV) |		\
	 BIT(APICV_INHIBIT_REASON_ABSENT) | BIT(APICV_INHIBIT_REASON_BLOCKIRQ) |	\
	 BIT(APICV_INHIBIT_REASON_APIC_ID_MODIFIED) |				\
	 BIT(APICV_INHIBIT_REASON_APIC_BASE_MODIFIED) | KW_INHIBIT_ALIASED)

#endif
