/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which keys of a scenario need, or exclude, each other: what no single row of the
 * option table can know.
 *
 * Reads no text: ranges of single values are options.c's, and where a key stands in
 * the file is scenario.c's.
 */
#include "sim/scenario_check.h"

#include <stdio.h>
#include <string.h>

#include "sim/options.h"
#include "sim/policy/policy.h"

#define MAX_VCPUS 4096u

struct check {
	const struct scenario *s;
	scenario_complain_fn *complain;
	void *arg;
};

static void complain(const struct check *c, const char *section, const char *key, const char *what)
{
	c->complain(c->arg, section, key, what);
}

static void check_policy(const struct check *c)
{
	const struct policy *policy;
	struct option_guess guess;
	char what[128];

	if (policy_find(c->s->policy))
		return;
	snprintf(what, sizeof(what), "there is no policy \"%s\"", c->s->policy);
	option_guess_start(&guess, c->s->policy);
	for (uint32_t i = 0; (policy = policy_nth(i)); i++)
		option_guess_offer(&guess, policy->name);
	option_guess_append(&guess, what, sizeof(what));
	complain(c, "policy", "name", what);
}

static uint64_t sum_of_guest_mix(const struct guest_mix *g)
{
	uint32_t weight[sizeof(*g) / sizeof(uint32_t)];
	uint64_t sum = 0;

	memcpy(weight, g, sizeof(weight));
	for (size_t i = 0; i < sizeof(weight) / sizeof(weight[0]); i++)
		sum += weight[i];
	return sum;
}

/* What resets or changes an APIC's registers as a whole, or any of them. */
static bool any_register_changes(const struct scenario *s)
{
	const struct guest_mix *g = &s->guest;

	return g->init || g->startup || s->init_percent || g->reg_write || s->change_lapic || s->migrate_gap_ns;
}

/* What would change the mode or access TPR without the oracle being told that it is TPR. */
static bool beyond_vapic(const struct scenario *s)
{
	return any_register_changes(s) || s->guest.svr || s->guest.reg_read || s->guest.apic_base || s->hyperv;
}

/* The word and the reports are for guests whose TPR is in the APIC's page, on hardware that does not help. */
static void check_vapic_keys(const struct check *c)
{
	const struct scenario *s = c->s;

	if (!s->vapic && (s->guest.vapic_tpr || s->vapic_addr || s->vapic_bad))
		complain(c, "topology", "vapic", "must be yes for [guest] vapic_tpr and [userspace] vapic_*");
	if (!s->vapic && !s->tpr_reporting)
		return;
	if (s->apic_mode != APIC_MODE_XAPIC)
		complain(c, "topology", "apic_mode", "must be xapic with vapic or tpr_reporting");
	if (s->tpr_shadow)
		complain(c, "topology", "tpr_shadow", "must be no with vapic or tpr_reporting");
	if (beyond_vapic(s))
		complain(c, "topology", "vapic", "is not followed through INIT, modes, or accesses of any register");
	if (s->vapic && s->guest.tpr)
		complain(c, "guest", "tpr", "must be 0: a guest whose TPR lies in memory writes it there");
	if (s->vapic && s->guest.cr8)
		complain(c, "guest", "cr8", "must be 0: a guest whose TPR lies in memory writes it there");
	if (s->vapic && s->pv_words_per_page > 512)
		complain(c, "topology", "pv_words_per_page", "must be at most 512 with vapic");
	if (s->vapic_addr && (s->slot_delete || s->slot_move))
		complain(c, "userspace", "vapic_addr", "KVM may refuse it while a slot is away");
}

static void check_cmci_keys(const struct check *c)
{
	const struct scenario *s = c->s;
	const struct guest_mix *g = &s->guest;

	if (!s->cmci && (g->cmci_lvt || g->mc_ctl2 || s->set_mce))
		complain(c, "topology", "cmci", "must be yes for [guest] cmci_lvt, mc_ctl2 and [userspace] set_mce");
	/* The register file, which has the LVT entry, knows no INIT, and a random entry may send one. */
	if (s->cmci && (any_register_changes(s) || g->sipi || g->reg_msr || s->any_msr || s->apicv))
		complain(c, "topology", "cmci", "does not go together with INIT, random registers, migration, apicv");
}

static void check_pmi_keys(const struct check *c)
{
	const struct scenario *s = c->s;
	const struct guest_mix *g = &s->guest;

	/* Userspace would see what KVM has not looked at yet. */
	if (s->pmi_hlt_percent && (s->get_lapic || s->set_lapic))
		complain(c, "guest", "pmi_hlt", "does not go together with [userspace] get_lapic, set_lapic");
	if (s->lvtpc_modes_percent && !scenario_uses_pmi(s))
		complain(c, "guest", "lvtpc_modes", "needs [guest] pmi or pmi_hlt: else no counter overflows");
	/*
	 * As for cmci, but SIPIs are for vCPUs that INIT in LVTPC has reset; and a state of events that userspace
	 * saved before may lack an NMI.
	 */
	if (scenario_uses_pmi(s) && (any_register_changes(s) || (g->sipi && !s->lvtpc_modes_percent) || g->reg_msr ||
				     s->any_msr || s->vcpu_events || s->mp_state))
		complain(c, "guest", "pmi", "does not go together with INIT, random registers, migration, vcpu_events");
}

static void check_watchdog_keys(const struct check *c)
{
	const struct scenario *s = c->s;
	const struct guest_mix *g = &s->guest;

	if (!g->lint0_nmi && s->lint0_load)
		complain(c, "guest", "lint0_nmi", "must not be 0 with [userspace] lint0_load");
	if (!g->lint0_nmi)
		return;
	if (!s->pit || !s->pins || s->pic || s->pin_irqfd_percent || s->vms > 1)
		complain(c, "guest", "lint0_nmi", "needs one VM with devices.pit and pins, and neither pic nor irqfds");
	if (any_register_changes(s) || g->svr || g->apic_base || g->reg_msr || s->any_msr || s->irqchip_gap_ns ||
	    s->apicv)
		complain(c, "guest", "lint0_nmi", "does not go together with what else changes LINT0, nor with apicv");
}

static void check_chip_keys(const struct check *c)
{
	const struct scenario *s = c->s;

	if (s->irqchip_vectors && (s->guest.ioapic || s->irqchip == IRQCHIP_SPLIT))
		complain(c, "userspace", "irqchip_vectors", "does not go together with [guest] ioapic, nor with irqchip = split");
	if (s->pin_unset && (!s->guest.ioapic || s->irqchip == IRQCHIP_SPLIT))
		complain(c, "devices", "pin_unset", "needs [guest] ioapic, and no irqchip = split");
	if (s->pit_steady && (!s->pit || !s->pins || s->pic || s->pin_irqfd_percent || s->vms > 1 || s->irqchip_gap_ns ||
			   s->ioapic_modes_percent || s->ioapic_logical_percent || s->ioapic_nmi_percent))
		complain(c, "devices", "pit_steady",
			 "needs one VM with devices.pit and pins, and no other interrupts of GSI 0 than fixed ones by the I/O APIC");
}

static void check_sint_keys(const struct check *c)
{
	const struct scenario *s = c->s;
	const struct guest_mix *g = &s->guest;

	if (g->sint && !s->sints)
		complain(c, "guest", "sint", "needs devices.sints");
	if (!s->sints)
		return;
	if (!s->hyperv || s->vms > 1 || s->vcpus > 254 || s->sints > 4 * s->vcpus)
		complain(c, "devices", "sints", "needs topology.hyperv, one VM, and at most four for each vCPU");
	if (s->vector_first < 0x30 || s->timer_vector_first < 0x30)
		complain(c, "devices", "vector_first", "must be at least 0x30 with devices.sints, whose vectors are below");
	if (s->routes || s->pins || s->added_vcpus || s->migrate_gap_ns || s->memory_gap_ns || any_register_changes(s) ||
	    g->svr || g->apic_base || g->init || g->startup || g->timer_svr)
		complain(c, "devices", "sints",
			 "does not go together with routes, pins, added_vcpus, migration, memory.gap, INIT, and APICs that change");
}

/* What looks at a vCPU that is not there, or knows no APIC that becomes one. */
static void check_added_keys(const struct check *c)
{
	const struct scenario *s = c->s;

	if (!s->added_vcpus)
		return;
	if (s->added_vcpus >= s->vcpus)
		complain(c, "topology", "added_vcpus", "must be less than vcpus");
	if (s->migrate_gap_ns || s->monitor_gap_ns || s->irqchip_gap_ns || s->posted_percent || s->cmci || s->vapic ||
	    s->xapic_ldr != XAPIC_LDR_NONE || s->directed_eoi || s->guest.startup || s->vms > 1 || s->vcpus > 255)
		complain(c, "topology", "added_vcpus",
			 "needs one VM of at most 255 vCPUs, xapic_ldr = none, and no migration, monitor, irqchip_gap, posted, cmci, vapic, startup");
}

static void check_timer_keys(const struct check *c)
{
	const struct scenario *s = c->s;

	if (!scenario_uses_timers(s))
		return;
	if (s->timer_vector_first > s->timer_vector_last)
		complain(c, "guest", "timer_vector_first", "must be at most timer_vector_last");
	else if (s->timer_vector_first <= s->vector_last && s->timer_vector_last >= s->vector_first)
		complain(c, "guest", "timer_vector_first", "the timers' vectors must be no devices' and IPIs'");
}

static void check_topology_keys(const struct check *c)
{
	const struct scenario *s = c->s;

	if (s->vcpus > 255 && s->irqchip == IRQCHIP_KERNEL)
		complain(c, "topology", "irqchip", "more than 255 vCPUs in a VM need irqchip = split");
	if (s->vcpus > 255 && s->apic_mode != APIC_MODE_X2APIC)
		complain(c, "topology", "apic_mode", "more than 255 vCPUs in a VM need apic_mode = x2apic");
	if (s->async_pf && (s->pv_words_per_page > 1 || s->memory_gap_ns || s->vector_last >= 0xf3))
		complain(c, "topology", "async_pf",
			 "needs pv_words_per_page = 1, no memory manager, and vector 0xf3 for itself");
	if (s->hyperv && s->pv_words_per_page > 1)
		complain(c, "topology", "hyperv", "a VP assist page is a page: pv_words_per_page = 1");
	if (s->apicv && !s->tpr_shadow)
		complain(c, "topology", "apicv", "needs tpr_shadow = yes");
	if (s->apicv && s->split_icr)
		complain(c, "topology", "split_icr", "is AMD's, and apicv is Intel's");
	if ((s->pin_irqfd_percent || s->routes) && s->vms > 1)
		complain(c, "topology", "vms", "irqfds and routes are followed in one VM only");
}

static void check_guest_keys(const struct check *c)
{
	const struct scenario *s = c->s;

	if (!sum_of_guest_mix(&s->guest))
		complain(c, "guest", "compute", "every operation of [guest] has weight 0");
	if (s->guest.mwait && !s->mwait)
		complain(c, "guest", "mwait", "needs topology.mwait = yes");
	if (s->apf_while_off && (!s->async_pf || s->apic_mode != APIC_MODE_XAPIC || s->msi || s->guest.ipi))
		complain(c, "guest", "apf_while_off",
			 "needs topology.async_pf, apic_mode = xapic, and neither MSIs nor IPIs");
	if (s->directed_eoi && s->irqchip != IRQCHIP_SPLIT)
		complain(c, "guest", "directed_eoi", "KVM offers it with irqchip = split only");
	if (s->pic && s->guest.ioapic)
		complain(c, "guest", "ioapic", "with devices.pic the guest does not use the I/O APIC");
}

static void check_device_keys(const struct check *c)
{
	const struct scenario *s = c->s;

	if (s->vector_first > s->vector_last)
		complain(c, "devices", "vector_first", "must be at most vector_last");
	if (s->posted_percent && !s->apicv)
		complain(c, "devices", "posted", "needs apicv = yes");
	if (s->irqchip == IRQCHIP_SPLIT && s->pins && (s->routes || s->pin_irqfd_percent))
		complain(c, "devices", "pins",
			 "with irqchip = split the routes are userspace's I/O APIC's, and pins have no irqfd");
	if (s->pins && s->apicv && s->irqchip == IRQCHIP_SPLIT)
		complain(c, "devices", "pins", "irqchip = split and topology.apicv do not go together with pins");
	if (s->pins && s->vms > 16)
		complain(c, "devices", "pins", "at most 16 VMs have pins");
	if (s->pic && (s->irqchip != IRQCHIP_KERNEL || s->pin_first < 3 || s->pin_first + s->pin_lines > 16))
		complain(c, "devices", "pic", "needs irqchip = kernel, and pins 3 to 15");
	if (s->pin_first + s->pin_lines > 24)
		complain(c, "devices", "pin_lines", "pin_first plus pin_lines must be at most 24");
}

static bool any_user_action(const struct scenario *s)
{
	return s->run_again || s->set_msrs || s->get_lapic || s->set_lapic || s->inhibit || s->vcpu_events ||
	       s->mp_state || s->user_nmi || s->timer_load || s->timer_msr || s->bad_calls || s->pit_calls ||
	       s->change_lapic || s->any_msr || s->vapic_addr || s->vapic_bad || s->tpr_reporting ||
	       s->set_mce || s->lint0_load || s->refused_lapic;
}

static void check_userspace_keys(const struct check *c)
{
	const struct scenario *s = c->s;

	if (s->window_percent && s->irqchip != IRQCHIP_SPLIT)
		complain(c, "userspace", "interrupt_window", "is for a PIC in userspace: irqchip = split");
	if (s->irqchip_gap_ns && (!s->pins || s->irqchip != IRQCHIP_KERNEL || s->pin_irqfd_percent))
		complain(c, "userspace", "irqchip_gap", "needs pins without irqfds, and irqchip = kernel");
	if (s->route_gap_ns && !s->routes)
		complain(c, "userspace", "route_gap", "there are no devices.routes");
	if (s->migrate_gap_ns && (s->pins || s->routes || s->memory_gap_ns))
		complain(c, "userspace", "migrate_gap", "what drives pins or takes memory away does not stop for it");
	if (s->monitor_gap_ns && s->migrate_gap_ns)
		complain(c, "userspace", "monitor_gap", "does not go together with migrate_gap");
	if (!any_user_action(s))
		complain(c, "userspace", "run_again", "every action of [userspace] has weight 0");
}

void scenario_check(const struct scenario *s, scenario_complain_fn *fn, void *arg)
{
	const struct check check = { .s = s, .complain = fn, .arg = arg }, *c = &check;

	if ((uint64_t)s->vms * s->vcpus > MAX_VCPUS)
		complain(c, "topology", "vcpus", "vms times vcpus must be at most 4096");
	check_timer_keys(c);
	check_vapic_keys(c);
	check_cmci_keys(c);
	check_pmi_keys(c);
	check_watchdog_keys(c);
	check_chip_keys(c);
	check_added_keys(c);
	check_sint_keys(c);
	check_topology_keys(c);
	check_guest_keys(c);
	check_device_keys(c);
	check_userspace_keys(c);
	if (s->memory_gap_ns && !((uint64_t)s->unmap + s->readonly + s->slot_delete + s->slot_move + s->slot_other))
		complain(c, "memory", "gap", "every action of [memory] has weight 0");
	check_policy(c);
}
