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

/* A vCPU's allocation: KVM's part first, then the hardware's. */
struct kw_vcpu {
	struct kvm_vcpu vcpu;
	struct kw_hw hw;
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

#endif
