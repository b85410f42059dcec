/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The oracle: an ideal local APIC per vCPU, written from the SDM's chapter
 * "Advanced Programmable Interrupt Controller (APIC)" and from the PV EOI ABI
 * (KVM's Documentation/virt/kvm/x86/msr.rst, MSR_KVM_EOI_EN), and the checks
 * that compare KVM with it.
 *
 * Includes no kernel header, no guest model and no random numbers.  It is told
 * what went in (messages, guest actions, userspace calls, memory changes) and
 * shown what came out (injections, register pages, the PV EOI word); it never
 * asks.
 *
 * Concurrency: a message is an interval, from *_begin() to *_end().  From its
 * begin it may be visible, from its end it must be.  Where an overlap makes two
 * outcomes legal, the oracle takes the one it observes next.
 *
 * All functions take the oracle's vCPU index: 0..nr-1 over all VMs.
 */
#ifndef LAPICSIM_ORACLE_H
#define LAPICSIM_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#include "kvm/boundary.h"
#include "sim/divergence.h"

struct oracle_config {
	uint32_t nr_vms, vcpus_per_vm;
	bool tpr_shadow;	/* the guest's CR8 accesses do not exit, but for the TPR threshold */
	bool events;		/* NMI, INIT and SIPI are judged */
	bool timer;		/* follow the APIC timers, whose vectors nobody else uses: */
	uint8_t timer_vector_first, timer_vector_last;
	bool pit;		/* ticks of the PIT are judged: pit.h */
	bool watchdog;		/* the PIT's pulses reach LINT0: watchdog.h; with events */
	bool cmci;		/* vCPUs have corrected machine-check interrupts: cmci.h; with registers */
	bool pmi;		/* performance counters overflow: pmi.h; with registers and events */
	bool vapic;		/* TPR lies in memory, or its accesses are reported: vapic.h */
	bool synic;		/* vCPUs have Hyper-V's synthetic interrupt controller: synic.h */
	bool added;		/* vCPUs are added during a run: added.h */
	bool registers;		/* every register access is told, and judged; no vCPU sends INIT, but see pmi.h */
	bool x2apic_format;	/* MSI addresses carry 32-bit destinations (KVM_X2APIC_API_USE_32BIT_IDS) */
	bool broadcast_quirk;	/* KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK was not given */
	/* Called for each divergence, which is the callee's until it returns. */
	void (*report)(const struct divergence *d);
	uint64_t (*now_ns)(void);
};

/* Once per process and scenario: allocates. 0 or a negative errno. */
int oracle_init(const struct oracle_config *config);
void oracle_fini(void);
/* Before each run: the ideal APICs go back to what oracle_baseline() recorded. */
void oracle_reset(void);
/* Bytes per vCPU, for the memory budget. */
uint32_t oracle_bytes_per_vcpu(void);

/*
 * The state before a run, read from KVM once when the VM is built (ID, mode,
 * SVR, TPR, LDR, DFR; IRR and ISR must be empty).
 */
void oracle_baseline(uint32_t vcpu, uint32_t apic_id, bool x2apic, const struct kw_apic_state *kvm);

/* Before that: what KVM_GET_LAPIC returns, and KVM's state, of a vCPU that was just created. */
void oracle_power_up(uint32_t vcpu, uint32_t apic_id, const uint8_t *page, const struct kw_apic_state *kvm);

/* --- Messages. The handle says which interval ends; -1 from begin: no target. --- */
int32_t oracle_msi_begin(uint32_t vm, uint64_t address, uint32_t data);
/* Begin and end in one, where nothing that the oracle is told of has come between. */
void oracle_msi_at_once(uint32_t vm, uint64_t address, uint32_t data, bool accepted);
/* Who takes such an MSI, before KVM_SIGNAL_MSI and after it; and what it returned. */
enum taker { TAKER_NOBODY, TAKER_PERHAPS, TAKER_SOMEBODY };
enum taker oracle_msi_takers(uint32_t vm, uint64_t address, uint32_t data);
void oracle_msi_result(uint32_t vm, uint64_t address, uint32_t data, enum taker before, int64_t ret);
/* x2APIC format: destination in 63:32; in xAPIC mode the 8-bit destination, shifted down to bit 32. */
int32_t oracle_icr_begin(uint32_t vcpu, uint64_t icr);
/* KVM_HC_SEND_IPI and, once it is over, its result; KVM_HC_KICK_CPU. */
int32_t oracle_pv_ipi_begin(uint32_t vcpu, uint64_t low, uint64_t high, uint32_t min, uint32_t icr);
void oracle_pv_ipi_result(uint32_t vcpu, uint64_t count);
int32_t oracle_pv_kick_begin(uint32_t vcpu, uint32_t apic_id);
/* @accepted: KVM took the message (ioctl result >= 0, no #GP). */
void oracle_message_end(int32_t handle, bool accepted);
/* LVT or timer of this vCPU raised @vector; no interval. */
void oracle_local_interrupt(uint32_t vcpu, uint8_t vector);

/* --- The hardware side of one vCPU. --- */
/* At VM-Entry, before anything is injected; @kvm is KVM's state now. */
/* Soon @vcpu gets an interrupt: asks for its cache lines. */
void oracle_ahead(uint32_t vcpu);
void oracle_entry(uint32_t vcpu, const struct kw_hw *hw, const struct kw_apic_state *kvm, uint32_t pv_word,
		  bool pv_word_readable);
/* The event that was injected reached the guest's handler. */
void oracle_delivered(uint32_t vcpu, uint8_t vector);
/* Its delivery was interrupted by an exit: KVM owes it again. */
void oracle_delivery_interrupted(uint32_t vcpu, uint8_t vector);
/* The same two for an NMI. */
void oracle_nmi_delivered(uint32_t vcpu);
void oracle_nmi_interrupted(uint32_t vcpu);
/* After a VM-Exit, once KVM has synchronised and before it handles the exit. */
void oracle_exit(uint32_t vcpu, const struct kw_hw *hw, const struct kw_apic_state *kvm, uint32_t pv_word,
		 bool pv_word_readable);
/* INIT has reset the vCPU; @kvm: the APIC as it is now. */
void oracle_init_taken(uint32_t vcpu, const struct kw_apic_state *kvm);
/* SIPI has started it. */
void oracle_sipi_taken(uint32_t vcpu, uint8_t vector);
/* KVM_RUN neither enters the guest nor sleeps, time and again. */
void oracle_run_spins(uint32_t vcpu);
/*
 * An entry that KVM cancelled: what was acknowledged for it is owed.  Before or
 * after KVM took the event back from the hardware, and synchronised.
 */
void oracle_cancel(uint32_t vcpu, const struct kw_apic_state *kvm);

/* --- APIC virtualization: what the hardware does between an entry and an exit. --- */
void oracle_hw_dispatch(uint32_t vcpu, uint8_t vector, const struct kw_hw *hw);
void oracle_hw_posted(uint32_t vcpu);			/* after PIR went to VIRR */
void oracle_hw_accepts(uint32_t vcpu, uint8_t vector);	/* a self-IPI, a posted interrupt, into VIRR or PIR: before its message ends */

/* --- What the guest does. An action that exits is told after oracle_exit(). --- */
void oracle_guest_eoi(uint32_t vcpu);			/* EOI register written */
void oracle_guest_pv_ack(uint32_t vcpu, uint32_t old_word, uint32_t new_word); /* test-and-clear found 1 */
void oracle_guest_tpr(uint32_t vcpu, uint8_t tpr);	/* by any way; CR8 n is n << 4 */
void oracle_guest_pv_msr(uint32_t vcpu, uint64_t value, bool accepted);
void oracle_guest_if(uint32_t vcpu, bool enabled, uint32_t blocking); /* RFLAGS.IF, KW_BLOCK_* */
void oracle_guest_hlt(uint32_t vcpu);
void oracle_nmi_iret(uint32_t vcpu);			/* the NMI handler ends */

/*
 * --- The APIC timer, if config.timer. An access is an interval: it begins with the
 * guest's instruction or userspace's ioctl and is done when KVM has handled it. ---
 */
enum oracle_timer_reg {
	TIMER_REG_LVTT, TIMER_REG_COUNT, TIMER_REG_DIVIDE, TIMER_REG_DEADLINE, TIMER_REG_CURRENT, TIMER_REG_SVR,
	TIMER_REG_LOAD,		/* KVM_SET_LAPIC, 1: of what KVM_GET_LAPIC has just returned; oracle_user_set_lapic() ends it */
};
void oracle_timer_write(uint32_t vcpu, enum oracle_timer_reg reg, uint64_t value);
void oracle_timer_read(uint32_t vcpu, enum oracle_timer_reg reg);
void oracle_timer_done(uint32_t vcpu, bool accepted, uint64_t value);	/* @value: what was read */
void oracle_timer_exit(uint32_t vcpu);			/* the hardware has left the guest just now */
void oracle_timer_waits(uint32_t vcpu, uint64_t ns);	/* KVM burns @ns from now on */
/* CPUID.01H has returned @edx; only where there is a register file. */
void oracle_guest_cpuid(uint32_t vcpu, uint32_t edx);

/* --- Accesses to registers, by the guest or by userspace (KVM_GET_MSRS, KVM_SET_MSRS). --- */
struct oracle_access {
	bool	 write, msr, host;
	uint8_t	 bytes;		/* of an MMIO access */
	uint32_t where;		/* MSR, or offset in the APIC's page */
	uint64_t value;		/* written */
};
void oracle_access_begin(uint32_t vcpu, const struct oracle_access *a); /* before anybody can see it */
void oracle_access_apply(uint32_t vcpu);		/* after oracle_exit(), before KVM handles it */
void oracle_access_end(uint32_t vcpu, bool faulted, uint64_t value, const struct kw_apic_state *kvm);
void oracle_fault_entry(uint32_t vcpu, const struct kw_hw *hw);	/* the first VM-Entry after one that faulted */
/* SELF IPI (x2APIC MSR 0x83f), as oracle_icr_begin(). */
int32_t oracle_self_ipi_begin(uint32_t vcpu, uint64_t value);

/* --- Userspace, between two KVM_RUNs of that vCPU. Same layout as struct kvm_lapic_state. --- */
void oracle_user_get_lapic(uint32_t vcpu, const uint8_t *regs, const struct kw_apic_state *kvm);
void oracle_user_load_begin(uint32_t vcpu, const uint8_t *page);	/* before a KVM_SET_LAPIC that changes registers */
void oracle_user_set_lapic(uint32_t vcpu, const uint8_t *regs, bool accepted);
void oracle_user_refused(uint32_t vcpu, const struct kw_apic_state *kvm);	/* KVM_SET_LAPIC failed: what it left */
/* struct kvm_vcpu_events, as far as it is judged. */
struct oracle_user_events {
	uint8_t	 nmi_pending;
	bool	 nmi_injected, nmi_masked;
	bool	 fault_due;		/* an access was refused, and its exception is on its way */
	bool	 exception, gp;		/* there is one; it is #GP(0) */
	int	 interrupt;		/* acknowledged and not yet delivered; -1: none */
	uint32_t blocking;		/* KW_BLOCK_STI, KW_BLOCK_MOV_SS; or ORACLE_NOT_SHOWN */
};
#define ORACLE_NOT_SHOWN	0xffffffffu
struct oracle_user_window {
	bool ready, exit;		/* run->ready_for_interrupt_injection; KVM_RUN ended for it */
	bool fault_due;			/* an exception is on its way */
	bool shadow_open;		/* whether the guest is in a shadow nobody can tell yet */
};
/* At the entries of a KVM_RUN with request_interrupt_window, and after it; no PIC is in the kernel. */
void oracle_user_window_entry(uint32_t vcpu, const struct kw_hw *hw, const struct kw_apic_state *kvm);
void oracle_user_window(uint32_t vcpu, const struct oracle_user_window *w, const struct kw_apic_state *kvm);
void oracle_user_get_events(uint32_t vcpu, const struct oracle_user_events *ev);
void oracle_user_set_events(uint32_t vcpu);		/* to what was got, perhaps some time ago */
enum oracle_run_state { ORACLE_RUNS, ORACLE_HALTED, ORACLE_WAITS, ORACLE_OTHER_STATE };
void oracle_user_get_mp_state(uint32_t vcpu, enum oracle_run_state state);
void oracle_user_set_mp_state(uint32_t vcpu, enum oracle_run_state state);
/* All of its state went to a new vCPU of KVM's, while it and all that could send to it were stopped. */
void oracle_user_moved(uint32_t vcpu);
int32_t oracle_user_nmi_begin(uint32_t vcpu);		/* a message, for oracle_message_end() */
void oracle_user_pv_msr(uint32_t vcpu, uint64_t value, bool accepted);

/*
 * --- Memory under the PV EOI word, as the current MSR names it. ---
 * Tell "gone" before it can fail, "back" as soon as it cannot any more.  The MSR
 * naming another word ends "gone".
 */
void oracle_pv_page_gone(uint32_t vcpu);		/* from now on, unreadable or read-only, or its content replaced */
void oracle_pv_page_back(uint32_t vcpu, uint32_t word);	/* readable and writable again, with this word */

/*
 * The end of the run: every actor has stopped, every vCPU was entered with
 * RFLAGS.IF = 1, TPR 0 and EOIs until nothing more came. What must have arrived?
 */
void oracle_quiet(uint32_t vcpu, const struct kw_apic_state *kvm);

/* What is found outside of the oracle: fills time and hands it to report(). */
void oracle_finding(enum host_check check, uint32_t vm, uint32_t vcpu, uint32_t vector, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

#endif
