/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In front of the tree's linux/tracepoint.h (compiled without tracepoints):
 * KVM's TRACE_EVENTs that enum kw_tracepoint lists call hs_tracepoint() with
 * their arguments as numbers while a trace is wanted, the others vanish.  The
 * choice is made by name at compile time, so an unused one costs nothing.
 */
/* Like the tree's, this part takes effect whenever TRACE_EVENT() is not defined. */
#ifndef TRACE_EVENT
#define KW_TP_OVERRIDE
#endif
#include_next <linux/tracepoint.h>

#ifndef LAPICSIM_SHIM_LINUX_TRACEPOINT_H
#define LAPICSIM_SHIM_LINUX_TRACEPOINT_H
#include "kvm/boundary.h"

#define KW_TP_IS(name, tp) __builtin_strcmp(name, #tp) == 0 ?
#define KW_TP_ID(n) (							\
	KW_TP_IS(n, kvm_apic_accept_irq) KW_TP_KVM_APIC_ACCEPT_IRQ :	\
	KW_TP_IS(n, kvm_inj_virq) KW_TP_KVM_INJ_VIRQ :			\
	KW_TP_IS(n, kvm_eoi) KW_TP_KVM_EOI :				\
	KW_TP_IS(n, kvm_pv_eoi) KW_TP_KVM_PV_EOI :			\
	KW_TP_IS(n, kvm_msi_set_irq) KW_TP_KVM_MSI_SET_IRQ :		\
	KW_TP_IS(n, kvm_apic_ipi) KW_TP_KVM_APIC_IPI :			\
	KW_TP_IS(n, kvm_msr) KW_TP_KVM_MSR :				\
	KW_TP_IS(n, kvm_cr) KW_TP_KVM_CR :				\
	KW_TP_IS(n, kvm_apic) KW_TP_KVM_APIC :				\
	KW_TP_IS(n, kvm_set_irq) KW_TP_KVM_SET_IRQ :			\
	KW_TP_IS(n, kvm_ack_irq) KW_TP_KVM_ACK_IRQ :			\
	KW_TP_IS(n, kvm_ioapic_set_irq) KW_TP_KVM_IOAPIC_SET_IRQ :	\
	KW_TP_IS(n, kvm_vcpu_wakeup) KW_TP_KVM_VCPU_WAKEUP :		\
	KW_TP_IS(n, kvm_userspace_exit) KW_TP_KVM_USERSPACE_EXIT :	\
	KW_TP_IS(n, kvm_cpuid) KW_TP_KVM_CPUID :			\
	KW_TP_IS(n, kvm_hypercall) KW_TP_KVM_HYPERCALL :		\
	KW_TP_NONE)

/* Told without a trace, too. */
#define KW_TP_ON(n) (kw_shared.trace_on || (__builtin_strcmp(n, "kvm_set_irq") == 0 && kw_shared.chips_on))

void kw_tracepoint(enum kw_tracepoint id, unsigned int nr, const u64 *args);

#define KW_TP_U64(x) ((u64)(unsigned long)(x)),
#define KW_TP_CAT(a, b) a##b
#define KW_TP_MAP(n, ...) KW_TP_CAT(KW_TP_MAP_, n)(__VA_ARGS__)
#define KW_TP_MAP_0()
#define KW_TP_MAP_1(a) KW_TP_U64(a)
#define KW_TP_MAP_2(a, ...) KW_TP_U64(a) KW_TP_MAP_1(__VA_ARGS__)
#define KW_TP_MAP_3(a, ...) KW_TP_U64(a) KW_TP_MAP_2(__VA_ARGS__)
#define KW_TP_MAP_4(a, ...) KW_TP_U64(a) KW_TP_MAP_3(__VA_ARGS__)
#define KW_TP_MAP_5(a, ...) KW_TP_U64(a) KW_TP_MAP_4(__VA_ARGS__)
#define KW_TP_MAP_6(a, ...) KW_TP_U64(a) KW_TP_MAP_5(__VA_ARGS__)
#define KW_TP_MAP_7(a, ...) KW_TP_U64(a) KW_TP_MAP_6(__VA_ARGS__)
#define KW_TP_MAP_8(a, ...) KW_TP_U64(a) KW_TP_MAP_7(__VA_ARGS__)
#define KW_TP_MAP_9(a, ...) KW_TP_U64(a) KW_TP_MAP_8(__VA_ARGS__)
#define KW_TP_COUNT(...) KW_TP_COUNT_(_, ##__VA_ARGS__, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define KW_TP_COUNT_(_, a, b, c, d, e, f, g, h, i, n, ...) n

#define KW_TP_ARGS(...) KW_TP_APPLY(KW_TP_COUNT(__VA_ARGS__), ##__VA_ARGS__)
#define KW_TP_APPLY(n, ...) KW_TP_MAP(n, ##__VA_ARGS__)
#endif

#ifdef KW_TP_OVERRIDE
#undef KW_TP_OVERRIDE
#undef TRACE_EVENT
#undef DEFINE_EVENT
#undef DECLARE_EVENT_CLASS
#define TRACE_EVENT(name, proto, args, ...)				\
	static inline void trace_##name(proto)				\
	{								\
		if (KW_TP_ID(#name) != KW_TP_NONE && unlikely(KW_TP_ON(#name))) { \
			u64 kw_args[] = { KW_TP_ARGS(args) };		\
			kw_tracepoint(KW_TP_ID(#name), ARRAY_SIZE(kw_args), kw_args); \
		}							\
	}								\
	static inline bool trace_##name##_enabled(void) { return kw_shared.trace_on && KW_TP_ID(#name) != KW_TP_NONE; }
#define DECLARE_EVENT_CLASS(name, proto, args, ...)
#define DEFINE_EVENT(template, name, proto, args)			\
	static inline void trace_##name(proto) { }			\
	static inline bool trace_##name##_enabled(void) { return false; }

#endif
