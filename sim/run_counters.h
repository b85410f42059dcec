/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a run counts beside divergences, so that two variants can be compared in
 * what they do and not only in what they do wrong.  Append only: stores name the
 * rows by their keys.
 *
 * In a runner the hot paths count in struct run_counts (sim/counts.h).
 */
#ifndef LAPICSIM_RUN_COUNTERS_H
#define LAPICSIM_RUN_COUNTERS_H

/* (enum, key, what it counts) */
#define RUN_PLAIN_COUNTERS(X)								\
	X(ENTRIES, "entries", "VM-Entries")						\
	X(CANCELLED, "cancelled", "entries that were cancelled")			\
	X(INJECTED, "injected", "entries that inject an interrupt")			\
	X(VIRTUAL, "virtual", "interrupts that the hardware delivers by itself")	\
	X(NMIS, "nmis", "NMIs that reach the guest")					\
	X(PV_ARMED, "pv-armed", "entries with a PV EOI armed")				\
	X(PV_ACKED, "pv-acked", "PV EOIs that the guest acks by its word")		\
	X(EOIS, "eois", "EOIs that the guest writes to the APIC")			\
	X(KICKS, "kicks", "interrupts from one host CPU to another")			\
	X(WAKES, "wakes", "wake-ups of blocked tasks")					\
	X(TIMERS, "timers", "timer interrupts of host CPUs")				\
	X(EXITS, "exits", "VM-Exits")

/* VM-Exits by reason: (reason of kvm/boundary.h, key). */
#define RUN_EXIT_COUNTERS(X)								\
	X(EXCEPTION_NMI, "exit-exception-nmi")						\
	X(EXTERNAL_INTERRUPT, "exit-external-interrupt")				\
	X(INTERRUPT_WINDOW, "exit-interrupt-window")					\
	X(NMI_WINDOW, "exit-nmi-window")						\
	X(CPUID, "exit-cpuid")								\
	X(HLT, "exit-hlt")								\
	X(VMCALL, "exit-vmcall")							\
	X(CR_ACCESS, "exit-cr8")							\
	X(IO_INSTRUCTION, "exit-io")							\
	X(MSR_READ, "exit-msr-read")							\
	X(MSR_WRITE, "exit-msr-write")							\
	X(PAUSE, "exit-pause")								\
	X(TPR_BELOW_THRESHOLD, "exit-tpr-below-threshold")				\
	X(APIC_ACCESS, "exit-apic-access")						\
	X(VIRTUALIZED_EOI, "exit-virtualized-eoi")					\
	X(EPT_VIOLATION, "exit-ept-violation")						\
	X(EPT_MISCONFIG, "exit-mmio")							\
	X(PREEMPTION_TIMER, "exit-preemption-timer")					\
	X(APIC_WRITE, "exit-apic-write")

#define RUN_COUNTER_PLAIN(name, key, text) RUN_COUNT_##name,
#define RUN_COUNTER_EXIT(name, key) RUN_COUNT_EXIT_##name,
enum run_counter {
	RUN_PLAIN_COUNTERS(RUN_COUNTER_PLAIN)
	RUN_EXIT_COUNTERS(RUN_COUNTER_EXIT)
	RUN_NR_COUNTERS
};
#undef RUN_COUNTER_PLAIN
#undef RUN_COUNTER_EXIT

#endif
