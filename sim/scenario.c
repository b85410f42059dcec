/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scenario files: INI text through the option table into struct scenario, with
 * FILE:LINE: KEY: on everything that is wrong, and the hash of what it means.
 *
 * libinih does the splitting into section, key and value.  It does not hand
 * out line numbers, nor tell sections without keys; the reader below, which
 * feeds it line by line, keeps both.  Only the first error is reported.
 *
 * [expect] is parsed in scenario_expect.c.
 */
#include "sim/scenario.h"

#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"
#include "sim/options.h"
#include "sim/policy/policy.h"
#include "sim/scenario_deviation.h"
#include "sim/scenario_expect.h"

#define MAX_KEYS 256
#define MAX_SECTIONS 16
#define MAX_VCPUS 4096u

struct parser {
	struct scenario *s;
	const char *path;
	FILE *file;
	uint32_t line;			/* of the text that libinih sees now */
	bool mid_line;			/* the last read ended inside a line */
	bool continuation;		/* it starts with a blank */
	const struct option *last;	/* what a continuation continues */
	uint32_t key_line[MAX_KEYS];	/* where each row of the table was set; 0: nowhere */
	bool section_seen[MAX_SECTIONS];
	bool failed;
	char *error;
	size_t n;
};

/* The first error stays; what follows is often only its echo. */
__attribute__((format(printf, 4, 5))) static int complain(struct parser *p, uint32_t line, const char *key,
							  const char *fmt, ...)
{
	char what[512];
	va_list ap;

	if (p->failed)
		return 0;
	p->failed = true;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (line)
		snprintf(p->error, p->n, "%s:%u: %s%s%s", p->path, line, key ? key : "", key ? ": " : "", what);
	else
		snprintf(p->error, p->n, "%s: %s%s%s", p->path, key ? key : "", key ? ": " : "", what);
	option_one_line(p->error);
	return 0;
}

static int unknown_section(struct parser *p, const char *name)
{
	struct option_guess guess;
	char what[256], where[80];

	option_guess_start(&guess, name);
	for (const struct option_section *s = scenario_sections; s->name; s++)
		option_guess_offer(&guess, s->name);
	snprintf(what, sizeof(what), "unknown section");
	option_guess_append(&guess, what, sizeof(what));
	snprintf(where, sizeof(where), "[%s]", name);
	return complain(p, p->line, where, "%s", what);
}

static void enter_section(struct parser *p, const char *line)
{
	size_t len = strcspn(line + 1, "]\n");
	char name[64];
	uint32_t i = 0;

	if (line[1 + len] != ']')
		return;		/* libinih reports it */
	snprintf(name, sizeof(name), "%.*s", (int)(len < 63 ? len : 63), line + 1);
	while (scenario_sections[i].name && strcmp(scenario_sections[i].name, name))
		i++;
	if (!scenario_sections[i].name)
		unknown_section(p, name);
	else if (p->section_seen[i])
		complain(p, p->line, NULL, "[%s] was there before; keep the keys of a section together", name);
	else
		p->section_seen[i] = true;
}

/* fgets() for libinih that knows where it is. */
static char *read_line(char *buf, int num, void *arg)
{
	struct parser *p = arg;
	size_t len;

	if (!fgets(buf, num, p->file))
		return NULL;
	len = strlen(buf);
	if (!p->mid_line) {
		p->line++;
		p->continuation = buf[0] == ' ' || buf[0] == '\t';
		if (buf[0] == '[')
			enter_section(p, buf);
	}
	p->mid_line = len && buf[len - 1] != '\n';
	/* Before libinih takes half a line for a whole one. */
	if (p->mid_line && len + 1 == (size_t)num)
		complain(p, p->line, NULL, "line is longer than %zu characters; a claim may go on on an indented line", len);
	return buf;
}

/* A key that this section does not have; maybe another section has it. */
static void unknown_key(const char *section, const char *key, char *what, size_t n)
{
	struct option_guess guess;

	for (const struct option *o = scenario_options; o->section; o++) {
		if (!strcmp(o->key, key)) {
			snprintf(what, n, "unknown key in [%s]; it belongs into [%s]", section, o->section);
			return;
		}
	}
	option_guess_start(&guess, key);
	for (const struct option *o = scenario_options; o->section; o++)
		if (option_in(o, section))
			option_guess_offer(&guess, o->key);
	snprintf(what, n, "unknown key in [%s]", section);
	option_guess_append(&guess, what, n);
}

static int continue_value(struct parser *p, const char *key, const char *value)
{
	struct scenario *s = p->s;
	size_t len = strlen(s->claim);

	if (!p->last || strcmp(p->last->key, "claim"))
		return complain(p, p->line, key, "only claim may continue on an indented line");
	if (snprintf(s->claim + len, sizeof(s->claim) - len, " %s", value) >= (int)(sizeof(s->claim) - len))
		return complain(p, p->line, key, "is longer than %zu characters", sizeof(s->claim) - 1);
	return 1;
}

static int on_deviation(struct parser *p, const char *name, const char *value)
{
	uint64_t before = p->s->deviations_set;
	char what[256];

	if (scenario_deviation_set(p->s, name, value, what, sizeof(what)))
		return complain(p, p->line, name, "%s", what);
	if (p->s->deviations_set == before)
		return complain(p, p->line, name, "was set already");
	return 1;
}

/* Called by libinih for each key. 1: fine. */
static int on_key(void *arg, const char *section, const char *key, const char *value)
{
	struct parser *p = arg;
	const struct option *o;
	char what[256];

	if (p->failed)
		return 0;
	if (!*section)
		return complain(p, p->line, key, "comes before the first [section]");
	if (!strcmp(section, "expect") && !p->continuation) {
		p->last = NULL;
		if (scenario_expect_add(p->s, key, value, what, sizeof(what)))
			return complain(p, p->line, key, "%s", what);
		return 1;
	}
	if (p->continuation)
		return continue_value(p, key, value);
	if (!strcmp(section, "deviations")) {
		p->last = NULL;
		return on_deviation(p, key, value);
	}

	o = option_find(scenario_options, section, key);
	if (!o) {
		unknown_key(section, key, what, sizeof(what));
		return complain(p, p->line, key, "%s", what);
	}
	if (o - scenario_options >= MAX_KEYS)
		return complain(p, p->line, key, "the option table has more rows than the parser has room for");
	p->last = o;
	if (p->key_line[o - scenario_options])
		return complain(p, p->line, key, "was set in line %u already", p->key_line[o - scenario_options]);
	p->key_line[o - scenario_options] = p->line;
	if (option_set(o, p->s, value, what, sizeof(what)))
		return complain(p, p->line, key, "%s", what);
	return 1;
}

static void check_required(struct parser *p)
{
	for (uint32_t i = 0; scenario_sections[i].name; i++)
		if (scenario_sections[i].required && !p->section_seen[i])
			complain(p, 0, NULL, "section [%s] is missing: %s", scenario_sections[i].name,
				 !strcmp(scenario_sections[i].name, "scenario") ?
					 "every scenario has a claim" : "every scenario says what it expects");
	if (!p->s->claim[0])
		complain(p, 0, "claim", "is missing from [scenario]");
	if (!scenario_expect_has_default(p->s))
		complain(p, 0, "default", "is missing from [expect]: what is expected of ordinary variants?");
}

/* "section.key" if @key of @table was set by an override, and so has no line. */
static int complain_at(struct parser *p, const char *section, const char *key, const char *what)
{
	const struct option *o = option_find(scenario_options, section, key);
	char where[96];

	if (o && p->key_line[o - scenario_options])
		return complain(p, p->key_line[o - scenario_options], key, "%s", what);
	snprintf(where, sizeof(where), "%s.%s", section, key);
	return complain(p, 0, where, "%s", what);
}

static void check_policy(struct parser *p)
{
	const struct policy *policy;
	struct option_guess guess;
	char what[128];

	if (policy_find(p->s->policy))
		return;
	snprintf(what, sizeof(what), "there is no policy \"%s\"", p->s->policy);
	option_guess_start(&guess, p->s->policy);
	for (uint32_t i = 0; (policy = policy_nth(i)); i++)
		option_guess_offer(&guess, policy->name);
	option_guess_append(&guess, what, sizeof(what));
	complain_at(p, "policy", "name", what);
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

bool scenario_uses_timers(const struct scenario *s)
{
	return s->guest.timer_lvt | s->guest.timer_count | s->guest.timer_divide | s->guest.timer_deadline |
	       s->guest.timer_read | s->timer_load | s->timer_msr;
}

bool scenario_uses_pmi(const struct scenario *s) { return s->guest.pmi | s->pmi_hlt_percent; }

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
static void check_vapic_keys(struct parser *p)
{
	const struct scenario *s = p->s;

	if (!s->vapic && (s->guest.vapic_tpr || s->vapic_addr || s->vapic_bad))
		complain_at(p, "topology", "vapic", "must be yes for [guest] vapic_tpr and [userspace] vapic_*");
	if (!s->vapic && !s->tpr_reporting)
		return;
	if (s->apic_mode != APIC_MODE_XAPIC)
		complain_at(p, "topology", "apic_mode", "must be xapic with vapic or tpr_reporting");
	if (s->tpr_shadow)
		complain_at(p, "topology", "tpr_shadow", "must be no with vapic or tpr_reporting");
	if (beyond_vapic(s))
		complain_at(p, "topology", "vapic", "is not followed through INIT, modes, or accesses of any register");
	if (s->vapic && s->guest.tpr)
		complain_at(p, "guest", "tpr", "must be 0: a guest whose TPR lies in memory writes it there");
	if (s->vapic && s->guest.cr8)
		complain_at(p, "guest", "cr8", "must be 0: a guest whose TPR lies in memory writes it there");
	if (s->vapic && s->pv_words_per_page > 512)
		complain_at(p, "topology", "pv_words_per_page", "must be at most 512 with vapic");
	if (s->vapic_addr && (s->slot_delete || s->slot_move))
		complain_at(p, "userspace", "vapic_addr", "KVM may refuse it while a slot is away");
}

static void check_cmci_keys(struct parser *p)
{
	const struct scenario *s = p->s;
	const struct guest_mix *g = &s->guest;

	if (!s->cmci && (g->cmci_lvt || g->mc_ctl2 || s->set_mce))
		complain_at(p, "topology", "cmci", "must be yes for [guest] cmci_lvt, mc_ctl2 and [userspace] set_mce");
	/* The register file, which has the LVT entry, knows no INIT, and a random entry may send one. */
	if (s->cmci && (any_register_changes(s) || g->sipi || g->reg_msr || s->any_msr || s->apicv))
		complain_at(p, "topology", "cmci", "does not go together with INIT, random registers, migration, apicv");
}

static void check_pmi_keys(struct parser *p)
{
	const struct scenario *s = p->s;
	const struct guest_mix *g = &s->guest;

	/* Userspace would see what KVM has not looked at yet. */
	if (s->pmi_hlt_percent && (s->get_lapic || s->set_lapic))
		complain_at(p, "guest", "pmi_hlt", "does not go together with [userspace] get_lapic, set_lapic");
	/* As for cmci; and a state of events that userspace saved before may lack an NMI. */
	if (scenario_uses_pmi(s) && (any_register_changes(s) || g->sipi || g->reg_msr || s->any_msr || s->vcpu_events ||
				     s->mp_state))
		complain_at(p, "guest", "pmi", "does not go together with INIT, random registers, migration, vcpu_events");
}

static void check_watchdog_keys(struct parser *p)
{
	const struct scenario *s = p->s;
	const struct guest_mix *g = &s->guest;

	if (!g->lint0_nmi && s->lint0_load)
		complain_at(p, "guest", "lint0_nmi", "must not be 0 with [userspace] lint0_load");
	if (!g->lint0_nmi)
		return;
	if (!s->pit || !s->pins || s->pic || s->pin_irqfd_percent || s->vms > 1)
		complain_at(p, "guest", "lint0_nmi", "needs one VM with devices.pit and pins, and neither pic nor irqfds");
	if (any_register_changes(s) || g->svr || g->apic_base || g->reg_msr || s->any_msr || s->irqchip_gap_ns ||
	    s->apicv)
		complain_at(p, "guest", "lint0_nmi", "does not go together with what else changes LINT0, nor with apicv");
}

static void check_chip_keys(struct parser *p)
{
	const struct scenario *s = p->s;

	if (s->irqchip_vectors && (s->guest.ioapic || s->irqchip == IRQCHIP_SPLIT))
		complain_at(p, "userspace", "irqchip_vectors", "does not go together with [guest] ioapic, nor with irqchip = split");
	if (s->pin_unset && (!s->guest.ioapic || s->irqchip == IRQCHIP_SPLIT))
		complain_at(p, "devices", "pin_unset", "needs [guest] ioapic, and no irqchip = split");
	if (s->pit_steady && (!s->pit || !s->pins || s->pic || s->pin_irqfd_percent || s->vms > 1 || s->irqchip_gap_ns ||
			      s->ioapic_modes_percent || s->ioapic_logical_percent || s->ioapic_nmi_percent))
		complain_at(p, "devices", "pit_steady",
			    "needs one VM with devices.pit and pins, and no other interrupts of GSI 0 than fixed ones by the I/O APIC");
}

static void check_sint_keys(struct parser *p)
{
	const struct scenario *s = p->s;
	const struct guest_mix *g = &s->guest;

	if (g->sint && !s->sints)
		complain_at(p, "guest", "sint", "needs devices.sints");
	if (!s->sints)
		return;
	if (!s->hyperv || s->vms > 1 || s->vcpus > 254 || s->sints > 4 * s->vcpus)
		complain_at(p, "devices", "sints", "needs topology.hyperv, one VM, and at most four for each vCPU");
	if (s->vector_first < 0x30 || s->timer_vector_first < 0x30)
		complain_at(p, "devices", "vector_first", "must be at least 0x30 with devices.sints, whose vectors are below");
	if (s->routes || s->pins || s->added_vcpus || s->migrate_gap_ns || s->memory_gap_ns || any_register_changes(s) ||
	    g->svr || g->apic_base || g->init || g->startup || g->timer_svr)
		complain_at(p, "devices", "sints",
			    "does not go together with routes, pins, added_vcpus, migration, memory.gap, INIT, and APICs that change");
}

/* What looks at a vCPU that is not there, or knows no APIC that becomes one. */
static void check_added_keys(struct parser *p)
{
	const struct scenario *s = p->s;

	if (!s->added_vcpus)
		return;
	if (s->added_vcpus >= s->vcpus)
		complain_at(p, "topology", "added_vcpus", "must be less than vcpus");
	if (s->migrate_gap_ns || s->monitor_gap_ns || s->irqchip_gap_ns || s->posted_percent || s->cmci || s->vapic ||
	    s->xapic_ldr != XAPIC_LDR_NONE || s->directed_eoi || s->guest.startup || s->vms > 1 || s->vcpus > 255)
		complain_at(p, "topology", "added_vcpus",
			    "needs one VM of at most 255 vCPUs, xapic_ldr = none, and no migration, monitor, irqchip_gap, posted, cmci, vapic, startup");
}

static void check_timer_keys(struct parser *p)
{
	const struct scenario *s = p->s;

	if (!scenario_uses_timers(s))
		return;
	if (s->timer_vector_first > s->timer_vector_last)
		complain_at(p, "guest", "timer_vector_first", "must be at most timer_vector_last");
	else if (s->timer_vector_first <= s->vector_last && s->timer_vector_last >= s->vector_first)
		complain_at(p, "guest", "timer_vector_first", "the timers' vectors must be no devices' and IPIs'");
}

/* What no single row can know. */
static void check_between_keys(struct parser *p)
{
	const struct scenario *s = p->s;

	if ((uint64_t)s->vms * s->vcpus > MAX_VCPUS)
		complain_at(p, "topology", "vcpus", "vms times vcpus must be at most 4096");
	check_timer_keys(p);
	check_vapic_keys(p);
	check_cmci_keys(p);
	check_pmi_keys(p);
	check_watchdog_keys(p);
	check_chip_keys(p);
	check_added_keys(p);
	check_sint_keys(p);
	if (s->vector_first > s->vector_last)
		complain_at(p, "devices", "vector_first", "must be at most vector_last");
	if (!sum_of_guest_mix(&s->guest))
		complain_at(p, "guest", "compute", "every operation of [guest] has weight 0");
	if (s->vcpus > 255 && s->irqchip == IRQCHIP_KERNEL)
		complain_at(p, "topology", "irqchip", "more than 255 vCPUs in a VM need irqchip = split");
	if (s->vcpus > 255 && s->apic_mode != APIC_MODE_X2APIC)
		complain_at(p, "topology", "apic_mode", "more than 255 vCPUs in a VM need apic_mode = x2apic");
	if (s->posted_percent && !s->apicv)
		complain_at(p, "devices", "posted", "needs apicv = yes");
	if (s->guest.mwait && !s->mwait)
		complain_at(p, "guest", "mwait", "needs topology.mwait = yes");
	if (s->async_pf && (s->pv_words_per_page > 1 || s->memory_gap_ns || s->vector_last >= 0xf3))
		complain_at(p, "topology", "async_pf",
			    "needs pv_words_per_page = 1, no memory manager, and vector 0xf3 for itself");
	if (s->apf_while_off && (!s->async_pf || s->apic_mode != APIC_MODE_XAPIC || s->msi || s->guest.ipi))
		complain_at(p, "guest", "apf_while_off",
			    "needs topology.async_pf, apic_mode = xapic, and neither MSIs nor IPIs");
	if (s->hyperv && s->pv_words_per_page > 1)
		complain_at(p, "topology", "hyperv", "a VP assist page is a page: pv_words_per_page = 1");
	if (s->apicv && !s->tpr_shadow)
		complain_at(p, "topology", "apicv", "needs tpr_shadow = yes");
	if (s->apicv && s->split_icr)
		complain_at(p, "topology", "split_icr", "is AMD's, and apicv is Intel's");
	if (s->window_percent && s->irqchip != IRQCHIP_SPLIT)
		complain_at(p, "userspace", "interrupt_window", "is for a PIC in userspace: irqchip = split");
	if (s->directed_eoi && s->irqchip != IRQCHIP_SPLIT)
		complain_at(p, "guest", "directed_eoi", "KVM offers it with irqchip = split only");
	if (s->irqchip == IRQCHIP_SPLIT && s->pins && (s->routes || s->pin_irqfd_percent))
		complain_at(p, "devices", "pins", "with irqchip = split the routes are userspace's I/O APIC's, and pins have no irqfd");
	if (s->pins && s->apicv && s->irqchip == IRQCHIP_SPLIT)
		complain_at(p, "devices", "pins", "irqchip = split and topology.apicv do not go together with pins");
	if (s->irqchip_gap_ns && (!s->pins || s->irqchip != IRQCHIP_KERNEL || s->pin_irqfd_percent))
		complain_at(p, "userspace", "irqchip_gap", "needs pins without irqfds, and irqchip = kernel");
	if (s->route_gap_ns && !s->routes)
		complain_at(p, "userspace", "route_gap", "there are no devices.routes");
	if ((s->pin_irqfd_percent || s->routes) && s->vms > 1)
		complain_at(p, "topology", "vms", "irqfds and routes are followed in one VM only");
	if (s->pins && s->vms > 16)
		complain_at(p, "devices", "pins", "at most 16 VMs have pins");
	if (s->pic && s->guest.ioapic)
		complain_at(p, "guest", "ioapic", "with devices.pic the guest does not use the I/O APIC");
	if (s->pic && (s->irqchip != IRQCHIP_KERNEL || s->pin_first < 3 || s->pin_first + s->pin_lines > 16))
		complain_at(p, "devices", "pic", "needs irqchip = kernel, and pins 3 to 15");
	if (s->pin_first + s->pin_lines > 24)
		complain_at(p, "devices", "pin_lines", "pin_first plus pin_lines must be at most 24");
	if (s->migrate_gap_ns && (s->pins || s->routes || s->memory_gap_ns))
		complain_at(p, "userspace", "migrate_gap", "what drives pins or takes memory away does not stop for it");
	if (s->monitor_gap_ns && s->migrate_gap_ns)
		complain_at(p, "userspace", "monitor_gap", "does not go together with migrate_gap");
	if (s->memory_gap_ns && !((uint64_t)s->unmap + s->readonly + s->slot_delete + s->slot_move))
		complain_at(p, "memory", "gap", "every action of [memory] has weight 0");
	if (!((uint64_t)s->run_again + s->set_msrs + s->get_lapic + s->set_lapic + s->inhibit +
	      s->vcpu_events + s->mp_state + s->user_nmi + s->timer_load + s->timer_msr +
	      s->change_lapic + s->any_msr + s->vapic_addr + s->tpr_reporting + s->set_mce + s->lint0_load +
	      s->refused_lapic))
		complain_at(p, "userspace", "run_again", "every action of [userspace] has weight 0");
	check_policy(p);
}

/* One "section.key=value" at @text. */
static int override_one(struct parser *p, char *text)
{
	char *dot = strchr(text, '.'), *equals = strchr(text, '=');
	const struct option *o;
	char what[256];
	int err;

	if (!dot || !equals || dot > equals || dot == text)
		return complain(p, 0, text, "an override looks like SECTION.KEY=VALUE");
	*dot = *equals = '\0';
	if (!option_section_find(scenario_sections, text))
		return unknown_section(p, text);
	*dot = '.';
	if (!strncmp(text, "scenario.", 9) || !strncmp(text, "expect.", 7))
		return complain(p, 0, text, "cannot be overridden; edit the file");
	*dot = '\0';
	if (!strcmp(text, "deviations")) {
		err = scenario_deviation_set(p->s, dot + 1, equals + 1, what, sizeof(what));
		*dot = '.';
		return err ? complain(p, 0, text, "%s", what) : 1;
	}
	o = option_find(scenario_options, text, dot + 1);
	if (!o)
		unknown_key(text, dot + 1, what, sizeof(what));
	*dot = '.';
	if (!o || option_set(o, p->s, equals + 1, what, sizeof(what)))
		return complain(p, 0, text, "%s", what);
	p->key_line[o - scenario_options] = 0;
	return 1;
}

static void apply_overrides(struct parser *p, const char *overrides)
{
	const char *path = p->path;
	char *copy = alloc_text(overrides), *save = NULL;

	p->path = "--set";
	p->line = 0;
	for (char *t = strtok_r(copy, ",", &save); t && !p->failed; t = strtok_r(NULL, ",", &save))
		override_one(p, t);
	p->path = path;
	free(copy);
}

static uint32_t hash_text(uint32_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 16777619u;
	return hash;
}

/*
 * FNV-1a over "section.key=value" of every row that a run can notice: neither
 * the claim, nor the expectations, nor when an expectation counts.
 */
static uint32_t hash_meaning(const struct scenario *s)
{
	uint32_t hash = 2166136261u;
	char value[64], line[160], deviations[2048];

	for (const struct option *o = scenario_options; o->section; o++) {
		if (!strcmp(o->section, "scenario") || !strcmp(o->key, "enough_runs"))
			continue;
		option_format(o, s, value, sizeof(value));
		snprintf(line, sizeof(line), "%s.%s=%s\n", o->section, o->key, value);
		hash = hash_text(hash, line);
	}
	scenario_deviation_format(s, deviations, sizeof(deviations));
	hash = hash_text(hash, deviations);
	/* 0 means "no hash" in a token. */
	return hash ? hash : 1;
}

static void set_name(struct scenario *s, const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t len = strlen(base);

	if (len > 4 && !strcmp(base + len - 4, ".scn"))
		len -= 4;
	snprintf(s->name, sizeof(s->name), "%.*s", (int)len, base);
	snprintf(s->path, sizeof(s->path), "%s", path);
}

void scenario_defaults(struct scenario *s)
{
	memset(s, 0, sizeof(*s));
	option_defaults(scenario_options, NULL, s);
}

static void parse_file(struct parser *p)
{
	int line = ini_parse_stream(read_line, p, on_key, p);

	if (line > 0)
		complain(p, line, NULL, "neither [section] nor key = value");
	else if (line < 0)
		complain(p, 0, NULL, "out of memory");
	else if (ferror(p->file))
		complain(p, 0, NULL, "cannot be read: %s", strerror(errno));
}

/* Names go into tokens, where ':' and '@' separate, and into lines of tables. */
static void check_name(struct parser *p)
{
	size_t len = strspn(p->s->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-");

	if (!p->s->name[0] || p->s->name[len])
		complain(p, 0, NULL, "a scenario's file name may have letters, digits, '.', '_', '+' and '-' only");
}

int scenario_load(struct scenario *s, const char *path, const char *overrides, char *error, uint64_t n)
{
	struct scenario new;
	struct parser p = { .s = &new, .path = path, .error = error, .n = n };

	scenario_defaults(&new);
	set_name(&new, path);
	p.file = fopen(path, "re");
	if (!p.file) {
		complain(&p, 0, NULL, "%s", strerror(errno));
		return -1;
	}
	check_name(&p);
	parse_file(&p);
	fclose(p.file);
	if (!p.failed && overrides && *overrides)
		apply_overrides(&p, overrides);
	check_required(&p);
	check_between_keys(&p);
	if (p.failed)
		return -1;
	new.hash = hash_meaning(&new);
	*s = new;
	return 0;
}
