/* SPDX-License-Identifier: GPL-2.0-only */
/* See trace_format.h. Fields of ICR, MSI and MSR arguments: SDM, chapter "APIC". */
#include "sim/trace_format.h"

#include <inttypes.h>
#include <stddef.h>

#define X64 "0x%" PRIx64

/* ICR and MSI words. */
#define DELIVERY_MODE(word)	((word) >> 8 & 7)
#define ICR_LOGICAL		(1u << 11)
#define ICR_ASSERT		(1u << 14)
#define ICR_LEVEL		(1u << 15)
#define ICR_SHORTHAND(word)	((word) >> 18 & 3)
#define MSI_LEVEL		(1u << 15)	/* in the data */
#define MSI_LOGICAL		(1u << 2)	/* in the address */
#define MSI_REDIRECTION_HINT	(1u << 3)

static const char *const delivery_modes[8] = {
	"Fixed", "LowPrio", "SMI", "Res3", "NMI", "INIT", "SIPI", "ExtINT",
};

static const char *const exit_names[KW_NR_EXIT_REASONS] = {
	[KW_EXIT_EXCEPTION_NMI] = "EXCEPTION_NMI",
	[KW_EXIT_EXTERNAL_INTERRUPT] = "EXTERNAL_INTERRUPT",
	[KW_EXIT_TRIPLE_FAULT] = "TRIPLE_FAULT",
	[KW_EXIT_INTERRUPT_WINDOW] = "INTERRUPT_WINDOW",
	[KW_EXIT_NMI_WINDOW] = "NMI_WINDOW",
	[KW_EXIT_CPUID] = "CPUID",
	[KW_EXIT_HLT] = "HLT",
	[KW_EXIT_VMCALL] = "VMCALL",
	[KW_EXIT_CR_ACCESS] = "CR_ACCESS",
	[KW_EXIT_IO_INSTRUCTION] = "IO_INSTRUCTION",
	[KW_EXIT_MSR_READ] = "MSR_READ",
	[KW_EXIT_MSR_WRITE] = "MSR_WRITE",
	[KW_EXIT_PAUSE] = "PAUSE_INSTRUCTION",
	[KW_EXIT_TPR_BELOW_THRESHOLD] = "TPR_BELOW_THRESHOLD",
	[KW_EXIT_APIC_ACCESS] = "APIC_ACCESS",
	[KW_EXIT_VIRTUALIZED_EOI] = "EOI_INDUCED",
	[KW_EXIT_EPT_VIOLATION] = "EPT_VIOLATION",
	[KW_EXIT_EPT_MISCONFIG] = "EPT_MISCONFIG",
	[KW_EXIT_PREEMPTION_TIMER] = "PREEMPTION_TIMER",
	[KW_EXIT_APIC_WRITE] = "APIC_WRITE",
};

/* By offset / 16: SDM, "Local APIC Register Address Map". */
static const char *const apic_registers[0x40] = {
	[0x02] = "APIC_ID", [0x03] = "APIC_LVR", [0x08] = "APIC_TASKPRI", [0x09] = "APIC_ARBPRI",
	[0x0a] = "APIC_PROCPRI", [0x0b] = "APIC_EOI", [0x0c] = "APIC_RRR", [0x0d] = "APIC_LDR",
	[0x0e] = "APIC_DFR", [0x0f] = "APIC_SPIV", [0x10] = "APIC_ISR", [0x18] = "APIC_TMR",
	[0x20] = "APIC_IRR", [0x28] = "APIC_ESR", [0x2f] = "APIC_LVTCMCI", [0x30] = "APIC_ICR",
	[0x31] = "APIC_ICR2", [0x32] = "APIC_LVTT", [0x33] = "APIC_LVTTHMR", [0x34] = "APIC_LVTPC",
	[0x35] = "APIC_LVT0", [0x36] = "APIC_LVT1", [0x37] = "APIC_LVTERR", [0x38] = "APIC_TMICT",
	[0x39] = "APIC_TMCCT", [0x3e] = "APIC_TDCR", [0x3f] = "APIC_SELF_IPI",
};

static void print_accept_irq(const uint64_t *a)
{
	trace_append("apicid %" PRIx64 " vec %" PRIu64 " (%s|%s)", a[0], a[3], delivery_modes[DELIVERY_MODE(a[1])],
		     a[2] ? "level" : "edge");
}

static void print_inj_virq(const uint64_t *a)
{
	trace_append("%s 0x%" PRIx64 "%s", a[1] ? "Soft/INTn" : "IRQ", a[0], a[2] ? " [reinjected]" : "");
}

static void print_eoi(const uint64_t *a)
{
	trace_append("apicid %" PRIx64 " vector %" PRId32, a[0], (int32_t)a[1]);
}

/* Above 255 the rest of an x2APIC destination is in the address's upper half. */
static void print_msi(const uint64_t *a)
{
	uint32_t dest = (uint32_t)(a[0] >> 12 & 0xff) | (uint32_t)(a[0] >> 32 & 0xffffff00);

	trace_append("dst %x vec %u (%s|%s|%s%s)", dest, (uint32_t)a[1] & 0xff,
		     delivery_modes[DELIVERY_MODE(a[1])], a[0] & MSI_LOGICAL ? "logical" : "physical",
		     a[1] & MSI_LEVEL ? "level" : "edge", a[0] & MSI_REDIRECTION_HINT ? "|rh" : "");
}

static void print_ipi(const uint64_t *a)
{
	static const char *const shorthands[4] = { "dst", "self", "all", "all-but-self" };

	trace_append("dst %" PRIx64 " vec %u (%s|%s|%s|%s|%s)", a[1], (uint32_t)a[0] & 0xff,
		     delivery_modes[DELIVERY_MODE(a[0])], a[0] & ICR_LOGICAL ? "logical" : "physical",
		     a[0] & ICR_ASSERT ? "assert" : "de-assert", a[0] & ICR_LEVEL ? "level" : "edge",
		     shorthands[ICR_SHORTHAND(a[0])]);
}

static void print_msr(const uint64_t *a)
{
	trace_append("msr_%s %" PRIx64 " = " X64 "%s", a[0] ? "write" : "read", a[1], a[2], a[3] ? " (#GP)" : "");
}

static void print_cr(const uint64_t *a)
{
	trace_append("cr_%s %" PRIu64 " = " X64, a[0] ? "write" : "read", a[1], a[2]);
}

static void print_apic(const uint64_t *a)
{
	const char *name = a[1] < 0x400 ? apic_registers[a[1] >> 4] : NULL;

	trace_append("apic_%s ", a[0] ? "write" : "read");
	if (name)
		trace_append("%s = " X64, name, a[2]);
	else
		trace_append(X64 " = " X64, a[1], a[2]);
}

static void print_set_irq(const uint64_t *a)
{
	trace_append("gsi %" PRIu64 " level %" PRId32 " source %" PRId32, a[0], (int32_t)a[1], (int32_t)a[2]);
}

static void print_ack_irq(const uint64_t *a)
{
	static const char *const chips[3] = { "PIC master", "PIC slave", "IOAPIC" };

	trace_append("irqchip %s pin %" PRIu64, a[0] < 3 ? chips[a[0]] : "?", a[1]);
}

/* A redirection table entry: SDM of the 82093AA, "IOREDTBL". */
static void print_ioapic(const uint64_t *a)
{
	trace_append("pin %" PRIu64 " dst %x vec %u (%s|%s|%s%s)%s", a[1], (uint32_t)(a[0] >> 56),
		     (uint32_t)a[0] & 0xff, delivery_modes[DELIVERY_MODE(a[0])],
		     a[0] & ICR_LOGICAL ? "logical" : "physical", a[0] & ICR_LEVEL ? "level" : "edge",
		     a[0] & 1u << 16 ? "|masked" : "", a[2] ? " (coalesced)" : "");
}

static void print_wakeup(const uint64_t *a)
{
	trace_append("%s time %" PRIu64 " ns, polling %s", a[1] ? "wait" : "poll", a[0], a[2] ? "valid" : "invalid");
}

static void print_userspace_exit(const uint64_t *a)
{
	int32_t err = (int32_t)a[1];

	if (err < 0)
		trace_append("reason %s (%" PRId32 ")", err == -4 ? "restart" : "error", -err);
	else
		trace_append("reason %" PRIu64, a[0]);
}

static void print_cpuid(const uint64_t *a)
{
	trace_append("func %" PRIx64 " idx %" PRIx64 " rax %" PRIx64 " rbx %" PRIx64 " rcx %" PRIx64 " rdx %" PRIx64,
		     a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void print_hypercall(const uint64_t *a)
{
	trace_append("nr 0x%" PRIx64 " a0 0x%" PRIx64 " a1 0x%" PRIx64 " a2 0x%" PRIx64 " a3 0x%" PRIx64,
		     a[0], a[1], a[2], a[3], a[4]);
}

/* A tree's own entry event names the vCPU only; runs with several VMs need more. */
static void print_vcpu(const uint64_t *a)
{
	if (a[0])
		trace_append("vm %" PRIu64 " ", a[0]);
	trace_append("vcpu %" PRIu64, a[1]);
}

static void print_entry(const uint64_t *a)
{
	print_vcpu(a);
	if (a[3] & KW_INTR_VALID)
		trace_append(", intr_info 0x%" PRIx64, a[3]);
}

static void print_exit(const uint64_t *a)
{
	const char *name = a[2] < KW_NR_EXIT_REASONS ? exit_names[a[2]] : NULL;

	print_vcpu(a);
	if (name)
		trace_append(" reason %s", name);
	else
		trace_append(" reason %" PRIu64, a[2]);
	trace_append(" info 0x%" PRIx64 " idt_vectoring 0x%" PRIx64, a[4], a[5]);
}

static const struct format {
	const char *name;
	uint32_t nr_args;		/* what print() looks at */
	void (*print)(const uint64_t *args);
} formats[KW_NR_TRACEPOINTS] = {
	[KW_TP_KVM_APIC_ACCEPT_IRQ]	= { "kvm_apic_accept_irq", 4, print_accept_irq },
	[KW_TP_KVM_INJ_VIRQ]		= { "kvm_inj_virq", 3, print_inj_virq },
	[KW_TP_KVM_EOI]			= { "kvm_eoi", 2, print_eoi },
	[KW_TP_KVM_PV_EOI]		= { "kvm_pv_eoi", 2, print_eoi },
	[KW_TP_KVM_MSI_SET_IRQ]		= { "kvm_msi_set_irq", 2, print_msi },
	[KW_TP_KVM_APIC_IPI]		= { "kvm_apic_ipi", 2, print_ipi },
	[KW_TP_KVM_MSR]			= { "kvm_msr", 4, print_msr },
	[KW_TP_KVM_CR]			= { "kvm_cr", 3, print_cr },
	[KW_TP_KVM_APIC]		= { "kvm_apic", 3, print_apic },
	[KW_TP_KVM_SET_IRQ]		= { "kvm_set_irq", 3, print_set_irq },
	[KW_TP_KVM_ACK_IRQ]		= { "kvm_ack_irq", 2, print_ack_irq },
	[KW_TP_KVM_IOAPIC_SET_IRQ]	= { "kvm_ioapic_set_irq", 3, print_ioapic },
	[KW_TP_KVM_HV_TIMER_STATE]	= { "kvm_hv_timer_state", 0, NULL },
	[KW_TP_KVM_VCPU_WAKEUP]		= { "kvm_vcpu_wakeup", 3, print_wakeup },
	[KW_TP_KVM_HALT_POLL_NS]	= { "kvm_halt_poll_ns", 0, NULL },
	[KW_TP_KVM_USERSPACE_EXIT]	= { "kvm_userspace_exit", 2, print_userspace_exit },
	[KW_TP_KVM_FPU]			= { "kvm_fpu", 0, NULL },
	[KW_TP_KVM_INJ_EXCEPTION]	= { "kvm_inj_exception", 0, NULL },
	[KW_TP_KVM_CPUID]		= { "kvm_cpuid", 6, print_cpuid },
	[KW_TP_KVM_HYPERCALL]		= { "kvm_hypercall", 5, print_hypercall },
	[KW_TP_KVM_ENTRY]		= { "kvm_entry", 6, print_entry },
	[KW_TP_KVM_EXIT]		= { "kvm_exit", 6, print_exit },
};

const char *trace_format_name(enum kw_tracepoint id)
{
	return (uint32_t)id < KW_NR_TRACEPOINTS && formats[id].name ? formats[id].name : "unknown";
}

void trace_format(enum kw_tracepoint id, uint32_t nr, const uint64_t *args)
{
	uint32_t i;

	if ((uint32_t)id < KW_NR_TRACEPOINTS && formats[id].print && nr >= formats[id].nr_args) {
		formats[id].print(args);
		return;
	}
	for (i = 0; i < nr; i++)
		trace_append("%s0x%" PRIx64, i ? " " : "", args[i]);
}
