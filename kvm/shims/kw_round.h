/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM_RUN's loop asks in each round whether the host wants the CPU for something
 * else.  A round that neither enters the guest nor sleeps takes no virtual time;
 * when they follow each other, the simulator must know, and let time pass, or
 * the loop would never end.
 */
#ifndef LAPICSIM_SHIM_KW_ROUND_H
#define LAPICSIM_SHIM_KW_ROUND_H

#include "boundary.h"

extern u64 kw_last_round_ns;
void kw_round_without_time(void);

static __always_inline bool kw_run_round(void)
{
	if (unlikely(kw_last_round_ns == kw_shared.now_ns))
		kw_round_without_time();
	kw_last_round_ns = kw_shared.now_ns;
	return __xfer_to_guest_mode_work_pending();
}
#define __xfer_to_guest_mode_work_pending kw_run_round

#endif
