// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of named deviations.  A row exists only because a check needs it.
 */
#include "sim/oracle/deviation.h"

#include <string.h>

static struct deviation_row rows[DEV_NR] = {
	[DEV_LOW_VECTORS] = {
		"low-vectors", "KVM: fixed messages with vectors 0 to 15 are accepted, ESR is never set",
		"a fixed message with a vector below 16 sets its IRR bit", true, 0 },
	[DEV_TIMER_ADVANCE] = {
		"timer-advance", "KVM: module parameter lapic_timer_advance",
		"a timer interrupt may be in IRR up to 5 us before its time", true, 0 },
	[DEV_TIMER_MISSED] = {
		"timer-missed", "KVM: advance_periodic_target_expiration()",
		"a periodic timer that is late by whole periods interrupts once more and starts anew", true, 0 },
	[DEV_TIMER_MIN_PERIOD] = {
		"timer-min-period", "KVM: module parameter min_timer_period_us",
		"a period is at least 200 us", true, 0 },
	[DEV_TIMER_MODE_SWITCH] = {
		"timer-mode-switch", "SDM, \"APIC Timer\", silent on a mode that changes while counting",
		"a switch between one-shot and periodic keeps counting", true, 0 },
	[DEV_TIMER_MASKED] = {
		"timer-masked", "KVM: apic_has_pending_timer() does not see it, and nobody forgets it",
		"an expiry while masked is delivered when the LVT is unmasked; until then the deadline reads back",
		true, 0 },
	[DEV_TIMER_DIVIDE_RESTART] = {
		"timer-divide-restart", "KVM: update_target_expiration() for a timer that does not run",
		"a one-shot timer that has run down interrupts once more when its divider changes", true, 0 },
	[DEV_TIMER_LOAD_EXPIRED] = {
		"timer-load-expired", "KVM: set_target_expiration() with a current count of 0",
		"a one-shot timer that has run down interrupts once more when it is loaded", true, 0 },
	[DEV_TIMER_LOAD_PENDING] = {
		"timer-load-pending", "KVM: __start_apic_timer() forgets what has expired",
		"an expiry that is not in IRR yet is lost when the state that was saved after it is loaded", true, 0 },
	[DEV_TIMER_LOAD_MODE] = {
		"timer-load-mode", "KVM: apic_update_lvtt() in kvm_apic_set_state()",
		"a count loaded into a vCPU in TSC-deadline mode does not run", true, 0 },
	[DEV_ICR_LEVEL] = {
		"icr-level", "KVM: level-triggered fixed IPIs keep their trigger mode",
		"a fixed IPI with trigger mode level sets TMR; de-asserted, it may be dropped", true, 0 },
	[DEV_BROADCAST_FF] = {
		"broadcast-0xff", "KVM api.rst, KVM_CAP_X2APIC_API: the broadcast quirk",
		"an IPI's 32-bit destination 0xff may reach every x2APIC", true, 0 },
	[DEV_XAPIC_BY_X2APIC_ID] = {
		"xapic-by-x2apic-id", "KVM api.rst, KVM_CAP_X2APIC_API: 32-bit IDs",
		"a 32-bit destination may reach a vCPU in xAPIC mode by its x2APIC ID", true, 0 },
	[DEV_SW_DISABLED_DISPATCH] = {
		"sw-disabled-dispatch", "KVM: what is in IRR is still delivered while software-disabled",
		"SDM, \"Local APIC State After It Has Been Software Disabled\": IRR is held", true, 0 },
	[DEV_X2APIC_RESERVED] = {
		"x2apic-reserved", "KVM: only bits 63:32 of an x2APIC register are checked",
		"reserved low bits of SVR, LVT entries and the divide configuration are dropped instead of faulting", true, 0 },
	[DEV_ICR_BUSY] = {
		"icr-busy", "KVM: kvm_x2apic_icr_write() clears what Intel ignores and AMD refuses",
		"bit 12 of an x2APIC ICR write is dropped instead of faulting", true, 0 },
	[DEV_LVT_STATUS] = {
		"lvt-status", "KVM: apic_lvt_mask[] lets them through",
		"delivery status and remote IRR of an LVT entry read as last written", true, 0 },
	[DEV_ESR_SILENT] = {
		"esr-silent", "KVM: nothing is ever logged in ESR",
		"ESR reads 0, or what userspace loaded, whatever errors there were", true, 0 },
	[DEV_DISABLE_KEEPS] = {
		"disable-keeps", "KVM: IA32_APIC_BASE.EN = 0 is no reset",
		"an APIC that is enabled anew has kept all but its ID; an interrupt that it kept may wait for the next event",
		true, 0 },
	[DEV_MMIO_HOLE] = {
		"mmio-hole", "KVM api.rst, KVM_X86_QUIRK_LAPIC_MMIO_HOLE",
		"the APIC's page reads all ones, and drops writes, while it is not in xAPIC mode", true, 0 },
	[DEV_NARROW_ACCESS] = {
		"narrow-access", "KVM: kvm_lapic_reg_read() takes 1 and 2 bytes; undefined by the SDM",
		"a read of 1 or 2 bytes of an xAPIC register gives these bytes of it", true, 0 },
	[DEV_SHARED_ID] = {
		"shared-id", "KVM api.rst, KVM_CAP_X2APIC_API; kvm_recalculate_phys_map()",
		"with 32-bit IDs a physical destination may miss some of several vCPUs with that ID", true, 0 },
	[DEV_MIXED_BROADCAST] = {
		"mixed-broadcast", "docs/findings/mixed-mode-broadcast.md",
		"while some APICs are xAPICs and some x2APICs, an xAPIC's broadcast to 0xff may miss any of them", true, 0 },
	[DEV_LOWEST_SHORTHAND] = {
		"lowest-shorthand", "docs/findings/lowest-shorthand.md",
		"a lowest-priority IPI by shorthand, with 0xff in the destination field, may go to several APICs", true, 0 },
	[DEV_DFR_RESERVED] = {
		"dfr-reserved", "SDM, \"Logical Destination Mode\": the model is reserved; KVM's map takes it for cluster",
		"with a model that is neither flat nor cluster a logical destination may match as in the cluster model", true, 0 },
	[DEV_PV_WORD_REPLACED] = {
		"pv-word-replaced", "PV EOI ABI, clause 6, silent on memory that is replaced",
		"a word that came back as 0 while armed counts as an ack", true, 0 },
	[DEV_PV_ACK_UNREADABLE] = {
		"pv-ack-unreadable", "PV EOI ABI, clause 6: a delayed EOI is legal",
		"an ack in a page that went away is noticed once the page is back", true, 0 },
	[DEV_PV_ACK_REENTRY] = {
		"pv-ack-reentry", "PV EOI ABI, clause 6: a delayed EOI is legal",
		"an entry that follows its exit at once, with nothing to inject, need not notice an ack", true, 0 },
	[DEV_APICV_KEEPS_TMR] = {
		"apicv-keeps-tmr", "SDM, \"Self-IPI Virtualization\" and \"Posted-Interrupt Processing\"",
		"a self-IPI that the hardware virtualizes, or an interrupt that it posts, leaves TMR as it was", true, 0 },
	[DEV_APICV_SW_DISABLED] = {
		"apicv-sw-disabled", "docs/findings/apicv-sw-disabled.md",
		"a self-IPI that the hardware virtualizes reaches an APIC that is software-disabled, "
		"before what waits there; what was posted waits, and does not collapse into the same vector in VIRR",
		true, 0 },
	[DEV_APICV_ESR] = {
		"apicv-esr", "docs/findings/apicv-esr.md",
		"ESR reads back what was written, if the hardware virtualizes the write", true, 0 },
	[DEV_HALT_SIPI] = {
		"halt-sipi", "KVM: kvm_vcpu_has_events() counts any pending SIPI",
		"a SIPI that is ignored ends HLT all the same", true, 0 },
	[DEV_SIPI_LATEST] = {
		"sipi-latest", "KVM: one vector per vCPU, written by each SIPI",
		"of several SIPIs before the vCPU acts the last one's vector counts, not the first one's", true, 0 },
	[DEV_INIT_LINT0] = {
		"init-lint0", "KVM api.rst, KVM_CAP_DISABLE_QUIRKS2: KVM_X86_QUIRK_LINT0_REENABLED",
		"after reset and INIT the boot processor's LINT0 is unmasked ExtINT", true, 0 },
	[DEV_SIPI_SPIN] = {
		"sipi-spin", "docs/findings/nmi-wait-sipi.md",
		"KVM_RUN burns CPU time while a vCPU with a pending NMI or kick waits for SIPI", true, 0 },
	[DEV_IOAPIC_EDGE_CLEARS] = {
		"ioapic-edge-clears", "KVM: stands for the EOI register that this version does not have",
		"an entry that becomes edge-triggered loses its Remote IRR", true, 0 },
	[DEV_IOAPIC_EOI_FILTERED] = {
		"ioapic-eoi-filtered", "KVM: only vectors that a pin can send to a vCPU are looked for in its EOIs",
		"an EOI by a vCPU that the pin did not send to may not reach it", true, 0 },
	[DEV_WIDE_DESTINATION] = {
		"wide-destination", "KVM api.rst, KVM_CAP_X2APIC_API: 32-bit IDs",
		"a destination above 0xff is not cut to eight bits for a vCPU in xAPIC mode: it may reach or miss it", true, 0 },
	[DEV_MIXED_LOGICAL] = {
		"mixed-logical", "docs/findings/mixed-mode-logical.md",
		"a logical x2APIC destination may reach a vCPU in xAPIC mode with LDR 0 by its x2APIC ID, or by an ID that it was given", true, 0 },
	[DEV_CLUSTER_15] = {
		"cluster-15", "KVM: kvm_apic_match_logical_addr() compares cluster 15 like any other",
		"a logical destination 0xf0 to 0xfe in the cluster model may miss the other clusters", true, 0 },
	[DEV_LOAD_PPR] = {
		"load-ppr", "docs/findings/set-lapic-ppr.md",
		"after a state load PPR may follow from the new TPR and the old ISR until TPR or EOI is written", true, 0 },
	[DEV_TPR_RESERVED_BITS] = {
		"tpr-reserved-bits", "KVM: only bits 63:32 of an x2APIC register are checked",
		"reserved low bits of TPR are dropped instead of faulting", true, 0 },
	[DEV_EOI_NONZERO] = {
		"eoi-nonzero", "KVM: only bits 63:32 of an x2APIC register are checked",
		"an x2APIC EOI other than 0 is an EOI instead of faulting", true, 0 },
	[DEV_RTC_COALESCED] = {
		"rtc-coalesced", "KVM api.rst, KVM_IRQ_LINE_STATUS: whether an interrupt was coalesced",
		"an edge on pin 8 may be dropped, as long as an earlier one's interrupt has not been ended", true, 0 },
	[DEV_IOAPIC_ASKS] = {
		"ioapic-asks", "KVM: the line may have fallen while the pin was masked",
		"an entry that is unmasked asks the resamplefds of its line before it sends", true, 0 },
	[DEV_IOAPIC_STORM] = {
		"ioapic-storm", "KVM: real hardware lets a guest progress that does not silence a level",
		"of 10,000 EOIs in a row that find a level still up the last one's message comes some time later", true, 0 },
	[DEV_IOAPIC_WIDTH] = {
		"ioapic-width", "82093AA data sheet, silent on accesses that are not 32 bits wide",
		"an access of 1, 2 or 8 bytes to an I/O APIC register reads or writes its low bytes", true, 0 },
	[DEV_MSI_NOBODY] = {
		"msi-nobody", "KVM api.rst, KVM_SIGNAL_MSI: 0 if the guest blocked the MSI, -1 on error",
		"of two KVMs one may return 0 and the other -1 for an MSI that nobody takes", true, 0 },
	[DEV_TIMER_WAIT_CUT] = {
		"timer-wait-cut", "docs/findings/timer-wait-cut.md",
		"the guest may take a timer interrupt up to 625 ns before its time", true, 0 },
	[DEV_LVTPC_INIT] = {
		"lvtpc-init", "SDM, \"Local Vector Table\": INIT is not supported for the performance counter register",
		"an overflow with INIT in LVTPC resets the vCPU, as INIT in ICR does", true, 0 },
	[DEV_NO_SMM] = {
		"no-smm", "KVM api.rst, KVM_CAP_X86_SMM: emulated System Management Mode, which is optional",
		"without it an overflow with SMI in LVTPC does nothing: no SMI comes, and the entry is not masked", true, 0 },
};

_Static_assert(DEV_NR <= 64, "a bit for each");
static uint64_t switched;	/* rows that are not as they are by default */

bool deviation_allows(enum deviation deviation)
{
	if (!deviation_is_on(deviation))
		return false;
	rows[deviation].used++;
	return true;
}

bool deviation_is_on(enum deviation deviation)
{
	return rows[deviation].on != (switched >> deviation & 1);
}

const struct deviation_row *deviation_row(uint32_t index)
{
	return index < DEV_NR ? &rows[index] : NULL;
}

bool deviation_switch(const char *name, bool on)
{
	for (int i = 0; i < DEV_NR; i++) {
		if (strcmp(rows[i].name, name) == 0) {
			switched &= ~(1ull << i);
			switched |= (uint64_t)(rows[i].on != on) << i;
			return true;
		}
	}
	return false;
}

void deviation_clear_counts(void)
{
	for (int i = 0; i < DEV_NR; i++)
		rows[i].used = 0;
}
