// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers the simulated vendor module with KVM, by the steps of a vendor module's
 * init function: fills kvm_x86_ops, in each tree's own shape, and calls kvm_init().
 *
 * Has no operation of its own, but for what stands in for absent ones.
 */
#include "vendor.h"
#include "cpuid.h"
#include "pmu.h"

static struct kvm_x86_ops kw_ops = {
#ifdef KW_HAS_REQUIRED_INHIBITS
	.required_apicv_inhibits = KW_APICV_INHIBITS,
#endif
};

/* For a tree that does not know the difference it is not there to be chosen. */
static int kw_icr_setup(void)
{
	if (!kw_config.split_icr)
		return 0;
#ifdef KW_HAS_ICR_SPLIT
	memset((void *)&kw_ops.x2apic_icr_is_split, true, sizeof(kw_ops.x2apic_icr_is_split));
	return 0;
#else
	return -EOPNOTSUPP;
#endif
}

static int kw_hardware_setup(void)
{
	kw_apicv_setup(&kw_ops);
	kw_hv_timer_setup(&kw_ops);
#ifdef KW_HAS_SET_CPU_CAPS
	kvm_set_cpu_caps();
#else
	kvm_initialize_cpu_caps();
#endif
	kvm_caps.has_tsc_control = false;
	kvm_caps.supported_mce_cap |= MCG_CMCI_P;
	return kw_icr_setup();
}

static struct kvm_x86_nested_ops kw_nested_ops;
static struct kvm_pmu_ops kw_pmu_ops;

/* No guest has guests: whatever asks is for guest mode only. */
#if __has_include(<asm/kvm-x86-nested-ops.h>)
static void kw_nested_op(void) { hs_trap("an operation of nested virtualization"); }

/* Asked whenever userspace loads a state. */
static void kw_leave_nested(struct kvm_vcpu *vcpu)
{
	if (is_guest_mode(vcpu))
		kw_nested_op();
}

#undef KVM_X86_NESTED_OP
#undef KVM_X86_NESTED_OP_OPTIONAL
#undef KVM_X86_NESTED_OP_OPTIONAL_RET0
#define KVM_X86_NESTED_OP(func) kw_nested_ops.func = (void *)kw_nested_op;
#define KVM_X86_NESTED_OP_OPTIONAL(func)
#define KVM_X86_NESTED_OP_OPTIONAL_RET0(func)
static void kw_fill_nested_ops(void)
{
#include <asm/kvm-x86-nested-ops.h>
	kw_nested_ops.leave_nested = kw_leave_nested;
}
#else
static void kw_fill_nested_ops(void) { }
#endif

#undef KVM_X86_OP
#undef KVM_X86_OP_OPTIONAL
#undef KVM_X86_OP_OPTIONAL_RET0
#define KVM_X86_OP(func) kw_ops.func = kw_op_##func;
#define KVM_X86_OP_OPTIONAL(func)
#define KVM_X86_OP_OPTIONAL_RET0(func)
static void kw_fill_ops(void)
{
#include <asm/kvm-x86-ops.h>
	kw_ops.name = "lapicsim";
	kw_ops.vm_size = sizeof(struct kw_vm);
	kw_ops.update_cr8_intercept = kw_op_update_cr8_intercept;
#ifndef KW_HAS_INIT_OPS_NESTED
	kw_ops.nested_ops = &kw_nested_ops;
#endif
}

static int __maybe_unused kw_yes(void) { return 1; }
static int __maybe_unused kw_no(void) { return 0; }

static struct kvm_x86_init_ops kw_init_ops = {
#ifdef KW_HAS_INIT_OPS_HAS_SUPPORT
	.cpu_has_kvm_support = kw_yes,
#endif
#ifdef KW_HAS_INIT_OPS_DISABLED_BY_BIOS
	.disabled_by_bios = kw_no,
#endif
#ifdef KW_HAS_INIT_OPS_CHECK_COMPAT
	.check_processor_compatibility = kw_no,
#endif
	.hardware_setup = kw_hardware_setup,
	.runtime_ops = &kw_ops,
	.pmu_ops = &kw_pmu_ops,
#ifdef KW_HAS_INIT_OPS_NESTED
	.nested_ops = &kw_nested_ops,
#endif
};

/*
 * With patched static calls, calling an optional operation that nobody filled
 * does nothing; through a pointer it would jump to 0. The operations in
 * kvm_x86_ops stay NULL, for KVM asks there whether they exist. For one that
 * returns something it has to ask: there is nothing that it could return.
 */
static void kw_do_nothing(void) { }

/* KVM_GET_LAPIC calls it without asking, for its effect alone. Whoever takes the result for a vector will notice. */
static int kw_no_pir(struct kvm_vcpu *vcpu) { return 256; }

#define KVM_X86_OP(op)
#define KVM_X86_OP_OPTIONAL_RET0(op)
#define KVM_X86_OP_OPTIONAL(op)							\
static void __maybe_unused kw_absent_##op(void)					\
{										\
	hs_trap("kvm_x86_ops." #op ", which is absent");			\
}
#include <asm/kvm-x86-ops.h>

/* No prototype: compatible with any parameters, but for a narrow one, which then counts as returning something. */
#define RETURNS_NOTHING(op) __builtin_types_compatible_p(typeof(kw_ops.op), void (*)())

#define KVM_X86_OP(op)
#define KVM_X86_OP_OPTIONAL_RET0(op)
#define KVM_X86_OP_OPTIONAL(op)							\
	if (!STATIC_CALL_KEY(kvm_x86_##op).func)				\
		STATIC_CALL_KEY(kvm_x86_##op).func =				\
			RETURNS_NOTHING(op) ? (void *)kw_do_nothing : (void *)kw_absent_##op;
static void kw_fill_empty_calls(void)
{
	if (!STATIC_CALL_KEY(kvm_x86_sync_pir_to_irr).func)
		STATIC_CALL_KEY(kvm_x86_sync_pir_to_irr).func = (void *)kw_no_pir;
#include <asm/kvm-x86-ops.h>
}

int kw_vendor_load(void)
{
	typedef int (*init_with_ops)(void *, unsigned int, unsigned int, struct module *);
	typedef int (*init_without)(unsigned int, unsigned int, struct module *);
	void *volatile init = kvm_init;
	int r;

	kw_fill_ops();
	kw_fill_nested_ops();
	r = kvm_x86_vendor_init(&kw_init_ops);
	if (r)
		return r;
	if (_Generic(&kvm_init, init_with_ops: true, init_without: false))
		r = ((init_with_ops)init)(&kw_init_ops, sizeof(struct kw_vcpu), __alignof__(struct kw_vcpu), NULL);
	else
		r = ((init_without)init)(sizeof(struct kw_vcpu), __alignof__(struct kw_vcpu), NULL);
	kw_fill_empty_calls();
	return r;
}
