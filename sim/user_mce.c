// SPDX-License-Identifier: GPL-2.0-only
/*
 * Userspace that gives a vCPU banks for machine-check errors and corrected machine-
 * check interrupts (KVM_X86_SETUP_MCE), and reports errors to it (KVM_X86_SET_MCE), as
 * a VMM does for memory that has failed under a guest that does not use it right now.
 *
 * Only errors that need no action, and corrected ones: the others are exceptions, which
 * the guest model does not take.
 */
#include "sim/user_mce.h"

#include <linux/kvm.h>

#include "sim/host.h"
#include "sim/oracle/cmci.h"
#include "sim/oracle/oracle.h"

#define CAP_CMCI	(1ull << 10)	/* IA32_MCG_CAP.MCG_CMCI_P */
#define STATUS_VAL	(1ull << 63)
#define STATUS_UC	(1ull << 61)
#define STATUS_EN	(1ull << 60)

int64_t user_mce_build(const struct vcpu *v)
{
	uint64_t cap = CMCI_BANKS | CAP_CMCI;

	return machine.scenario.cmci ? kw_ioctl(v->fd, KVM_X86_SETUP_MCE, (uint64_t)&cap) : 0;
}

void user_mce(struct vcpu *v)
{
	struct kvm_x86_mce mce = {
		.status = STATUS_VAL | STATUS_EN, .bank = (uint8_t)rng_below(&v->program, CMCI_BANKS),
		.addr = MACHINE_PV_GPA,
	};
	uint32_t what = rng_below(&v->program, 16);
	int32_t message;
	int64_t ret;

	if (what > 3)
		mce.status |= STATUS_UC;
	else if (what == 0)
		mce.status &= ~STATUS_VAL;
	else if (what == 1)
		mce.bank += CMCI_BANKS;
	message = oracle_mce_begin(v->index, mce.bank, mce.status);
	host_event(DIGEST_MESSAGE, v->index, mce.status | mce.bank);
	ret = host_ioctl(v->fd, KVM_X86_SET_MCE, (uint64_t)&mce);
	if (message >= 0)
		oracle_message_end(message, ret >= 0);
	/* KVM api.rst, KVM_X86_SETUP_MCE: the number of banks; and an error that is not valid is none. */
	if ((ret < 0) != (what < 2))
		oracle_finding(HOST_CHECK_SET_MCE, v->vm, v->id, DIV_NONE,
			       "KVM_X86_SET_MCE of status 0x%llx in bank %u returns %lld", (unsigned long long)mce.status,
			       mce.bank, (long long)ret);
}
