/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A scenario: who races and how.  One plain struct, filled by the option table
 * (sim/options.c) from defaults, then the *.scn file, then --set on the command
 * line.  Constant during a run.
 *
 * Does not decide what a value means: the actors do.
 */
#ifndef LAPICSIM_SCENARIO_H
#define LAPICSIM_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#define SCENARIO_NAME_MAX	64
#define SCENARIO_MAX_EXPECT	16

enum scenario_irqchip { IRQCHIP_KERNEL, IRQCHIP_SPLIT };
enum scenario_migrate_order { MIGRATE_STATE_FIRST, MIGRATE_EVENTS_FIRST };
enum scenario_xapic_ldr { XAPIC_LDR_NONE, XAPIC_LDR_FLAT, XAPIC_LDR_SHARED, XAPIC_LDR_CLUSTER };
enum scenario_apic_mode { APIC_MODE_XAPIC, APIC_MODE_X2APIC, APIC_MODE_MIXED };
enum expect_word { EXPECT_NEVER, EXPECT_SOMETIMES, EXPECT_ALWAYS };

/* One line of [expect]: `CLASS = always host-bug, never hang`. */
struct expectation {
	char	 class[32];	/* variant class, or "default" */
	uint8_t	 word;		/* enum expect_word */
	uint8_t	 kind;		/* enum divergence_kind */
};

/* What a running guest does next; weights, relative to each other. 0: never. */
struct guest_mix {
	uint32_t compute;		/* run without doing anything of interest */
	uint32_t cli_sti;		/* clear IF for a while, then STI */
	uint32_t mov_ss;		/* MOV SS shadow */
	uint32_t hlt;
	uint32_t ipi;			/* fixed IPI to another vCPU */
	uint32_t self_ipi;
	uint32_t self_ipi_msr;		/* x2APIC's SELF IPI; by ICR in xAPIC mode */
	uint32_t ipi_broadcast;
	uint32_t tpr;			/* TPR through the APIC register */
	uint32_t cr8;
	uint32_t pv_eoi_enable;
	uint32_t pv_eoi_disable;
	uint32_t pv_eoi_move;
	uint32_t cpuid;			/* an exit of no consequence */
	uint32_t pause;
	uint32_t io;			/* port I/O: leaves KVM_RUN */
	uint32_t mmio;			/* MMIO that is not the APIC: leaves KVM_RUN */
	uint32_t read_apic;		/* read ISR, IRR, PPR, TPR through the register interface */
	uint32_t reg_read, reg_write, reg_msr; /* any register of the APIC, legal or not */
	uint32_t svr;			/* software disable and enable */
	uint32_t logical_id;		/* xAPIC ID, LDR, DFR */
	uint32_t apic_base;		/* the mode */
	uint32_t icr_any;		/* IPIs of every form */
	uint32_t nmi;			/* NMI to any vCPU */
	uint32_t nmi_others;
	uint32_t init;			/* INIT to another vCPU */
	uint32_t sipi;			/* SIPI to any vCPU */
	uint32_t startup;		/* INIT, SIPI, SIPI to another vCPU */
	uint32_t pv_ipi, pv_nmi;	/* KVM_HC_SEND_IPI */
	uint32_t pv_kick;		/* KVM_HC_KICK_CPU */
	uint32_t ioapic;		/* one half of a redirection entry, written or read */
	uint32_t ioapic_probe;		/* the I/O APIC's registers in unusual ways */
	uint32_t pic;			/* a port of the 8259s */
	uint32_t pit;			/* a port of the PIT */
	uint32_t lint0;			/* LINT0 masked or not */
	uint32_t timer_lvt;		/* write the timer's LVT: mode, mask, vector */
	uint32_t timer_count;		/* write the initial count */
	uint32_t timer_divide;
	uint32_t timer_deadline;	/* write IA32_TSC_DEADLINE */
	uint32_t timer_read;		/* read the current count or IA32_TSC_DEADLINE */
	uint32_t timer_svr;		/* disable the APIC by software, or enable it again */
	uint32_t pv_eoi_bad;		/* PV EOI enabled where no memory is */
	uint32_t vapic_tpr;		/* TPR where userspace has put it */
	uint32_t cmci_lvt, mc_ctl2;	/* corrected machine-check interrupts */
	uint32_t lint0_nmi;		/* LINT0 for a watchdog that the PIT drives */
	uint32_t lvtpc, pmi;		/* performance monitoring interrupts */
	uint32_t mwait;			/* MWAIT, which does not exit */
	uint32_t sint;			/* Hyper-V's SINTx registers */
};

struct scenario {
	char name[SCENARIO_NAME_MAX];	/* file name without directory and .scn */
	char path[512];
	uint32_t hash;			/* of the meaning: all values, not the text */
	char claim[512];

	/* [topology] */
	uint32_t vms, vcpus;		/* vcpus: per VM */
	uint32_t added_vcpus;		/* of them, the last ones: userspace adds them while the others run */
	uint32_t irqchip, apic_mode;
	uint32_t xapic_ldr;		/* enum scenario_xapic_ldr */
	bool	 wide_ids;		/* KVM_X2APIC_API_USE_32BIT_IDS */
	bool	 broadcast_quirk;	/* 0xff reaches every x2APIC: KVM_CAP_X2APIC_API without its flag */
	bool	 split_icr;		/* in x2APIC mode, as AMD's hardware has it */
	bool	 vector_hashing;	/* KVM's module parameter */
	bool	 hv_timer;		/* the hardware has a VMX-preemption timer */
	bool	 spare_vm;		/* one more is made and closed before the first run */
	bool	 tpr_shadow;
	bool	 apicv;			/* needs tpr_shadow */
	bool	 pv_eoi;		/* enabled on every vCPU before the race */
	bool	 async_pf;		/* a vCPU that was started enables async page faults before its APIC */
	bool	 hyperv;		/* the word is in Hyper-V's VP assist page */
	bool	 cmci;			/* vCPUs have machine-check banks with corrected machine-check interrupts */
	bool	 mwait;			/* guests may execute MWAIT themselves */
	bool	 vapic;			/* TPR lies in memory before the race: KVM_SET_VAPIC_ADDR */
	uint32_t pv_words_per_page;	/* vCPUs that share a page for their PV EOI words */

	/* [guest] */
	struct guest_mix guest;
	uint32_t op_ns;			/* mean time between two operations */
	uint32_t handler_ns;		/* mean time in an interrupt handler */
	uint32_t handler_ops;		/* operations that a handler does before its EOI, at most */
	uint32_t nest_percent;		/* handlers that set IF while they run */
	uint32_t lvtpc_modes_percent;	/* writes of LVTPC with a delivery mode other than fixed and NMI */
	uint32_t pmi_hlt_percent;	/* HLTs in which a performance counter overflows */
	uint32_t hyperv_percent;	/* EOI, ICR and TPR writes that go through Hyper-V's MSRs */
	uint32_t eoi_write_percent;	/* handlers that ignore PV EOI and write EOI */
	uint32_t service_percent;	/* handlers that service their device before the EOI */
	uint32_t ioapic_modes_percent;	/* writes of an entry that change more than mask and vector */
	uint32_t ioapic_nmi_percent;	/* writes that make an edge-triggered entry one of mode NMI, or fixed again */
	uint32_t ioapic_logical_percent;	/* writes that make an entry logical, with any members, or lowest priority, or not so */
	uint32_t vector_in_flight_percent; /* new vectors although Remote IRR may be set */
	/* What the timer's operations draw: weights of its modes, in the order of the LVT's field. */
	uint32_t timer_oneshot, timer_periodic, timer_tsc_deadline;
	uint32_t timer_masked_percent;	/* LVTs written with the mask bit set */
	uint32_t base_moves_percent;	/* writes of IA32_APIC_BASE that move the APIC's page */
	bool	 apf_while_off;		/* async page faults are enabled with the APIC off in IA32_APIC_BASE */
	bool	 apic_stays_off;	/* an APIC that is off at the end of the race is not enabled again */
	uint32_t timer_far_percent;	/* deadlines beyond the hardware's timer */
	uint32_t timer_vector_first, timer_vector_last;	/* the timers' own */
	uint32_t timer_ns;		/* mean time until the timer expires */
	uint32_t mwait_ns;		/* mean time until somebody writes what a guest in MWAIT monitors */
	uint32_t sint_auto_percent, sint_masked_percent; /* writes of SINTx with AutoEOI, with the mask */
	uint32_t mwait_deep_percent;	/* MWAITs of a C-state deeper than C2 */
	uint32_t delivery_exit_ppm;	/* event deliveries that an EPT violation interrupts */

	/* [devices] */
	uint32_t msi;			/* devices that send MSIs */
	uint32_t msi_gap_ns;		/* mean time between two MSIs of one device */
	uint32_t vector_first, vector_last;
	uint32_t level_percent;		/* MSIs that are level-triggered */
	uint32_t logical_percent;	/* MSIs with a logical destination */
	uint32_t broadcast_percent;	/* MSIs to physical destination 0xff */
	uint32_t lowest_percent;	/* MSIs with lowest priority delivery */
	uint32_t redirect_percent;	/* logical MSIs with the redirection hint */
	uint32_t posted_percent;	/* fixed, edge-triggered MSIs that an IOMMU posts */
	uint32_t nmi_percent, init_percent; /* MSIs that are NMIs or INITs */
	bool	 msi_result;		/* what KVM_SIGNAL_MSI returns is judged */
	uint32_t pins;			/* devices on GSIs */
	uint32_t pin_first, pin_lines;	/* their GSIs */
	uint32_t pin_gap_ns;
	uint32_t pin_hold_ns;		/* mean length of a pulse, and until a level is withdrawn */
	uint32_t pin_level_percent;	/* GSIs that are level-triggered */
	uint32_t pin_withdraw_percent;
	uint32_t pin_irqfd_percent;	/* devices that use an irqfd */
	bool	 pit_steady;		/* whose channel 0 the guest starts once, periodic */
	bool	 pit;			/* the VM has an in-kernel PIT */
	bool	 pic;			/* the guest uses the 8259s, not the I/O APIC */
	bool	 directed_eoi;		/* EOI broadcasts suppressed, the I/O APIC's EOI register used */
	bool	 irqfd_detach;		/* and take it away and back */
	uint32_t routes;		/* devices on MSI routes */
	uint32_t sints;			/* devices on GSIs that are routed to SINTs */
	uint32_t storm_eois;		/* EOIs in a row that found each pin's level up before the run */
	uint32_t pin_vector_first;	/* four vectors for each GSI from here on */
	bool	 pin_unset;		/* the guest writes each entry before anybody else does */

	/* [userspace] */
	uint32_t signal_gap_ns;		/* mean time between signals to a vCPU thread; 0: none */
	bool	 leave_x2apic;		/* any_msr may go from x2APIC mode to xAPIC mode */
	uint32_t change_lapic, any_msr;	/* weights, as the following */
	uint32_t set_msrs, get_lapic, set_lapic, timer_load, timer_msr; /* weights: what a thread does between two KVM_RUNs */
	uint32_t lint0_load, refused_lapic; /* weights of KVM_SET_LAPIC: with another LINT0; with a wrong ID */
	uint32_t pit_calls;		/* weight of KVM_SET_PIT2 and KVM_REINJECT_CONTROL */
	uint32_t set_mce;		/* weight of KVM_X86_SET_MCE */
	uint32_t vapic_addr, vapic_bad, tpr_reporting; /* weights of KVM_SET_VAPIC_ADDR, KVM_TPR_ACCESS_REPORTING */
	uint32_t window_percent;	/* of the KVM_RUNs with request_interrupt_window */
	uint32_t bad_calls;		/* weight of calls that KVM has to refuse */
	uint32_t inhibit;		/* weight of KVM_GUESTDBG_BLOCKIRQ for a while */
	uint32_t inhibit_hold_ns;
	uint32_t add_ns;		/* mean time until a vCPU is added */
	uint32_t migrate_gap_ns;	/* mean time between two migrations of a VM; 0: none */
	uint32_t migrate_order;
	uint32_t vcpu_events, mp_state, user_nmi; /* weights too */
	uint32_t monitor_gap_ns;	/* mean time between two looks of another thread at a vCPU; 0: none */
	uint32_t irqchip_gap_ns;	/* mean time between save and restore of the interrupt controllers */
	bool	 irqchip_blank;		/* and of the local APICs, into empty ones */
	bool	 irqchip_vectors;	/* and changes vectors in what it loads */
	uint32_t route_gap_ns;		/* mean time between changes of an MSI route */
	uint32_t run_again;		/* weight of doing nothing but KVM_RUN */

	/* [host] */
	uint32_t preempt_gap_ns;	/* mean time between two preemptions of a VM's vCPU threads; 0: none */
	uint32_t preempt_hold_ns;	/* mean time that a preempted thread is off its CPU; 0: a scheduling delay */

	/* [memory] */
	uint32_t memory_gap_ns;		/* mean time between two actions of the memory manager; 0: none */
	uint32_t hold_ns;		/* mean time until a page comes back */
	uint32_t unmap, readonly;	/* weights */
	uint32_t zero_percent;		/* pages that come back zeroed */
	uint32_t slot_delete, slot_move, slot_other;/* weights */

	/* [swarm] */
	uint32_t swarm_percent;		/* runs whose mix is drawn from the seed */

	/* [deviations]: a bit for each row of sim/oracle/deviation.c */
	uint64_t deviations_set, deviations_on;

	/* [policy] */
	char	 policy[16];
	uint32_t point_one_in;		/* mean scheduling points between two delays */
	uint32_t delay_ns;

	/* [limits] */
	uint64_t duration_ns;		/* of the racing phase, virtual time */
	uint64_t max_events;
	uint64_t quiet_ns;		/* of the quiet phase, at most */
	uint32_t enough_runs;		/* runs after which an `always` that was not seen is missing */

	/* [expect] */
	uint32_t nr_expect;
	struct expectation expect[SCENARIO_MAX_EXPECT];
};

/*
 * Reads @path over the defaults, then @overrides ("section.key=value,..." or
 * NULL). 0, or -1 with one line "FILE:LINE: KEY: what; did you mean X?" in
 * @error. A failed load leaves @s untouched.
 */
int scenario_load(struct scenario *s, const char *path, const char *overrides, char *error, uint64_t n);
void scenario_defaults(struct scenario *s);
/* Does any actor of @s touch the APIC timers? */
bool scenario_uses_timers(const struct scenario *s);
/* Do performance counters overflow? */
bool scenario_uses_pmi(const struct scenario *s);

/*
 * The word that @s says about @kind for @class: the class's own, else that of
 * "default"; EXPECT_SOMETIMES if nothing is said (scenario_mentions() is false).
 */
enum expect_word scenario_expects(const struct scenario *s, const char *class, uint32_t kind);
bool scenario_mentions(const struct scenario *s, const char *class, uint32_t kind);

#endif
