/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only way to a kernel's KVM from here: an allow-list over every ioctl, and
 * over every MSR, vector and value in it.  What is not on it aborts the process
 * before it reaches the kernel.
 *
 * The known PV EOI bug kills hosts that lack its fix, so nothing here may come
 * near it, and there is no option that lifts a guard:
 *  - the PV EOI MSR is never written, KVM_RUN is never called;
 *  - no memslot is ever made, so none changes;
 *  - no NMI, SMI, INIT, SIPI or unknown delivery mode; vectors 16 and up; no
 *    armed timer;
 *  - one VM per struct guard.  A fresh process and alarm() are
 *    sim/cmd/live_kernel.c's part.
 */
#ifndef LAPICSIM_LIVE_GUARD_H
#define LAPICSIM_LIVE_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/live/sequence.h"

/* A KVM: the running kernel's in sim/cmd/live_kernel.c, a variant's in sim/live_engine.c, a fake in tests. */
struct live_ops {
	int	(*open)(void);				/* a descriptor or a negative errno */
	int64_t (*ioctl)(int fd, uint32_t cmd, uint64_t arg); /* a result or a negative errno */
	int	(*close)(int fd);
};

struct guard {
	const struct live_ops *ops;
	int	 kvm_fd, vm_fd;			/* -1: not there */
	int	 vcpu_fd[LIVE_MAX_VCPUS];
	uint32_t nr_vcpus;
	bool	 mode_set[LIVE_MAX_VCPUS];	/* IA32_APIC_BASE was written, once */
};

void guard_init(struct guard *g, const struct live_ops *ops);
int guard_open(struct guard *g);
int64_t guard_ioctl(struct guard *g, int fd, uint32_t cmd, uint64_t arg);
void guard_close(struct guard *g);

/* Why this call may not be made; NULL if it may. Looks only. */
const char *guard_refuses(const struct guard *g, int fd, uint32_t cmd, uint64_t arg);

#endif
