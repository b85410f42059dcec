/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the oracle is told about the interrupt controllers beside the local APICs.
 *
 * A task is about to do something to a chip (oracle_irq_line(),
 * oracle_ioapic_write(), ...), it gets its turn there (oracle_chip_locked()), and
 * leaves (oracle_chip_unlock()): in between the ideal chip does it, and what
 * messages follow are intervals of that length.  An EOI message has no turn of its
 * own: it is due somewhere between the EOI and the vCPU's next VM-Entry.
 *
 * Nothing is judged, and nothing is allocated, without oracle_chips_init().
 */
#ifndef LAPICSIM_ORACLE_CHIPS_H
#define LAPICSIM_ORACLE_CHIPS_H

#include <stdbool.h>
#include <stdint.h>

#include "kvm/boundary.h"

/* After oracle_init(). Tasks are numbered 0..nr_tasks-1; vCPU i is task i + 1. 0 or a negative errno. */
int oracle_chips_init(uint32_t nr_tasks, bool split);
/* The state before a run; no line is asserted. */
void oracle_chips_baseline(uint32_t vm, const struct kw_ioapic_state *ioapic, const struct kw_pic_state *pic);

/* So many EOIs in a row found the level of each pin of @vm still up before the run. */
void oracle_ioapic_age(uint32_t vm, uint32_t eois);

/* @task tells the chips of its VM that @gsi is @level for @source. */
void oracle_irq_line(uint32_t task, uint32_t gsi, bool level, uint32_t source);
/* @task is told by @status what became of it (KVM_IRQ_LINE_STATUS). */
void oracle_line_status_begin(uint32_t task);
void oracle_line_status_end(uint32_t task, uint32_t vm, uint32_t gsi, int32_t status);
/* Guest of @vcpu writes a direct register; or has read one, while no other guest writes. */
void oracle_ioapic_write(uint32_t vcpu, uint32_t offset, uint32_t value);
void oracle_ioapic_was_read(uint32_t vcpu, uint32_t offset, uint32_t bytes, uint64_t value);
/* Guest of @vcpu writes a port of the PIC, or reads one; and KVM is done with it. */
void oracle_pic_write(uint32_t vcpu, uint32_t port, uint8_t value);
void oracle_pic_read(uint32_t vcpu);
void oracle_pic_over(uint32_t vcpu);
/* Nobody has used it yet. */
void oracle_ioapic_reset_state(uint32_t vm, const struct kw_ioapic_state *kvm, uint64_t base, uint32_t irr);
/* Userspace has read the I/O APIC. */
void oracle_ioapic_saved(uint32_t vm, const struct kw_ioapic_state *state);
/* Userspace has loaded the registers of a local APIC anew, as they were; no vCPU runs, no message is under way. */
void oracle_lapic_reloaded(uint32_t vcpu);
/* Userspace loads a state; no vCPU runs, no line changes. */
void oracle_ioapic_load(uint32_t task, const struct kw_ioapic_state *state);
/* KVM can ask the devices of @gsi whether their level is up (KVM_IRQFD_FLAG_RESAMPLE): one more, or one less. */
void oracle_resampler(uint32_t vm, uint32_t gsi, bool attached);
/* Whatever @task was about to do is over. */
void oracle_chip_over(uint32_t task);

void oracle_chip_locked(uint32_t task, uint32_t vm, enum kw_chip chip);
void oracle_chip_unlock_ioapic(uint32_t task, uint32_t vm, const struct kw_ioapic_state *kvm);

/* @lint0: the register of the vCPU that @task is, if it is one. */
void oracle_chip_unlock_pic(uint32_t task, uint32_t vm, const struct kw_pic_state *kvm, uint32_t lint0);

/* The vCPU's last exit has been handled: its EOI message must have arrived. */
void oracle_chip_settle(uint32_t vcpu, const struct kw_ioapic_state *kvm);
/*
 * With the I/O APIC in userspace: @pin's entry is now @entry, as far as EOIs go
 * (Remote IRR, level, vector); @sent: its message is about to be.  KVM_RUN returned
 * with KVM_EXIT_IOAPIC_EOI.  The guest of @vcpu goes on.  The end of the run.
 */
void oracle_split_pin(uint32_t vm, uint32_t pin, uint64_t entry, bool sent);
void oracle_split_eoi(uint32_t vcpu, uint32_t vector);
void oracle_split_entry(uint32_t vcpu);
void oracle_split_quiet(uint32_t vm);

/* End of the run. */
void oracle_chips_quiet(uint32_t vm, const struct kw_ioapic_state *kvm);
void oracle_pic_quiet(uint32_t vcpu, uint32_t lint0);

#endif
