/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A divergence: what the oracle records.  Plain data with fixed-size fields, so
 * that it crosses the pipe between a runner and lapicsim unchanged.
 *
 * Does not decide anything: the checks in sim/oracle/ and the crash handler do.
 */
#ifndef LAPICSIM_DIVERGENCE_H
#define LAPICSIM_DIVERGENCE_H

#include <stdint.h>

/* Kinds, in the order of the report's columns. The names are in divergence.c. */
enum divergence_kind {
	DIV_HOST_BUG,
	DIV_HOST_WARN,
	DIV_HOST_CRASH,			/* fault, panic, misuse of a host primitive */
	DIV_HANG,			/* lost wake-up, deadlock, runaway loop */
	DIV_LOST_INTERRUPT,
	DIV_SPURIOUS_DELIVERY,		/* delivered twice or never sent */
	DIV_PRIORITY_INVERSION,
	DIV_PREMATURE_EOI,
	DIV_LOST_EOI,			/* the ISR bit stays */
	DIV_PV_EOI_WORD,
	DIV_REGISTER_MISMATCH,
	DIV_STALE_CACHE,
	DIV_EOI_MESSAGE,		/* missing or extra */
	DIV_RESOURCE_LEAK,
	DIV_NR_KINDS,
};

#define DIV_NONE	0xffffffffu	/* @vm, @vcpu, @vector: does not apply */
#define DIV_MAX_FRAMES	24

struct divergence {
	uint32_t kind;			/* enum divergence_kind */
	uint32_t vm, vcpu, vector;	/* DIV_NONE where it does not apply */
	uint64_t time_ns;		/* virtual time */
	uint64_t event;			/* number of the run's event */
	char	 check[32];		/* the check that fired, e.g. "isr-matches" */
	char	 site[96];		/* "lapic.c:2927 apic_sync_pv_eoi_from_guest" or "" */
	char	 text[160];		/* what was expected and what was seen */
	uint32_t nr_frames;
	uint32_t reserved;
	uint64_t frames[DIV_MAX_FRAMES]; /* runner addresses; the runner is not PIC */
};

/*
 * What is found outside of the oracle: a host that dies, warns or hangs, what a VMM is told,
 * and what a VM leaves behind.  The oracle's own are sim/oracle/check.h.
 */
enum host_check {
	HOST_CHECK_BUG,
	HOST_CHECK_WARN,
	HOST_CHECK_FAULT,
	HOST_CHECK_PANIC,
	HOST_CHECK_DEADLOCK,
	HOST_CHECK_RUNAWAY,		/* by the runner's watchdog */
	HOST_CHECK_QUIET,		/* nothing comes to rest at the end */
	HOST_CHECK_DIED,		/* the supervisor's: the runner is gone, ... */
	HOST_CHECK_HUNG,		/* ... or says nothing any more */
	HOST_CHECK_RUN_FAILS,
	HOST_CHECK_APIC_EXIT,		/* an access that KVM must emulate leaves KVM_RUN, ... */
	HOST_CHECK_IOAPIC_EXIT,
	HOST_CHECK_MMIO_EXIT,		/* one that userspace must emulate does not */
	HOST_CHECK_BAD_CALL,		/* a wrong ioctl() is taken, or refused with another errno */
	HOST_CHECK_IRQCHIP_IOCTL,	/* a right one is refused: here and in what follows */
	HOST_CHECK_GSI_ROUTING_IOCTL,
	HOST_CHECK_MIGRATE_IOCTL,
	HOST_CHECK_EVENTS_IOCTL,
	HOST_CHECK_VAPIC_REFUSED,
	HOST_CHECK_SET_MCE,
	HOST_CHECK_PIT_IOCTL,
	HOST_CHECK_GET_PIT,
	HOST_CHECK_PIT_SOURCE,
	HOST_CHECK_IRQFD_IOCTL,
	HOST_CHECK_IRQFD_SIGNAL,	/* an eventfd is signalled, and nothing comes of it */
	HOST_CHECK_ADD_VCPU,		/* userspace cannot add a vCPU while others run */
	HOST_CHECK_VM_LEAK,		/* a VM that was closed leaves something */
	HOST_NR_CHECKS,
};

struct host_check_row {
	const char *name;		/* in divergence.check */
	uint32_t kind;
	const char *source;		/* what says that it must not be */
};

extern const struct host_check_row host_checks[HOST_NR_CHECKS];

const char *divergence_name(uint32_t kind);	/* "host BUG", "premature EOI", ... */
const char *divergence_key(uint32_t kind);	/* "host-bug", "premature-eoi", ...: for files and JSON */
int divergence_from_key(const char *key);	/* enum divergence_kind or -1 */

#endif
