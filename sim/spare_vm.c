// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VM that is made like the others, and closed before the first run: what KVM does
 * to destroy one, which a run cannot, since it ends by putting memory back.
 *
 * Checks only that it works, without a WARN or a fault (the sanitized flavour: nor a
 * use after free); hence it comes after the VMs that run, whose numbers it leaves alone.
 */
#include "sim/spare_vm.h"

#include <linux/kvm.h>

#include "sim/machine.h"

static int64_t create(int *vm, int *vcpu)
{
	struct kvm_pit_config pit = { .flags = 0 };
	int64_t ret = kw_ioctl(machine.kvm_fd, KVM_CREATE_VM, 0);

	if (ret < 0)
		return ret;
	*vm = (int)ret;
	ret = kw_ioctl(*vm, KVM_CREATE_IRQCHIP, 0);
	if (ret >= 0)
		ret = kw_ioctl(*vm, KVM_CREATE_PIT2, (uint64_t)&pit);
	if (ret >= 0)
		ret = kw_ioctl(*vm, KVM_CREATE_VCPU, 0);
	*vcpu = (int)ret;
	return ret;
}

int64_t spare_vm(void)
{
	int vm, vcpu;
	int64_t ret = create(&vm, &vcpu);

	if (ret < 0)
		return ret;
	ret = kw_close(vcpu);
	if (ret >= 0)
		ret = kw_close(vm);
	while (kw_work_pending())
		kw_work_run();
	return ret;
}
