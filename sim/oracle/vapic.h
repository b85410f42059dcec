/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The word of memory that holds a vCPU's TPR instead of the APIC
 * (KVM_SET_VAPIC_ADDR), and the reports of accesses to the APIC's own TPR
 * (KVM_TPR_ACCESS_REPORTING).  Both are how a VMM helps guests that write TPR all
 * the time on hardware without a TPR shadow.
 *
 * The word's format is an agreement between KVM, the VMM and the code that the VMM
 * puts into the guest; QEMU's pc-bios/optionrom/kvmvapic.S, "vapic format", has it:
 * byte 0 is TPR, which the guest reads and writes; byte 1 the class of the highest
 * vector in service; byte 2 is 0; byte 3 the highest vector in IRR.  A guest that
 * lowers TPR below byte 3 asks KVM to look again (KVM's hypercalls.rst,
 * KVM_HC_VAPIC_POLL_IRQ), and so needs bytes 1 and 3 to be right.
 *
 * Only if oracle_config.vapic is set, with APICs in xAPIC mode.
 */
#ifndef LAPICSIM_ORACLE_VAPIC_H
#define LAPICSIM_ORACLE_VAPIC_H

#include <stdbool.h>
#include <stdint.h>

/* KVM_SET_VAPIC_ADDR was accepted: @on, and then byte 0 of the word held TPR; or 0 was set. */
void oracle_user_vapic(uint32_t vcpu, bool on);
/* It was refused: nothing changes. */
void oracle_user_vapic_refused(uint32_t vcpu);
/*
 * The word's page goes, if only for writes, or is back: until both were seen to agree, TPR is
 * KVM's or the word's.
 */
void oracle_vapic_gone(uint32_t vcpu);
void oracle_vapic_back(uint32_t vcpu, uint32_t word);
/* Right before oracle_entry() and oracle_exit(): the word as memory has it. */
void oracle_vapic_word(uint32_t vcpu, uint32_t word, bool readable);

/* While accesses are reported: the guest accesses TPR through the APIC's page. */
void oracle_tpr_access(uint32_t vcpu, bool write);
/* KVM_RUN has returned KVM_EXIT_TPR_ACCESS. */
void oracle_tpr_reported(uint32_t vcpu, bool write);

/* --- For the oracle. */
struct kw_apic_state;
struct oracle_vcpu;

struct vapic_vcpu {
	bool	 on;
	bool	 open;		/* TPR is KVM's or the word's */
	bool	 refused;	/* a KVM_SET_VAPIC_ADDR, since the one that gave it this word */
	bool	 away;		/* the page */
	/* KVM's at the last look, what the guest wrote last, what the page had when it came back last. */
	uint8_t	 kvm_tpr, guest_tpr, back_tpr;
	bool	 trusted;	/* bytes 1 to 3 were seen to be right since the page or the address changed */
	bool	 readable;	/* in the look in progress: */
	uint32_t word;
	uint8_t	 access;	/* enum vapic_access: not reported yet */
};

enum vapic_access { VAPIC_NO_ACCESS, VAPIC_READ, VAPIC_WRITE };

struct vapic_state {
	struct vapic_vcpu *vcpu;	/* NULL: not modelled */
};
extern struct vapic_state vapic;

int vapic_init(uint32_t nr_vcpus);
void vapic_fini(void);
void vapic_reset(void);

/* check_vapic.c. Before TPR is compared at an exit; anywhere else; at the end of an entry. */
void check_vapic_exit(struct oracle_vcpu *v, const struct kw_apic_state *kvm);
void vapic_look(struct oracle_vcpu *v, const struct kw_apic_state *kvm);
void check_vapic_entry(struct oracle_vcpu *v, const struct kw_apic_state *kvm);

#endif
