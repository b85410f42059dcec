// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of checks.  The lapicsim command links this file too, to list them;
 * how one reports is in check_report.c.
 */
#include "sim/oracle/check.h"

#include <string.h>

#define ABI	"PV EOI ABI"
#define KVM	"KVM-internal"
#define IOAPIC	"82093AA data sheet"
#define PIC	"8259A data sheet"
#define VAPIC	"kvmvapic.S, vapic format"

static struct check_row rows[CHECK_NR] = {
	[CHECK_PPR] = { "ppr-matches", DIV_REGISTER_MISMATCH, "Task and Processor Priorities", false },
	[CHECK_CACHE_IRR_PENDING] = { "cache-irr-pending", DIV_STALE_CACHE, KVM, false },
	[CHECK_CACHE_ISR_COUNT] = { "cache-isr-count", DIV_STALE_CACHE, KVM, false },
	[CHECK_CACHE_HIGHEST_ISR] = { "cache-highest-isr", DIV_STALE_CACHE, KVM, false },
	[CHECK_CACHE_SW_ENABLED] = { "cache-sw-enabled", DIV_STALE_CACHE, KVM, false },
	[CHECK_CACHE_APICV] = { "cache-apicv", DIV_STALE_CACHE, KVM, false },
	[CHECK_APICV_RVI] = { "apicv-rvi", DIV_STALE_CACHE, "Guest Interrupt Status", false },
	[CHECK_APICV_SVI] = { "apicv-svi", DIV_STALE_CACHE, "Guest Interrupt Status", false },
	[CHECK_PV_UNTRACKED] = { "pv-word-untracked", DIV_PV_EOI_WORD, ABI ", clauses 2 and 6", false },
	[CHECK_PV_UNARMED] = { "pv-pending-unarmed", DIV_PV_EOI_WORD, ABI ", clause 2", false },
	[CHECK_DISPATCH_PENDING] = { "dispatch-pending", DIV_SPURIOUS_DELIVERY,
		"Interrupt Acceptance for Fixed Interrupts", false },
	[CHECK_DISPATCH_PPR] = { "dispatch-ppr", DIV_PRIORITY_INVERSION,
		"Interrupt, Task, and Processor Priority", false },
	[CHECK_DISPATCH_IN_SERVICE] = { "dispatch-in-service", DIV_PRIORITY_INVERSION,
		"Interrupt Acceptance for Fixed Interrupts", false },
	[CHECK_DISPATCH_HIGHEST] = { "dispatch-highest", DIV_PRIORITY_INVERSION,
		"Interrupt Acceptance for Fixed Interrupts", false },
	[CHECK_DISPATCH_BLOCKED] = { "dispatch-blocked", DIV_PRIORITY_INVERSION,
		"Masking Maskable Hardware Interrupts", false },
	[CHECK_OWED] = { "owed-reinjected", DIV_LOST_INTERRUPT, "Information for VM Exits During Event Delivery", false },
	[CHECK_DELIVERED] = { "delivered-injected", DIV_SPURIOUS_DELIVERY, "VM-Entry Controls for Event Injection", false },
	[CHECK_IRR_LOST] = { "irr-lost", DIV_LOST_INTERRUPT, "Interrupt Acceptance for Fixed Interrupts", false },
	[CHECK_IRR_SPURIOUS] = { "irr-spurious", DIV_SPURIOUS_DELIVERY,
		"Interrupt Acceptance for Fixed Interrupts", false },
	[CHECK_ISR_PREMATURE] = { "isr-premature", DIV_PREMATURE_EOI, "Signaling Interrupt Servicing Completion", false },
	[CHECK_ISR_PAGE_AWAY] = { "isr-premature-page-away", DIV_PREMATURE_EOI, ABI ", clause 6", false },
	[CHECK_ISR_STUCK] = { "isr-stuck", DIV_LOST_EOI, "Signaling Interrupt Servicing Completion", false },
	[CHECK_ISR_SPURIOUS] = { "isr-spurious", DIV_SPURIOUS_DELIVERY,
		"Interrupt Acceptance for Fixed Interrupts", false },
	[CHECK_TMR] = { "tmr-matches", DIV_REGISTER_MISMATCH, "Interrupt Acceptance for Fixed Interrupts", false },
	[CHECK_TPR] = { "tpr-matches", DIV_REGISTER_MISMATCH, "Task and Processor Priorities", false },
	[CHECK_PV_MSR] = { "pv-msr-matches", DIV_REGISTER_MISMATCH, ABI ", clause 1", false },
	[CHECK_GET_LAPIC] = { "get-lapic", DIV_REGISTER_MISMATCH, "KVM api.rst, KVM_GET_LAPIC", false },
	[CHECK_FAULT_DELIVERED] = { "fault-delivered", DIV_REGISTER_MISMATCH, "x2APIC Register Address Space", false },
	[CHECK_ACCESS_FAULT] = { "access-fault", DIV_REGISTER_MISMATCH, "x2APIC Register Address Space", false },
	[CHECK_ACCESS_VALUE] = { "access-value", DIV_REGISTER_MISMATCH, "Local APIC Register Address Map", false },
	[CHECK_REGISTER_FILE] = { "register-file", DIV_REGISTER_MISMATCH, "Local APIC Register Address Map", false },
	[CHECK_PV_OTHER_BITS] = { "pv-word-other-bits", DIV_PV_EOI_WORD, ABI ", clause 4", false },
	[CHECK_PV_DISABLED] = { "pv-word-disabled", DIV_PV_EOI_WORD, ABI ", clause 1", false },
	[CHECK_PV_IDLE] = { "pv-word-idle", DIV_PV_EOI_WORD, ABI ", clause 2", false },
	[CHECK_PV_IRR_PENDING] = { "pv-word-irr-pending", DIV_PV_EOI_WORD, KVM ": one bit tracks one interrupt", false },
	[CHECK_PV_APICV] = { "pv-word-apicv", DIV_PV_EOI_WORD, KVM ": hardware ends interrupts itself", false },
	[CHECK_PV_RUNNING] = { "pv-word-while-running", DIV_PV_EOI_WORD, ABI ", clause 5", false },
	[CHECK_CACHE_PV_PENDING] = { "cache-pv-pending", DIV_STALE_CACHE, KVM, false },
	[CHECK_TIMER_EARLY] = { "timer-early", DIV_SPURIOUS_DELIVERY, "APIC Timer", false },
	[CHECK_TIMER_DUPLICATE] = { "timer-duplicate", DIV_SPURIOUS_DELIVERY, "APIC Timer", false },
	[CHECK_TIMER_SPURIOUS] = { "timer-spurious", DIV_SPURIOUS_DELIVERY, "APIC Timer", false },
	[CHECK_TIMER_LOST] = { "timer-lost", DIV_LOST_INTERRUPT, "APIC Timer", false },
	[CHECK_TIMER_COUNT] = { "timer-count", DIV_REGISTER_MISMATCH, "APIC Timer", false },
	[CHECK_TIMER_DEADLINE] = { "timer-deadline", DIV_REGISTER_MISMATCH, "TSC-Deadline Mode", false },
	[CHECK_QUIET_IRR] = { "quiet-irr", DIV_LOST_INTERRUPT, "Interrupt Acceptance for Fixed Interrupts", false },
	[CHECK_QUIET_ISR] = { "quiet-isr", DIV_LOST_EOI, "Signaling Interrupt Servicing Completion", false },
	[CHECK_QUIET_OWED] = { "quiet-owed", DIV_LOST_INTERRUPT, "VM-Entry Controls for Event Injection", false },
	[CHECK_NMI_BLOCKED] = { "nmi-blocked", DIV_PRIORITY_INVERSION, "Handling Multiple NMIs", false },
	[CHECK_NMI_SPURIOUS] = { "nmi-spurious", DIV_SPURIOUS_DELIVERY, "Handling Multiple NMIs", false },
	[CHECK_NMI_HELD] = { "nmi-held", DIV_LOST_INTERRUPT, "Handling Multiple NMIs", false },
	[CHECK_NMI_PRIORITY] = { "nmi-priority", DIV_PRIORITY_INVERSION, "Priority Among Concurrent Events", false },
	[CHECK_NMI_OWED] = { "nmi-reinjected", DIV_LOST_INTERRUPT,
		"Information for VM Exits During Event Delivery", false },
	[CHECK_NMI_LOST] = { "quiet-nmi", DIV_LOST_INTERRUPT, "Handling Multiple NMIs", false },
	[CHECK_INIT_SPURIOUS] = { "init-spurious", DIV_SPURIOUS_DELIVERY, "Interrupt Command Register (ICR)", false },
	[CHECK_INIT_LOST] = { "init-lost", DIV_LOST_INTERRUPT, "Interrupt Command Register (ICR)", false },
	[CHECK_INIT_STATE] = { "init-state", DIV_REGISTER_MISMATCH,
		"Local APIC State After It Receives an INIT-Reset (Wait-for-SIPI)", false },
	[CHECK_SIPI_SPURIOUS] = { "sipi-spurious", DIV_SPURIOUS_DELIVERY,
		"MP Initialization Protocol Algorithm", false },
	[CHECK_SIPI_LOST] = { "sipi-lost", DIV_LOST_INTERRUPT, "MP Initialization Protocol Algorithm", false },
	[CHECK_SIPI_EARLY] = { "runs-without-sipi", DIV_SPURIOUS_DELIVERY,
		"MP Initialization Protocol Algorithm", false },
	[CHECK_SPIN] = { "run-spins", DIV_HANG, "Wait-for-SIPI (Activity State)", false },
	[CHECK_PV_MSR_MOVED] = { "pv-msr-after-move", DIV_REGISTER_MISMATCH, ABI ", clause 1", false },
	[CHECK_PPR_MOVED] = { "ppr-after-set-lapic", DIV_REGISTER_MISMATCH, "KVM api.rst, KVM_SET_LAPIC", false },
	[CHECK_GET_EVENTS] = { "get-events", DIV_REGISTER_MISMATCH, "KVM api.rst, KVM_GET_VCPU_EVENTS", false },
	[CHECK_WINDOW] = { "interrupt-window", DIV_REGISTER_MISMATCH, "KVM api.rst, KVM_RUN", false },
	[CHECK_GET_MP_STATE] = { "get-mp-state", DIV_REGISTER_MISMATCH, "KVM api.rst, KVM_GET_MP_STATE", false },
	[CHECK_KICK_LOST] = { "kick-lost", DIV_LOST_INTERRUPT, "KVM hypercalls.rst, KVM_HC_KICK_CPU", false },
	[CHECK_PV_IPI] = { "pv-ipi-count", DIV_REGISTER_MISMATCH, "KVM hypercalls.rst, KVM_HC_SEND_IPI", false },
	[CHECK_HALT] = { "hlt-ends", DIV_SPURIOUS_DELIVERY, "HLT", false },
	[CHECK_IOAPIC_ENTRY] = { "ioapic-entry", DIV_REGISTER_MISMATCH, IOAPIC ", I/O Redirection Table Registers", false },
	[CHECK_IOAPIC_RIRR] = { "ioapic-remote-irr", DIV_REGISTER_MISMATCH, IOAPIC ", Remote IRR", false },
	[CHECK_IOAPIC_READ] = { "ioapic-read", DIV_REGISTER_MISMATCH, IOAPIC ", IOAPIC Registers", false },
	[CHECK_IOAPIC_EOI_MISSING] = { "ioapic-eoi-missing", DIV_EOI_MESSAGE,
		"Signaling Interrupt Servicing Completion", false },
	[CHECK_IOAPIC_EOI_EXTRA] = { "ioapic-eoi-extra", DIV_EOI_MESSAGE, IOAPIC ", Remote IRR", false },
	[CHECK_PV_IOAPIC] = { "pv-word-ioapic", DIV_PV_EOI_WORD, KVM ": an ack that nobody sees sends no EOI message", false },
	[CHECK_QUIET_PIN] = { "quiet-pin", DIV_LOST_INTERRUPT, IOAPIC ", Interrupt Mask", false },
	[CHECK_GET_IRQCHIP] = { "get-irqchip", DIV_REGISTER_MISMATCH, "KVM api.rst, KVM_GET_IRQCHIP", false },
	[CHECK_PIC_STATE] = { "pic-state", DIV_REGISTER_MISMATCH, PIC, false },
	[CHECK_PIC_VECTOR] = { "pic-vector", DIV_SPURIOUS_DELIVERY, PIC ", Interrupt Sequence", false },
	[CHECK_PIC_ACCEPT] = { "pic-accept", DIV_SPURIOUS_DELIVERY, "Local Vector Table", false },
	[CHECK_QUIET_PIC] = { "quiet-pic", DIV_LOST_INTERRUPT, PIC ", Interrupt Sequence", false },
	[CHECK_EOI_EXIT_MISSING] = { "eoi-exit-missing", DIV_EOI_MESSAGE, "KVM api.rst, KVM_CAP_SPLIT_IRQCHIP", false },
	[CHECK_EOI_EXIT_EXTRA] = { "eoi-exit-extra", DIV_EOI_MESSAGE, "KVM api.rst, KVM_CAP_SPLIT_IRQCHIP", false },
	[CHECK_QUIET_RIRR] = { "quiet-remote-irr", DIV_EOI_MESSAGE, IOAPIC ", Remote IRR", false },
	[CHECK_QUIET_LOWEST] = { "quiet-lowest-priority", DIV_LOST_INTERRUPT, "Lowest Priority Delivery Mode", false },
	[CHECK_LINE_STATUS] = { "line-status", DIV_REGISTER_MISMATCH, "KVM_IRQ_LINE_STATUS: KVM_CAP_IRQ_INJECT_STATUS", false },
	[CHECK_MSI_RESULT] = { "msi-result", DIV_REGISTER_MISMATCH, "KVM api.rst, KVM_SIGNAL_MSI", false },
	[CHECK_IRQCHIP_RESET] = { "irqchip-reset", DIV_REGISTER_MISMATCH, IOAPIC ", IOAPIC Registers", false },
	[CHECK_PAGE_REGISTER] = { "page-register", DIV_REGISTER_MISMATCH, "Local APIC Register Address Map", false },
	[CHECK_MSR_ACCESS] = { "msr-access", DIV_REGISTER_MISMATCH, "x2APIC Register Address Space", false },
	[CHECK_DISABLED] = { "disabled-accepts", DIV_SPURIOUS_DELIVERY,
		"Local APIC State After It Has Been Software Disabled", false },
	[CHECK_DISPATCH_OVERDUE] = { "dispatch-overdue", DIV_LOST_INTERRUPT,
		"Interrupt, Task, and Processor Priority", false },
	[CHECK_SET_LAPIC] = { "set-lapic", DIV_REGISTER_MISMATCH, "KVM api.rst, KVM_SET_LAPIC", false },
	[CHECK_POWER_UP] = { "power-up", DIV_REGISTER_MISMATCH, "Local APIC State After Power-Up or Reset", false },
	[CHECK_CPUID_APIC] = { "cpuid-apic", DIV_REGISTER_MISMATCH, "Enabling or Disabling the Local APIC", false },
	[CHECK_VAPIC_TPR] = { "vapic-tpr", DIV_REGISTER_MISMATCH, VAPIC, false },
	[CHECK_VAPIC_WORD] = { "vapic-word", DIV_REGISTER_MISMATCH, VAPIC, false },
	[CHECK_VAPIC_REFUSED] = { "vapic-after-refusal", DIV_REGISTER_MISMATCH, "KVM_SET_VAPIC_ADDR: KVM_CAP_VAPIC", false },
	[CHECK_TPR_REPORT] = { "tpr-report", DIV_REGISTER_MISMATCH, "KVM_TPR_ACCESS_REPORTING: KVM_CAP_VAPIC", false },
	[CHECK_MC_CTL2] = { "mc-ctl2-fault", DIV_REGISTER_MISMATCH, "IA32_MCi_CTL2 MSRs", false },
	[CHECK_SINT_MSR] = { "sint-msr", DIV_REGISTER_MISMATCH, "TLFS, SINTx Registers", false },
	[CHECK_SINT_EOI_MISSING] = { "sint-eoi-missing", DIV_EOI_MESSAGE, "KVM api.rst, KVM_IRQFD_FLAG_RESAMPLE", false },
	[CHECK_SINT_EOI_EXTRA] = { "sint-eoi-extra", DIV_EOI_MESSAGE, "KVM api.rst, KVM_IRQFD_FLAG_RESAMPLE", false },
	[CHECK_HYPERV_READ] = { "hyperv-read", DIV_REGISTER_MISMATCH, "TLFS, Local APIC MSR Accesses", false },
	[CHECK_TPR_THRESHOLD] = { "tpr-threshold", DIV_LOST_INTERRUPT, "VM Exits Induced by the TPR Threshold", false },
	[CHECK_TIMER_TAKEN_EARLY] = { "timer-taken-early", DIV_SPURIOUS_DELIVERY, "TSC-Deadline Mode", false },
	[CHECK_TIMER_WAITS] = { "timer-waits", DIV_LOST_INTERRUPT, "TSC-Deadline Mode", false },
	[CHECK_PIT_LATE] = { "pit-late", DIV_LOST_INTERRUPT, "KVM api.rst, KVM_REINJECT_CONTROL", false },
	[CHECK_PIT_EARLY] = { "pit-early", DIV_SPURIOUS_DELIVERY, "KVM api.rst, KVM_REINJECT_CONTROL", false },
	[CHECK_SLOT_WRITTEN] = { "slot-written", DIV_STALE_CACHE, "KVM api.rst, KVM_SET_USER_MEMORY_REGION", false },
};

_Static_assert(CHECK_NR_LATCHED <= 32, "vcpu->reported has one bit for each");

const struct check_row *check_row(uint32_t index)
{
	return index < CHECK_NR ? &rows[index] : NULL;
}

bool check_switch(const char *name, bool on)
{
	for (int i = 0; i < CHECK_NR; i++) {
		if (strcmp(rows[i].name, name) == 0) {
			rows[i].off = !on;
			return true;
		}
	}
	return false;
}
