/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of checks, the one way to report a divergence, and the entry points
 * of the files check_*.c.
 */
#ifndef LAPICSIM_ORACLE_CHECK_H
#define LAPICSIM_ORACLE_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/divergence.h"
#include "sim/oracle/state.h"

enum check {
	/* Checks whose mismatch may persist come first: vcpu->reported holds one bit each. */
	CHECK_PPR,
	CHECK_CACHE_IRR_PENDING,
	CHECK_CACHE_ISR_COUNT,
	CHECK_CACHE_HIGHEST_ISR,
	CHECK_CACHE_SW_ENABLED,
	CHECK_CACHE_APICV,
	CHECK_APICV_RVI,
	CHECK_APICV_SVI,
	CHECK_PV_UNTRACKED,
	CHECK_PV_UNARMED,
	CHECK_SPIN,
	CHECK_NR_LATCHED,
	CHECK_DISPATCH_PENDING = CHECK_NR_LATCHED,
	CHECK_DISPATCH_PPR,
	CHECK_DISPATCH_IN_SERVICE,
	CHECK_DISPATCH_HIGHEST,
	CHECK_DISPATCH_BLOCKED,
	CHECK_OWED,
	CHECK_DELIVERED,
	CHECK_IRR_LOST,
	CHECK_IRR_SPURIOUS,
	CHECK_ISR_PREMATURE,
	CHECK_ISR_PAGE_AWAY,
	CHECK_ISR_STUCK,
	CHECK_ISR_SPURIOUS,
	CHECK_TMR,
	CHECK_TPR,
	CHECK_PV_MSR,
	CHECK_GET_LAPIC,
	CHECK_ACCESS_FAULT,
	CHECK_FAULT_DELIVERED,
	CHECK_ACCESS_VALUE,
	CHECK_REGISTER_FILE,
	CHECK_PV_OTHER_BITS,
	CHECK_PV_DISABLED,
	CHECK_PV_IDLE,
	CHECK_PV_IRR_PENDING,
	CHECK_PV_APICV,
	CHECK_PV_RUNNING,
	CHECK_CACHE_PV_PENDING,
	CHECK_TIMER_EARLY,
	CHECK_TIMER_DUPLICATE,
	CHECK_TIMER_SPURIOUS,
	CHECK_TIMER_LOST,
	CHECK_TIMER_COUNT,
	CHECK_TIMER_DEADLINE,
	CHECK_QUIET_IRR,
	CHECK_QUIET_ISR,
	CHECK_QUIET_OWED,
	CHECK_QUIET_LOWEST,
	CHECK_NMI_BLOCKED,
	CHECK_NMI_SPURIOUS,
	CHECK_NMI_HELD,
	CHECK_NMI_PRIORITY,
	CHECK_NMI_OWED,
	CHECK_NMI_LOST,
	CHECK_INIT_SPURIOUS,
	CHECK_INIT_LOST,
	CHECK_INIT_STATE,
	CHECK_SIPI_SPURIOUS,
	CHECK_SIPI_LOST,
	CHECK_SIPI_EARLY,
	CHECK_HALT,
	CHECK_KICK_LOST,
	CHECK_PPR_MOVED,
	CHECK_PV_MSR_MOVED,
	CHECK_GET_EVENTS,
	CHECK_GET_MP_STATE,
	CHECK_WINDOW,
	CHECK_PV_IPI,
	CHECK_IOAPIC_ENTRY,
	CHECK_IOAPIC_RIRR,
	CHECK_IOAPIC_READ,
	CHECK_IOAPIC_EOI_MISSING,
	CHECK_IOAPIC_EOI_EXTRA,
	CHECK_PV_IOAPIC,
	CHECK_QUIET_PIN,
	CHECK_QUIET_RIRR,
	CHECK_EOI_EXIT_MISSING,
	CHECK_GET_IRQCHIP,
	CHECK_PIC_STATE,
	CHECK_PIC_VECTOR,
	CHECK_PIC_ACCEPT,
	CHECK_QUIET_PIC,
	CHECK_EOI_EXIT_EXTRA,
	CHECK_LINE_STATUS,
	CHECK_MSI_RESULT,
	CHECK_IRQCHIP_RESET,
	CHECK_PAGE_REGISTER,
	CHECK_MSR_ACCESS,
	CHECK_DISABLED,
	CHECK_DISPATCH_OVERDUE,
	CHECK_TPR_THRESHOLD,
	CHECK_TIMER_TAKEN_EARLY,
	CHECK_TIMER_WAITS,
	CHECK_SET_LAPIC,
	CHECK_POWER_UP,
	CHECK_CPUID_APIC,
	CHECK_VAPIC_TPR,
	CHECK_VAPIC_WORD,
	CHECK_VAPIC_REFUSED,
	CHECK_TPR_REPORT,
	CHECK_MC_CTL2,
	CHECK_HYPERV_READ,
	CHECK_SINT_MSR,
	CHECK_SINT_EOI_MISSING,
	CHECK_SINT_EOI_EXTRA,
	CHECK_PIT_LATE,
	CHECK_PIT_EARLY,
	CHECK_SLOT_WRITTEN,
	CHECK_NR,
};

struct check_row {
	const char *name;		/* in divergence.check */
	enum divergence_kind kind;
	const char *source;
	bool off;
};

const struct check_row *check_row(uint32_t index);	/* NULL past the end */
bool check_switch(const char *name, bool on);		/* false: no such name */

/* @v may be NULL: a divergence of the VM @vm. @vector: DIV_NONE where it does not apply. */
void check_fire(enum check check, const struct oracle_vcpu *v, uint32_t vm, uint32_t vector, const char *fmt, ...)
	__attribute__((format(printf, 5, 6), cold));

/* "0x31 0x41", for texts; @buf holds at least 64 bytes. */
const char *check_vectors(const uint32_t *map, char *buf, uint32_t size);

/*
 * A mismatch that nobody repairs is reported when it appears, not at every look.
 * True if it has just appeared.
 */
static inline bool check_latch(struct oracle_vcpu *v, enum check check, bool wrong)
{
	uint32_t bit = 1u << check;

	if (__builtin_expect(!wrong && !(v->reported & bit), 1))
		return false;
	if (!wrong) {
		v->reported &= ~bit;
		return false;
	}
	if (v->reported & bit)
		return false;
	v->reported |= bit;
	return true;
}

/* check_dispatch.c: with ISR before and after the dispatch */
void check_injection(struct oracle_vcpu *v, const struct kw_hw *hw, const struct kw_apic_state *kvm);
void check_hw_dispatch(struct oracle_vcpu *v, uint32_t vector, uint32_t hw_blocking);
void check_cancelled_injection(struct oracle_vcpu *v, const struct kw_apic_state *kvm);
/* check_due.c: the slow half of check_fast.h */
void check_waiting(const struct oracle_vcpu *v, const struct kw_hw *hw, const struct kw_apic_state *kvm);
/* check_registers.c: the slow halves of check_fast.h */
void settle_irr(struct oracle_vcpu *v, const struct kw_apic_state *kvm);
void settle_tmr(struct oracle_vcpu *v, const struct kw_apic_state *kvm);
void settle_ppr(struct oracle_vcpu *v, uint32_t ppr);
void adopt_tpr(struct oracle_vcpu *v, uint32_t tpr);
void check_get_lapic(struct oracle_vcpu *v, const uint8_t *regs);
/* check_eoi.c: likewise */
void settle_isr(struct oracle_vcpu *v, const struct kw_apic_state *kvm, int skip);
/* check_pv_word.c */
void check_pv_replaced(struct oracle_vcpu *v, uint32_t word, bool readable);
void check_pv_entry(struct oracle_vcpu *v, const struct kw_apic_state *kvm, uint32_t word, bool readable);
void check_pv_exit(struct oracle_vcpu *v, const struct kw_apic_state *kvm, uint32_t word, bool readable);
void check_pv_running(struct oracle_vcpu *v, uint32_t old_word);
static inline void check_pv_ack(struct oracle_vcpu *v, uint32_t old_word, uint32_t new_word)
{
	if (unlikely(old_word & ~v->word & 1) && v->word_known && v->word_trusted)
		check_pv_running(v, old_word);
	v->armed = false;
	v->word = new_word;
}
/* check_cache.c */
void check_cache(struct oracle_vcpu *v, const struct kw_apic_state *kvm);
/* check_events.c: after INIT */
void check_init(struct oracle_vcpu *v, const struct kw_apic_state *kvm);
/* check_pic.c */
void check_extint(struct oracle_vcpu *v, int vector);
/* chips.c, check_ioapic_eoi.c */
void chips_reset(void);
void chips_fini(void);
void chips_eoi(struct oracle_vcpu *v, int vector);
void chips_overwritten(struct oracle_vcpu *v, const uint32_t *open);
void check_pv_ioapic(struct oracle_vcpu *v, uint32_t vector);
/* check_quiet.c */
void check_quiet(struct oracle_vcpu *v, const struct kw_apic_state *kvm);

#endif
