/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine of a run: the VMs that userspace built through KVM's ioctls, their
 * vCPUs, and guest memory.  Built once per process (machine_build()), then put
 * back before each run (machine_reset()).
 *
 * Does not run anything: the actors do.
 */
#ifndef LAPICSIM_MACHINE_H
#define LAPICSIM_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm/boundary.h"
#include "sim/guest_events.h"
#include "sim/likely.h"
#include "sim/rng.h"
#include "sim/scenario.h"

/* Simulated user memory, and the arena above it (see struct kw_config). */
#define MACHINE_USER_BASE	0x200000000000ull
#define MACHINE_ARENA_BASE	0x400000000000ull
#define MACHINE_PAGE		4096u

/* Guest physical layout of a VM: memslot 1 holds the pages with PV EOI words. */
#define MACHINE_PV_SLOT		1u
#define MACHINE_PV_GPA		0x100000ull
#define MACHINE_PV_MOVED_GPA	0x40000000ull	/* where a moved slot goes */
#define MACHINE_OTHER_SLOT	2u
#define MACHINE_OTHER_GPA	0x60000000ull	/* of memory that is plugged in and out */
#define MACHINE_NO_GPA		0x70000000ull	/* from here on there is no memory */

/* Where a task's number says what it is. */
#define MACHINE_KWORKER_TID	0u

/* MSRs that the guest writes. */
#define MSR_APIC_BASE		0x1bu
#define MSR_TSC_DEADLINE	0x6e0u
#define MSR_X2APIC_BASE		0x800u
#define MSR_PV_EOI_EN		0x4b564d04u

/* Handlers nest by the classes of the local APIC, and by the inputs of the PIC. */
#define VCPU_MAX_HANDLERS	40u

struct guest_handler {
	uint8_t	 ops;		/* operations left before its EOI */
	uint8_t	 vector;
	bool	 service : 1;	/* it has still to service its device */
	bool	 directed : 1;	/* and to write the I/O APIC's EOI register */
	bool	 auto_eoi : 1;	/* its interrupt has been ended already: Hyper-V's AutoEOI */
	uint8_t	 pic;		/* its EOI goes to the 8259s: enum pic_eoi */
};

/* 4,096 of them are a huge page, and leave nothing of it: table.h. */
#define VCPU_ROW_BYTES	512u

/* What an interrupt touches comes first, in as few cache lines as it takes: VCPU_HOT_BYTES. */
struct vcpu {
	/* Constant, but in one that is added: user_add.c. */
	_Alignas(VCPU_ROW_BYTES) struct kw_hw *hw;
	struct kvm_run *run;	/* the mapped page, of <linux/kvm.h> */
	int	 fd;
	uint32_t index;		/* over all VMs: the oracle's number */
	uint32_t vm, id;	/* id: KVM's vcpu_id and initial APIC ID */
	uint32_t tid;
	bool	 boot_x2apic;	/* the mode that a run starts in */
	bool	 x2apic;	/* the mode now */
	uint64_t pv_gpa[2];	/* the two words that it uses, in turn */

	/* What the guest's program keeps; see vcpu.c. */
	_Alignas(64) struct rng program;
	struct rng target;
	struct rng_gaps time;
	uint64_t pv_msr;	/* as the guest believes it to be */
	uint64_t pv_gpa_now;	/* the word that the oracle is shown: the last one that was enabled */
	uint8_t	 tpr;
	uint8_t	 nr_handlers;	/* interrupt handlers that run, nested */
	uint8_t	 eoi_done;	/* the innermost handler has done its EOI */
	uint8_t	 quiet;		/* it was told to finish */
	bool	 halted;	/* the last exit was HLT */
	uint8_t	 mwait;		/* enum mwait: it has just executed MWAIT */
	/* What may come before the program's next operation: mostly nothing. */
	union {
		struct {
			bool	 retry;		/* the operation of the last exit has to be done again */
			bool	 icr_low_next;	/* xAPIC: ICR2 is written, ICR comes next */
			uint8_t	 ioapic_step;	/* enum ioapic_step: an access in two steps; see guest_ioapic.c */
			uint8_t	 reserved;
		};
		uint32_t detour;
	};
	uint8_t	 retry_op;
	uint8_t	 cli_left;	/* operations until STI; 0: IF is left alone */
	/* Actions that exited and that the oracle has not been told all of yet: mostly 0. */
	union {
		struct {
			uint8_t	 told;		/* enum vcpu_action */
			bool	 accessing;	/* a register access in progress, that the oracle was told of */
			bool	 timer_access;	/* the exit in progress is an access to the timer */
			bool	 told_page_gone; /* a PV EOI page that is being enabled went away meanwhile */
		};
		uint32_t untold;
	};
	struct guest_events ev;
	struct guest_handler handler[VCPU_MAX_HANDLERS];
	int32_t	 message;	/* oracle's handle of an ICR write in progress, or -1 */
	uint64_t told_value;
	bool	 apic_off, svr_off; /* by IA32_APIC_BASE, by SVR */
	uint64_t icr_value;
	bool	 ioapic_read;
	bool	 ioapic_probe, ioapic_write;	/* guest_ioapic_probe.c */
	uint8_t	 ioapic_offset, ioapic_bytes;	/* of the access */
	bool	 pit_runs;		/* this vCPU's guest has started channel 0 */
	uint8_t	 pit_start;		/* steps done to start it, with pit_steady */
	uint8_t	 pit_stop;		/* steps done to stop it */
	uint8_t	 ioapic_reg;	/* indirect register */
	/* The APIC timer, as the guest or userspace last wrote it. */
	uint32_t lvtt, timer_count;
	uint8_t	 timer_dcr;
	bool	 sw_disabled;	/* SVR bit 8 is clear */
	uint8_t	 access_kind;	/* enum access_kind: what "accessing" is about */
	bool	 fault_due;	/* KVM has refused what the guest did, and not injected the exception yet */
	bool	 apic_moved;	/* the guest has moved the APIC's page: GUEST_APIC_MOVED */
	bool	 device_due;	/* an access to the VMM's device has not reached it yet */
	bool	 looked_at;	/* by the monitor: its thread stays out of KVM_RUN */
	bool	 tpr_reports;	/* KVM_TPR_ACCESS_REPORTING is on */
	uint64_t vapic_gpa;	/* of the word that holds TPR; 0: the APIC does */
	bool	 timer_saved;	/* timer_regs hold what KVM_GET_LAPIC returned some time ago */
	uint32_t timer_regs[4];	/* LVTT, TMICT, TMCCT, TDCR */
	struct rng timer_rng;
};

/* With the innermost handlers. */
#define VCPU_HOT_BYTES	192u
_Static_assert(sizeof(struct vcpu) == VCPU_ROW_BYTES, "a table of 4,096 is no huge page any more");

enum access_kind { ACCESS_APIC, ACCESS_MC_CTL2, ACCESS_HYPERV, ACCESS_LINT0, ACCESS_BASE, ACCESS_PMI, ACCESS_SINT };
enum mwait { MWAIT_NONE, MWAIT_SHALLOW, MWAIT_DEEP };	/* C1; a C-state deeper than C2 */
enum pic_eoi { PIC_HANDLER = 1, PIC_OWES_MASTER = 2, PIC_OWES_SLAVE = 4 };
enum ioapic_step { IOAPIC_IDLE, IOAPIC_SELECTING, IOAPIC_SELECTED, IOAPIC_ACCESSING };

/* KVM VMs of a VM that migrates: what one of them has seen, the next must not remember. */
#define MACHINE_SIDES		4u

struct vm {
	int	 fd;
	uint32_t first_vcpu, nr_vcpus;
	uint64_t hva;		/* of its PV pages */
	uint8_t	*prot;		/* one enum kw_user_prot for each of them */
	uint32_t nr_pages;
	uint32_t slot_pages;	/* as many, or 0 while memslot 1 is not at MACHINE_PV_GPA */
	bool	 other_slot_there; /* memslot 2, which only memory.c uses */
	/* For migrate.c: it has several KVM VMs, and runs in one of them. */
	int	 side_fd[MACHINE_SIDES];
	int	 spare_eventfd;	/* for user_bad.c */
	uint8_t	 side;
	bool	 stopped;
	uint32_t nr_parked, nr_busy; /* vCPU threads that have stopped, others that have not */
};

/* A vCPU of one of them. */
struct vcpu_side {
	struct kw_hw *hw;
	struct kvm_run *run;
	int	 fd;
};

struct machine {
	struct scenario scenario; /* with vms and vcpus as built */
	uint32_t nr_vms, nr_vcpus, nr_tasks;
	uint32_t devices_tid, memory_tid, signal_tid, preempt_tid, migrate_tid, routes_tid, irqchip_tid, monitor_tid, sints_tid; /* first of each; devices: msi, then pins, per VM */
	struct vm *vm;
	struct vcpu *vcpu;
	struct vcpu_side *sides; /* MACHINE_SIDES per vCPU; NULL: no migration */
	bool	 registers;	/* the oracle keeps a register file */
	uint8_t *prot;		/* one enum kw_user_prot a page of user memory */
	uint64_t user_bytes, arena_bytes;
	int	 kvm_fd;
	bool	 timers;	/* the oracle follows the APIC timers */
};
extern struct machine machine;

/* "vcpu3", "device0", ...: @tid's name, for the kernel world and the trace. */
void machine_task_name(uint32_t tid, char *name, uint32_t n);

static inline struct vcpu_side *machine_side(const struct vcpu *v, uint32_t side)
{
	return &machine.sides[MACHINE_SIDES * v->index + side];
}
/* From now on @vm runs there. */
void machine_use_side(struct vm *vm, uint32_t side);

/* Userspace adds it during the run. */
static inline bool machine_adds(const struct vcpu *v)
{
	return v->id + machine.scenario.added_vcpus >= machine.scenario.vcpus;
}
/* What a VMM does with a vCPU that it has created: CPUID, registers as firmware leaves them, runnable. @what: a step. */
int64_t machine_prepare_vcpu(struct vcpu *v, int64_t (*ioctl)(int fd, uint32_t cmd, uint64_t arg), const char **what);

/* 0, or -1 with a message. */
int machine_build(const struct scenario *s, char *error, uint64_t n);
/* Guest memory, protections and the guests' own state, for a run from @seed. */
void machine_reset(uint64_t seed);

/* A broken KVM may have taken any address for the PV EOI word. */
static inline bool machine_in_slot(const struct vm *vm, uint64_t gpa)
{
	return (gpa - MACHINE_PV_GPA) / MACHINE_PAGE < vm->slot_pages;
}

/* A word of guest memory by guest physical address; NULL if no memslot has it. */
static inline uint32_t *machine_word(const struct vm *vm, uint64_t gpa)
{
	return likely(machine_in_slot(vm, gpa)) ? (uint32_t *)(vm->hva + (gpa - MACHINE_PV_GPA)) : NULL;
}

/*
 * Both in one: NULL if the page has not even @prot, or if no memslot has it; KW_USER_READ
 * and KW_USER_RW are bits that include each other.
 */
static inline uint32_t *machine_word_with(const struct vm *vm, uint64_t gpa, uint8_t prot)
{
	uint64_t at = gpa - MACHINE_PV_GPA;

	if (unlikely(at / MACHINE_PAGE >= vm->slot_pages) || unlikely((vm->prot[at / MACHINE_PAGE] & prot) != prot))
		return NULL;
	return (uint32_t *)(vm->hva + at);
}

/* Protection of the page of @gpa, KW_USER_NONE without a memslot. */
static inline uint8_t machine_prot(const struct vm *vm, uint64_t gpa)
{
	return likely(machine_in_slot(vm, gpa)) ? vm->prot[(gpa - MACHINE_PV_GPA) / MACHINE_PAGE] : KW_USER_NONE;
}


/* KVM_SET_MSRS of one MSR through @ioctl (kw_ioctl() or host_ioctl()): 1 if KVM took it, 0 or a negative errno. */
/* For one more vCPU: what CPUID tells those of the VMs, and the hardware that the last KVM_CREATE_VCPU made. */
const struct kvm_cpuid2 *machine_cpuid(void);
const struct kw_hw *machine_created(void);
int64_t machine_set_msr(int64_t (*ioctl)(int fd, uint32_t cmd, uint64_t arg), int fd, uint32_t index, uint64_t value);

/* Userspace's KVM_SET_USER_MEMORY_REGION of slot 1: size 0 deletes. 0 or a negative errno. */
int64_t machine_set_slot(struct vm *vm, uint64_t gpa, uint64_t bytes);

#endif
