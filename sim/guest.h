/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's program: what a vCPU does between VM-Entry and VM-Exit, one
 * operation at a time.  vcpu.c calls guest_step() (guest_step.h) and guest_take_interrupt();
 * the operations themselves are in guest_*.c, by theme.
 *
 * An operation takes time first and acts at its end, so that one which an
 * interrupt of the host cuts short has not happened.  An operation that exits is
 * over when KVM has handled it, except those marked as retried: a page that is
 * not there makes the guest try again.
 *
 * What the guest keeps to: handlers nest only in rising priority (the APIC sees
 * to that), each ends with exactly one EOI, HLT is executed with interrupts
 * enabled, and only the guest itself writes its PV EOI word outside bit 0.
 */
#ifndef LAPICSIM_GUEST_H
#define LAPICSIM_GUEST_H

#include "sim/machine.h"

/* What an operation does: it goes on, or the guest exits. */
enum step { STEP_GO_ON, STEP_EXIT };

/* Drawn by weight, in the order of struct guest_mix: (enum, do_*(), name in traces, instruction length). */
#define GUEST_DRAWN_OPS(X)						\
	X(COMPUTE, compute, "compute", 1)				\
	X(CLI, cli, "cli", 1)						\
	X(MOV_SS, mov_ss, "mov ss", 2)					\
	X(HLT, hlt, "hlt", 1)						\
	X(IPI, ipi, "ipi", 2)						\
	X(SELF_IPI, self_ipi, "self ipi", 2)				\
	X(SELF_IPI_MSR, self_ipi_msr, "self ipi msr", 2)		\
	X(BROADCAST, broadcast, "ipi to all others", 2)			\
	X(TPR, tpr, "tpr", 2)						\
	X(CR8, cr8, "cr8", 3)						\
	X(PV_ENABLE, pv_enable, "pv eoi enable", 2)			\
	X(PV_DISABLE, pv_disable, "pv eoi disable", 2)			\
	X(PV_MOVE, pv_move, "pv eoi move", 2)				\
	X(CPUID, cpuid, "cpuid", 2)					\
	X(PAUSE, pause, "pause", 2)					\
	X(IO, io, "out", 2)						\
	X(MMIO, mmio, "mmio write", 2)					\
	X(READ_APIC, read_apic, "apic read", 2)				\
	X(REG_READ, reg_read, "read a register", 2)			\
	X(REG_WRITE, reg_write, "write a register", 2)			\
	X(REG_MSR, reg_msr, "access an x2apic msr", 2)			\
	X(SVR, svr, "svr", 2)						\
	X(LOGICAL_ID, logical_id, "id, ldr or dfr", 2)			\
	X(APIC_BASE, apic_base, "apic base", 2)				\
	X(ICR_ANY, icr_any, "ipi of any kind", 2)			\
	X(NMI, nmi, "nmi ipi", 2)					\
	X(NMI_OTHERS, nmi_others, "nmi to all others", 2)		\
	X(INIT_IPI, init_ipi, "init", 2)				\
	X(SIPI, sipi, "sipi", 2)					\
	X(STARTUP, startup, "startup", 2)				\
	X(PV_IPI, pv_ipi, "pv ipi", 3)					\
	X(PV_NMI, pv_nmi, "pv nmi", 3)					\
	X(PV_KICK, pv_kick, "pv kick", 3)					\
	X(IOAPIC, ioapic, "ioapic select", 2)				\
	X(IOAPIC_PROBE, ioapic_probe, "ioapic probe", 2)		\
	X(PIC, pic, "pic", 2)						\
	X(PIT, pit, "pit", 2)						\
	X(LINT0, lint0, "lint0", 2)				\
	X(TIMER_LVT, timer_lvt, "timer lvt", 2)				\
	X(TIMER_COUNT, timer_count, "timer count", 2)			\
	X(TIMER_DIVIDE, timer_divide, "timer divide", 2)		\
	X(TIMER_DEADLINE, timer_deadline, "tsc deadline", 2)		\
	X(TIMER_READ, timer_read, "timer read", 2)			\
	X(TIMER_SVR, timer_svr, "timer svr", 2)			\
	X(PV_BAD, pv_bad, "pv eoi at a bad address", 2)		\
	X(VAPIC_TPR, vapic_tpr, "vapic tpr", 3)			\
	X(CMCI_LVT, cmci_lvt, "cmci lvt", 2)				\
	X(MC_CTL2, mc_ctl2, "mci ctl2", 2)				\
	X(LINT0_NMI, lint0_nmi, "lint0 nmi", 2)				\
	X(LVTPC, lvtpc, "lvtpc", 2)					\
	X(PMI, pmi, "counter overflows", 1)				\
	X(MWAIT, mwait, "mwait", 3)					\
	X(SINT, sint, "sint", 2)

/* What only the program itself decides. */
#define GUEST_OTHER_OPS(X)						\
	X(STI, sti, "sti", 1)						\
	X(EOI, eoi, "eoi", 2)						\
	X(IRET, iret, "iret", 2)					\
	X(ICR_LOW, icr_low, "icr low", 2)				\
	X(APIC_ON, apic_on, "apic on again", 2)			\
	X(NMI_IRET, nmi_iret, "iret from nmi", 2)			\
	X(BOOT, boot, "boot", 2)					\
	X(STARTUP_SIPI, startup_sipi, "startup sipi", 2)		\
	X(IOAPIC_WINDOW, ioapic_window, "ioapic window", 2)		\
	X(SERVICE, service, "service the device", 2)			\
	X(TIMER_STOP, timer_stop, "timer stop", 2)			\
	X(PIT_STOP, pit_stop, "pit stop", 2)				\
	X(IOAPIC_EOI, ioapic_eoi, "ioapic eoi", 2)			\
	X(PIC_EOI, pic_eoi, "pic eoi", 2)

#define X(name, fn, text, len) OP_##name,
enum op { GUEST_DRAWN_OPS(X) OP_NR_DRAWN, OP_BEFORE_OTHERS = OP_NR_DRAWN - 1, GUEST_OTHER_OPS(X) OP_NR };
#undef X

#define X(name, fn, text, len) enum step do_##fn(struct vcpu *v);
GUEST_DRAWN_OPS(X) GUEST_OTHER_OPS(X)
#undef X

/* Where the APIC's page is, and where a guest may move it to. */
#define GUEST_APIC_GPA		0xfee00000ull
#define GUEST_APIC_MOVED	0xfee02000ull
/* A device of the VMM, just behind the APIC's page: KVM has to tell whose an access is. */
#define GUEST_DEVICE_GPA	0xfee01000ull

/* Before each run: sums of weights. */
void guest_init(void);
/* What the next operation takes: drawn, in the program and in its handlers. */
extern struct rng_mean guest_op_means[2];
static inline uint64_t guest_op_time(struct vcpu *v)
{
	return rng_gaps_next(&v->time, &guest_op_means[v->nr_handlers != 0]);
}
/* The handler of @vector starts. */
void guest_take_interrupt(struct vcpu *v, uint8_t vector);
/* The NMI handler starts. */
void guest_take_nmi(struct vcpu *v);
/* guest_mwait.c: the guest sleeps after MWAIT. Returns when the VMX-preemption timer expires, which was at @timer_ns. */
uint64_t guest_mwait(struct vcpu *v, uint64_t timer_ns);
/* guest_timer.c: a periodic timer runs, which the guest must stop before it rests. */
bool guest_timer_keeps_on(const struct vcpu *v);
/* guest_pit.c: the same for the PIT. */
bool guest_pit_keeps_on(const struct vcpu *v);
/* "Page ready" of KVM's async page faults: the interrupt is expected, or was taken. */
#define GUEST_APF_VECTOR 0xf3u
void guest_apf_settle(struct vcpu *v);
void guest_apf_taken(struct vcpu *v);
/* Dispatched interrupts of all guests in this run. */
extern uint64_t guest_nr_interrupts;

/* --- For guest_*.c. */
extern bool guest_again;	/* the operation in progress was tried before */

static inline const struct scenario *sc(void) { return &machine.scenario; }
static inline bool guest_if_on(const struct vcpu *v) { return v->hw->rflags & KW_RFLAGS_IF; }
/* guest_ioapic.c: handler number @nr starts; what will it do before its EOI? And what does it do next? */
void guest_pin_handler(struct vcpu *v, uint32_t nr);
void guest_pic_handler(struct vcpu *v, uint32_t nr);	/* guest_pic.c */
enum step guest_ioapic_probe_window(struct vcpu *v);	/* guest_ioapic_probe.c */
enum op guest_next_before_eoi(struct vcpu *v);
/* guest_pv.c: the guest's own access to @gpa faults in the second-level page tables; it will try @op again. */
enum step guest_page_away(struct vcpu *v, enum op op, uint64_t gpa);
/* guest_watchdog.c: KVM has handled a write of LINT0. */
void guest_lint0_done(struct vcpu *v);
/* guest_events.c: KVM has handled a WRMSR of IA32_APIC_BASE by startup code. */
void guest_boot_base_done(struct vcpu *v);
/* guest_mce.c: KVM has handled a WRMSR of IA32_MCi_CTL2. */
void guest_mc_done(struct vcpu *v, bool faulted);
/* guest_pmi.c: perhaps a counter overflows in HLT; KVM has handled the exit of one in which it did. */
void guest_pmi_at_hlt(struct vcpu *v);
void guest_pmi_done(struct vcpu *v);
/* guest_vapic.c: TPR is not 0, wherever it lies. */
bool guest_vapic_raised(const struct vcpu *v);
void guest_set_if(struct vcpu *v, bool on, uint32_t blocking);
/* By weight. */
enum op guest_draw_op(struct vcpu *v);
/* ICR, in one write or two. */
enum step guest_send_ipi(struct vcpu *v, uint32_t low, uint32_t dest);
/* guest_apic.c: a value for an LVT entry: fixed or NMI, masked or not. */
uint32_t guest_draw_lvt(struct vcpu *v, uint32_t masked_one_in, uint32_t nmi_one_in);
/* guest_regs.c: a value for any register; one for a write of @reg that leaves the guest alive. */
uint32_t guest_draw_bits(struct vcpu *v);
uint64_t guest_tame(struct vcpu *v, uint32_t reg, uint64_t value);
/* guest_regs.c: KVM took this value. */
void guest_apic_base_written(struct vcpu *v, uint64_t value);
/* guest_regs.c: @op, or what a guest whose APIC is off does instead. */
enum op guest_op_with_apic_off(const struct vcpu *v, enum op op);
/* guest_events.c: what NMI handler, startup code and a startup in progress want next. */
bool guest_next_event_op(struct vcpu *v, bool quiet, enum op *op);

static inline enum step exits(struct vcpu *v, uint32_t reason)
{
	v->hw->exit_reason = reason;
	return STEP_EXIT;
}

#endif
