/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one header that both compile worlds include.
 *
 * The kernel world (kvm/) is compiled with a kernel tree's headers and without
 * libc; the libc world (sim/) never sees a kernel header.  They share only the
 * fixed-width types below.  kw_*() functions are calls into the kernel world,
 * hs_*() functions are host services that the libc world supplies to it.
 *
 * Contract:
 *  - One simulation at a time per process; nothing here is thread safe.
 *  - Everything that KVM and the environment allocate lies in one arena at a
 *    fixed address; their writable data lies between __start_kw_data
 *    and __stop_kw_data.  Copying both back is a complete restore, valid only while no
 *    task is inside the kernel world.
 *  - Every kw_*() call that can sleep (kw_ioctl(), kw_close(), kw_irq(), ...)
 *    runs on behalf of the task chosen by kw_task_switch().  The libc world
 *    owns the stacks: it calls kw_task_switch(tid) before it lets a task's
 *    coroutine continue.
 *  - Task and CPU are one to one: the task with number N owns simulated CPU N.
 *    Others run truly concurrently, so a task may be switched away from at any
 *    scheduling point, even with interrupts off or a spinlock held.
 *
 * This header does not describe ioctl structures: both sides use the UAPI ones.
 */
#ifndef LAPICSIM_BOUNDARY_H
#define LAPICSIM_BOUNDARY_H

#define KW_BOUNDARY_VERSION	3

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stdint.h>
#endif

/* Limits of one simulation. */
#define KW_MAX_TASKS		8192	/* tasks, and therefore simulated CPUs */

/* ---- Basic exit reasons: SDM volume 3, appendix "VMX Basic Exit Reasons". */
enum kw_exit_reason {
	KW_EXIT_EXCEPTION_NMI		= 0,	/* an NMI of the host: a performance counter's */
	KW_EXIT_EXTERNAL_INTERRUPT	= 1,
	KW_EXIT_TRIPLE_FAULT		= 2,
	KW_EXIT_INTERRUPT_WINDOW	= 7,
	KW_EXIT_NMI_WINDOW		= 8,
	KW_EXIT_CPUID			= 10,
	KW_EXIT_HLT			= 12,
	KW_EXIT_VMCALL			= 18,
	KW_EXIT_CR_ACCESS		= 28,	/* MOV to or from CR8 */
	KW_EXIT_IO_INSTRUCTION		= 30,
	KW_EXIT_MSR_READ		= 31,
	KW_EXIT_MSR_WRITE		= 32,
	KW_EXIT_PAUSE			= 40,
	KW_EXIT_TPR_BELOW_THRESHOLD	= 43,
	KW_EXIT_APIC_ACCESS		= 44,	/* xAPIC MMIO */
	KW_EXIT_VIRTUALIZED_EOI		= 45,	/* trap-like; qualification: the vector */
	KW_EXIT_EPT_VIOLATION		= 48,	/* also: during event delivery */
	KW_EXIT_EPT_MISCONFIG		= 49,	/* MMIO that is not the APIC */
	KW_EXIT_PREEMPTION_TIMER	= 52,
	KW_EXIT_APIC_WRITE		= 56,	/* trap-like; qualification: the register's offset */
	KW_NR_EXIT_REASONS		= 70,
};

/* ---- Interruption-information fields: SDM, "VM-Entry Controls for Event Injection". */
#define KW_INTR_VALID			(1u << 31)
#define KW_INTR_HAS_ERROR_CODE		(1u << 11)
#define KW_INTR_TYPE_MASK		(7u << 8)
#define KW_INTR_TYPE_EXTERNAL		(0u << 8)
#define KW_INTR_TYPE_NMI		(2u << 8)
#define KW_INTR_TYPE_EXCEPTION		(3u << 8)
#define KW_INTR_TYPE_SOFT		(4u << 8)
#define KW_INTR_VECTOR_MASK		0xffu

/* ---- Interruptibility state: SDM, "Guest Non-Register State". */
#define KW_BLOCK_STI			1u
#define KW_BLOCK_MOV_SS			2u
#define KW_BLOCK_NMI			8u

/* exit_qual of KW_EXIT_EPT_MISCONFIG: hardware has none, KVM would decode the instruction. */
#define KW_MMIO_WRITE			2u
#define KW_MMIO_BYTES_SHIFT		8	/* width of the access; 0 stands for 4 bytes */
/* exit_qual of KW_EXIT_IO_INSTRUCTION: SDM, "Exit Qualification for I/O Instructions". */
#define KW_IO_IN			8u
#define KW_IO_PORT_SHIFT		16

#define KW_RFLAGS_IF			(1ull << 9)

/* IA32_VMX_MISC, bits 4:0. */
#define KW_PREEMPTION_TIMER_SHIFT	5

/*
 * What the hardware has for APIC virtualization: SDM volume 3, "APIC
 * Virtualization and Virtual Interrupts".  All 0 on hardware without it.
 * The posted-interrupt descriptor is memory that other CPUs write, too.
 */
struct kw_apicv {
	/* Controls: written by the vendor module. */
	uint8_t  vid;			/* virtual-interrupt delivery */
	uint8_t  register_virt;		/* APIC-register virtualization */
	uint8_t  posted;		/* process posted interrupts */
	uint8_t  apic_accesses;		/* virtualize APIC accesses: xAPIC mode */
	uint8_t  x2apic_mode;		/* virtualize x2APIC mode */
	uint8_t  recognized;		/* hardware's: a pending virtual interrupt */
	uint8_t  suppress;		/* posted-interrupt descriptor: SN */
	uint8_t  reserved8;
	uint8_t  rvi, svi;		/* guest interrupt status: both sides */
	uint16_t trap_offset;		/* of a register whose write the hardware did and KVM has not handled; 0: none */
	uint32_t trap_old;		/* what it was before */
	uint32_t on;			/* posted-interrupt descriptor: outstanding notification */
	uint32_t pir[8];		/* posted-interrupt descriptor: requests */
	uint32_t cpu, notify;		/* posted-interrupt descriptor: NDST, and NV as a KW_IRQ_*; the IOMMU's */
	uint32_t eoi_exit[8];		/* EOI-exit bitmap */
	uint64_t msr_read, msr_write;	/* MSR bitmap: x2APIC registers 0..63 whose access does not exit */
};

/*
 * The hardware's per-vCPU control structure, as far as it is modelled (the part
 * that a VMCS plays on VMX).  Owned by the vendor module, inside the vCPU's own
 * allocation, so that it goes back with the snapshot; its address is fixed from
 * hs_vcpu_created() to hs_vcpu_freed().
 */
struct kw_hw {
	/* Controls: written by the vendor module, read by the hardware. */
	uint32_t entry_intr_info;	/* event to inject; valid bit clears on entry */
	uint32_t entry_error_code;
	/* Mostly none of them is: then nothing but an interrupt or a timer makes the guest exit unasked. */
	union {
		struct {
			uint32_t tpr_threshold;	/* class 0..15, for the TPR shadow */
			uint8_t  int_window;	/* exit as soon as IF=1 and nothing blocks */
			uint8_t  nmi_window;
			uint8_t  immediate_exit; /* exit right after entry and injection */
			uint8_t  has_apicv;	/* the hardware has it, and the module uses it: see apicv */
		};
		uint64_t causes;
	};
	/* Guest state: both sides. */
	uint64_t rflags;		/* only IF matters */
	uint32_t interruptibility;	/* KW_BLOCK_* */
	uint32_t access_bytes;		/* APIC access: its width, 1, 2 or 4 */
	uint64_t rax, rbx, rcx, rdx, rsi, rip;
	/* Exit information: written by the hardware. */
	uint32_t exit_reason;		/* enum kw_exit_reason */
	uint32_t idt_vectoring_info;	/* event whose delivery the exit interrupted */
	uint32_t exit_intr_info;
	uint32_t insn_len;		/* bytes to skip after emulation */
	uint64_t exit_qual;		/* CR8: bit 4 = read. APIC access: offset 0..0xfff, bit 12 = write */
	uint64_t exit_gpa;		/* EPT exits: guest physical address */
	uint64_t mmio_data;		/* APIC access, MMIO: value written, or read by KVM */
	/* VMX-preemption timer: loaded at entry, counts down by one each 2^SHIFT TSC ticks. */
	uint32_t preemption_timer;
	uint8_t  preemption_timer_on;
	uint8_t  late_pmi;		/* a counter has overflowed: its NMI comes when the exit is over */
	uint8_t  reserved8b[2];
	/* The page that hardware's TPR shadow works on: the vCPU's APIC registers. */
	uint8_t *vapic_page;
	/* Identity, constant. */
	uint32_t vm;			/* VM number, 0.. in order of creation */
	uint32_t vcpu_id;		/* KVM's vcpu_id */
	void	*owner;			/* the libc world's own pointer */
	struct kw_apicv apicv;
};

/*
 * What KVM believes about one local APIC, for the oracle's coherence checks.
 * Taken by kw_apic_state(); scalars are copies, @regs is the live register page
 * in xAPIC layout (SDM, "Local APIC Register Address Map").
 */
struct kw_apic_state {
	const uint8_t *regs;
	const struct kw_apicv *apicv;	/* live, as the hardware has it; NULL: it has none */
	uint64_t apic_base;		/* IA32_APIC_BASE */
	uint64_t pv_eoi_msr;		/* MSR_KVM_PV_EOI_EN as KVM holds it */
	int32_t  highest_isr_cache;	/* -1: invalid */
	int32_t  isr_count;
	int32_t  injected;		/* vector taken from IRR whose entry was cancelled, or -1 */
	bool	 irr_pending;
	bool	 pv_eoi_pending;	/* KVM_APIC_PV_EOI_PENDING */
	bool	 apicv_active;
	bool	 sw_enabled;
};

/* State of one page of simulated user memory: what the host's page tables say. */
enum kw_user_prot {
	KW_USER_NONE	 = 0,		/* unmapped: reads and writes fault */
	KW_USER_READ	 = 1,
	KW_USER_RW	 = 3,
};

struct kw_config {
	uint32_t version;		/* KW_BOUNDARY_VERSION */
	uint32_t nr_cpus;		/* 1..KW_MAX_TASKS; tasks 0..nr_cpus-1 */
	uint64_t arena_base;		/* 1 GiB aligned, zero-filled, above user memory: it plays PAGE_OFFSET */
	uint64_t arena_bytes;
	uint64_t user_base;		/* guest RAM as userspace maps it */
	uint64_t user_bytes;
	const uint8_t *user_prot;	/* one enum kw_user_prot a page */
	bool hv_timer;			/* the hardware has a VMX-preemption timer, and KVM uses it */
	bool apicv;			/* the hardware virtualizes the APIC, and KVM uses it */
	bool posting;			/* an IOMMU posts interrupts; needs apicv */
	bool split_icr;			/* x2APIC mode: ICR is two registers in the APIC's page, as AMD's hardware has it */
	bool no_vector_hashing;		/* KVM's module parameter vector_hashing is off */
};

/* ---- Shared words: read and written on the hot path by both worlds. */
struct kw_shared {
	uint64_t now_ns;		/* virtual time; only the libc world writes */
	uint64_t nr_points;		/* scheduling points passed in this run */
	uint32_t point_countdown;	/* to the next hs_point(); 0 is "never" */
	uint32_t current_tid;
	bool	 trace_on;		/* call hs_tracepoint() */
	bool	 silent;		/* boot and build phase: no scheduling points */
	bool	 chips_on;		/* call hs_irq_line() and hs_chip_*() */
};
extern struct kw_shared kw_shared;

/* ---- Snapshot bounds. */
extern char __start_kw_data[], __stop_kw_data[];
uint64_t kw_arena_used(void);		/* bytes from arena_base in use or ever used */

/* ---- Life. All return 0 or a negative errno. */
int kw_boot(const struct kw_config *config);	/* once per process; runs as task 0 */
uint32_t kw_max_vcpus(void);			/* per VM in this tree; works before kw_boot() */

/* ---- Tasks. */
int  kw_task_create(uint32_t tid, const char *comm, uint32_t mm); /* @mm: address space number, same for one process */
void kw_task_switch(uint32_t tid);	/* from here on kernel code runs as @tid */
void kw_task_signal(uint32_t tid);	/* a signal for @tid: pending, wakes, kicks */
void kw_task_signal_clear(uint32_t tid);
void kw_task_resched(uint32_t tid);	/* the host wants this CPU for something else */

/* ---- Files: the fops that KVM registered. @fd is ours, not the host's. */
int	kw_open(void);				/* /dev/kvm */
int64_t kw_ioctl(int fd, uint32_t cmd, uint64_t arg);
int	kw_close(int fd);
void   *kw_mmap(int fd, uint64_t pgoff);	/* vCPU: page 0 is struct kvm_run */

/* An eventfd: negative errno, or the descriptor; the read takes the counter, 0 if there is nothing. */
int	kw_eventfd(void);
int	kw_eventfd_write(int fd, uint64_t n);
int64_t kw_eventfd_read(int fd);

/* ---- Host memory management: what munmap() and friends tell KVM. */
void kw_mm_invalidate(uint32_t mm, uint64_t start, uint64_t end);

/* ---- Interrupts, timers, deferred work of the simulated host. */
#define KW_IRQ_TIMER	1u
#define KW_IRQ_CALL	2u
#define KW_IRQ_RESCHED	4u
#define KW_IRQ_POSTED	8u			/* the notification vector of posted interrupts */
#define KW_IRQ_WAKEUP	16u			/* and the one for a vCPU that blocks */
/* The part of a simulated CPU that every interrupt enable looks at; only the kernel world writes. */
struct kw_cpu_irq {
	uint8_t	 disabled;		/* RFLAGS.IF is 0 */
	uint8_t	 in_irq;		/* inside a handler */
	uint16_t reserved;
	uint32_t pending;		/* KW_IRQ_* */
};
extern struct kw_cpu_irq *kw_cpu_irq;	/* of the current CPU */
uint32_t kw_irq_pending(uint32_t cpu);	/* KW_IRQ_* waiting on @cpu */
bool kw_irqs_enabled(uint32_t cpu);
void kw_irq_notify(uint32_t cpu, uint32_t what); /* the IOMMU's notification */
int kw_posting_target(const struct kw_hw *hw, uint64_t address, uint32_t data); /* the vCPU (KVM's vcpu_id) of @hw's VM that an IOMMU may post this MSI to, or -1 */
void kw_irq_posted_ack(uint32_t cpu);	/* the processor took KW_IRQ_POSTED itself, in guest mode */
void kw_irq(uint32_t cpu);		/* take them now: interrupts must be enabled there */
uint64_t kw_timer_next(void);		/* earliest hrtimer in ns, UINT64_MAX: none */
void kw_timer_expire(void);		/* raise KW_IRQ_TIMER on CPUs whose timers are due */
/* What lasts until it is given back: allocations, queued hrtimers, APICs that the static keys count as off. */
struct kw_leftovers {
	uint64_t objects;
	uint32_t timers, works;		/* works: that are due later */
	int32_t	 apics_off, apics_disabled;	/* by IA32_APIC_BASE, by SVR */
};
void kw_count_leftovers(struct kw_leftovers *out);
bool kw_work_pending(void);		/* work items or RCU callbacks that are ready */
void kw_work_run(void);			/* run them all: called on the kworker task */
uint64_t kw_work_next(void);		/* when the earliest becomes ready, UINT64_MAX: none */

/*
 * ---- Caches.  Where the parts of a vCPU lie, and a request for the lines of them that an
 * interrupt needs; it changes nothing but the time that the next events take.
 */
struct kw_ahead {		/* offsets in the arena */
	uint32_t vcpu, apic, regs, run, task, percpu;
};
void kw_ahead_of(const struct kw_hw *hw, uint32_t tid, struct kw_ahead *out);
void kw_ahead(const struct kw_ahead *a);

/* ---- Looking. */
void kw_apic_state(const struct kw_hw *hw, struct kw_apic_state *out);

/*
 * The interrupt controllers beside the local APICs, as KVM holds them; of the VM
 * of vCPU @hw, with an in-kernel irqchip only.
 */
#define KW_IOAPIC_PINS	24
enum kw_chip { KW_CHIP_IOAPIC, KW_CHIP_PIC, KW_NR_CHIPS };
struct kw_ioapic_state {
	uint64_t redir[KW_IOAPIC_PINS];	/* 82093AA, "I/O Redirection Table Registers" */
	uint32_t select, id;
};
struct kw_pic_state {			/* 8259A; half 1 is the slave */
	struct { uint8_t irr, imr, isr, elcr, base, first; } half[2]; /* first: the input of highest priority */
	bool output;
};
void kw_ioapic_state(const struct kw_hw *hw, struct kw_ioapic_state *out);
void kw_pic_state(const struct kw_hw *hw, struct kw_pic_state *out);
/* As if each pin had seen so many EOIs in a row that found its level still up: KVM counts them to find storms. */
void kw_ioapic_age(const struct kw_hw *hw, uint32_t eois);
void kw_chip_watch(const struct kw_hw *hw);	/* from now on: hs_irq_line(), hs_chip_*() */

struct kw_bug {
	uint64_t addr;			/* in the function that it is about */
	const char *file;		/* as the tree names it, or NULL */
	uint32_t line;
	bool is_warn;
};
bool kw_bug_find(uint64_t rip, struct kw_bug *out);	/* ud2 at @rip: BUG or WARN? */
void kw_once_clear(void);		/* unlatch WARN_ONCE and printk_once */
/* Wait graph: one line per blocked task, "task 5 (vcpu3) waits for mutex X held by ..." */
int  kw_wait_graph(char *buf, uint64_t len);

/* ---- Host services: implemented in sim/, called by the kernel world. */

/* VM-Entry, the guest, VM-Exit. Interrupts are off; fills the exit fields. */
void hs_vm_enter(struct kw_hw *hw);
/* After an exit was synchronised and before KVM handles it. */
void hs_vm_exit_handle(struct kw_hw *hw);
/* KVM has handled that exit; @faulted: with an exception for the guest. Not after an exit that re-entered at once. */
void hs_vm_exit_done(struct kw_hw *hw, bool faulted);
/* An entry that KVM cancelled at the last moment. */
void hs_vm_cancel(struct kw_hw *hw);
/* After kw_chip_watch(): KVM has handled the exit, as far as it touches devices. */
void hs_vm_exit_handled(struct kw_hw *hw);
void hs_vcpu_created(struct kw_hw *hw);
void hs_vcpu_freed(struct kw_hw *hw);
/* INIT reset the processor (its local APIC went first). */
void hs_vcpu_init(struct kw_hw *hw);
/* A SIPI ended the wait that INIT began. @vector: the page that it starts at. */
void hs_vcpu_sipi(struct kw_hw *hw, uint8_t vector);

/*
 * Scheduling point: kw_point() is the kernel world's inline; this is its slow
 * path, called when point_countdown reaches 0. May switch to other tasks.
 */
enum kw_point_id {
	KW_POINT_DELIVER,		/* a sender is about to deliver an interrupt */
	KW_POINT_DELIVERED,		/* the IRR bit is set, the target not yet kicked */
	KW_POINT_INJECT,		/* vector acknowledged, not yet entered */
	KW_POINT_ENTRY,			/* interrupts off, before the last check */
	KW_POINT_EXIT,			/* after exit, before it is handled */
	KW_POINT_IRQ_ON,		/* interrupts were enabled */
	KW_POINT_LOCK,			/* before a sleeping lock is taken */
	KW_POINT_UACCESS,		/* before guest memory is touched */
	KW_POINT_PIR,			/* posted in PIR, ON not yet set; or about to block, NV not yet changed */
	KW_NR_POINTS,
};
void hs_point(enum kw_point_id id);

/* The current task cannot go on until hs_wake(tid). */
void hs_block(void);
void hs_wake(uint32_t tid);
void hs_run_spins(void);		/* KVM_RUN loops without entering the guest or sleeping; time will pass */
void hs_preempted(void);		/* the task's time slice ended: others first */
void hs_relax(void);			/* it spins: let time pass */
void hs_delay(uint64_t ns);		/* it spins for so long, with interrupts off */

/*
 * After kw_chip_watch(): the current task is about to tell the controllers that a
 * GSI is @level for @source; it has taken, or is about to leave, the lock that
 * decides the order in which tasks act on a chip.
 */
void hs_irq_line(uint32_t gsi, uint32_t level, uint32_t source);
void hs_chip_locked(uint32_t vm, enum kw_chip chip);
void hs_chip_unlock(uint32_t vm, enum kw_chip chip);

void hs_irq_raise(uint32_t cpu);	/* kw_irq_pending(cpu) became non-zero */
void hs_timer_changed(void);		/* kw_timer_next() may have changed */
void hs_work_queued(void);		/* kw_work_next() may have changed */

/*
 * A build with mutants (kvm/mutate/): the number of the one that is on, 0 for none, and
 * how often each was reached (255: at least).  Nothing else refers to them.
 */
#define KW_MAX_MUTANTS	16384
extern uint32_t hs_mutant;
extern uint8_t hs_mutant_reached[KW_MAX_MUTANTS];

/* Console, and the three ways to end a run from inside. */
void hs_printk(const char *text);
_Noreturn void hs_trap(const char *symbol);	/* an unmodelled kernel function */
_Noreturn void hs_panic(const char *what);	/* KVM panicked the host */
_Noreturn void hs_no_memory(void);		/* the arena is full */
_Noreturn void hs_deadlock(const char *graph);	/* the lock wait graph has a cycle */
_Noreturn void hs_fault(const char *what);	/* environment misuse by KVM: bad unlock, ... */

/* KVM's own tracepoints, in order, only while kw_shared.trace_on. */
enum kw_tracepoint {
	KW_TP_NONE,
	KW_TP_KVM_APIC_ACCEPT_IRQ, KW_TP_KVM_INJ_VIRQ, KW_TP_KVM_EOI, KW_TP_KVM_PV_EOI,
	KW_TP_KVM_MSI_SET_IRQ, KW_TP_KVM_APIC_IPI, KW_TP_KVM_MSR, KW_TP_KVM_CR,
	KW_TP_KVM_APIC, KW_TP_KVM_SET_IRQ, KW_TP_KVM_ACK_IRQ, KW_TP_KVM_IOAPIC_SET_IRQ,
	KW_TP_KVM_HV_TIMER_STATE, KW_TP_KVM_VCPU_WAKEUP, KW_TP_KVM_HALT_POLL_NS,
	KW_TP_KVM_USERSPACE_EXIT, KW_TP_KVM_FPU, KW_TP_KVM_INJ_EXCEPTION,
	KW_TP_KVM_CPUID, KW_TP_KVM_HYPERCALL, KW_TP_KVM_ENTRY, KW_TP_KVM_EXIT,
	KW_NR_TRACEPOINTS,
};
void hs_tracepoint(enum kw_tracepoint id, uint32_t nr, const uint64_t *args);

#endif
