// SPDX-License-Identifier: GPL-2.0-only
/* See watchdog.h. */
#include "sim/oracle/watchdog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/oracle/state.h"

struct watchdog_vcpu {
	bool	nmi;		/* LINT0 is unmasked, in mode NMI */
	bool	changing;	/* it is being written */
	bool	changed;	/* ... at some time since the pulse began */
	int32_t	message;	/* of the pulse in progress, or -1 */
};

static struct watchdog {
	struct watchdog_vcpu *vcpu;	/* NULL: not judged */
	bool	pulse;			/* one is in progress */
} watchdog;

int watchdog_init(uint32_t nr_vcpus)
{
	watchdog.vcpu = oracle_array(nr_vcpus, sizeof(*watchdog.vcpu));
	if (!watchdog.vcpu)
		return -ENOMEM;
	watchdog_reset();
	return 0;
}

void watchdog_fini(void)
{
	free(watchdog.vcpu);
	memset(&watchdog, 0, sizeof(watchdog));
}

void watchdog_reset(void)
{
	watchdog.pulse = false;
	for (uint32_t i = 0; watchdog.vcpu && i < oracle.nr_vcpus; i++)
		watchdog.vcpu[i] = (struct watchdog_vcpu){ .message = -1 };
}

static void may_come(uint32_t vcpu)
{
	if (watchdog.vcpu[vcpu].message < 0)
		watchdog.vcpu[vcpu].message = oracle_user_nmi_begin(vcpu);
}

void oracle_lint0_begin(uint32_t vcpu)
{
	struct watchdog_vcpu *w = &watchdog.vcpu[vcpu];

	w->changing = w->changed = true;
	if (watchdog.pulse)
		may_come(vcpu);
}

void oracle_lint0_end(uint32_t vcpu, uint32_t lint0)
{
	struct watchdog_vcpu *w = &watchdog.vcpu[vcpu];

	w->changing = false;
	w->nmi = !(lint0 & LVT_MASKED) && LVT_MODE(lint0) == LVT_MODE_NMI;
}

void oracle_pit_pulse(void)
{
	if (!watchdog.vcpu)
		return;
	oracle_pit_pulse_over();
	watchdog.pulse = true;
	for (uint32_t i = 0; i < oracle.nr_vcpus; i++) {
		struct watchdog_vcpu *w = &watchdog.vcpu[i];

		w->changed = w->changing;
		if (w->nmi || w->changing)
			may_come(i);
	}
}

void oracle_pit_pulse_over(void)
{
	if (!watchdog.pulse)
		return;
	watchdog.pulse = false;
	for (uint32_t i = 0; i < oracle.nr_vcpus; i++) {
		struct watchdog_vcpu *w = &watchdog.vcpu[i];

		if (w->message >= 0)
			oracle_message_end(w->message, w->nmi && !w->changed);
		w->message = -1;
	}
}
