// SPDX-License-Identifier: GPL-2.0-only
/*
 * What KVM has taken from the host and has to give back when a VM is destroyed:
 * memory, timers, delayed works, and its share of the counts behind the local APIC's static keys.
 *
 * Only counts; who compares is sim/spare_vm.c.  Does not say whose they are.
 */
#include "vendor.h"

void kw_count_leftovers(struct kw_leftovers *out)
{
	*out = (struct kw_leftovers){
		.objects = kw_nr_objects, .timers = kw_nr_timers, .works = kw_nr_delayed(),
		.apics_off = static_key_count(&apic_hw_disabled.key.key),
		.apics_disabled = static_key_count(&apic_sw_disabled.key.key),
	};
}
