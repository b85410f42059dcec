// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of the in-kernel I/O APIC against the ideal one.
 *
 * Verifies: each change of a line, of a redirection entry and each EOI makes
 * exactly the message that is due (by message.c: it must be seen in an IRR, and
 * nothing else may); Remote IRR is set when a level-triggered message is
 * accepted, and cleared by the EOI message of its vector, not before and not
 * otherwise; a line that is still asserted then is sent again; a guest reads back
 * what it wrote, and ID and index are what it wrote; at the end no asserted, unmasked
 * level pin waits, and no Remote IRR is left set that an EOI should have cleared.
 *
 * Does not verify: delivery modes other than fixed and lowest priority; polarity,
 * which KVM has no voltage for.  Where something happens
 * to a pin while an EOI for it is under way, either order is right, and KVM's
 * outcome is taken.
 */
#include <string.h>

#include "sim/oracle/check.h"
#include "sim/oracle/chips_state.h"
#include "sim/oracle/deviation.h"
#include "sim/oracle/events.h"
#include "sim/oracle/message.h"
#include "sim/oracle/pit.h"

/* KVM api.rst, KVM_IRQFD: irqfds with a resamplefd share a source of their own. */
#define SOURCE_RESAMPLE	1u
#define MODE_LOWEST	1u
/* SDM, "Spurious-Interrupt Vector Register". */
#define SVR_NO_BROADCAST (1u << 12)
#define STORM		10000u
#define STORM_SLACK	16u

static struct destination destination_of(uint64_t entry)
{
	return (struct destination){ .dest = REDIR_DEST(entry), .sender = DIV_NONE, .logical = entry & REDIR_LOGICAL };
}

static enum taker who_accepts(uint32_t vm, uint64_t entry)
{
	struct destination d = destination_of(entry);

	if (REDIR_MODE(entry) > MODE_LOWEST)
		return TAKER_PERHAPS;
	return destination_taker(&d, vm, REDIR_MODE(entry) == MODE_LOWEST);
}

/* "Redirection Table": the message that @entry makes. NONE: no target, or a mode that is not judged (SMI, INIT, ExtINT). */
static int32_t send(uint32_t vm, uint64_t entry)
{
	struct destination d = destination_of(entry);
	uint32_t mode = REDIR_MODE(entry);

	if (mode > MODE_LOWEST)
		return events_begin(&d, vm, mode, entry & REDIR_VECTOR);
	return message_decoded(&d, vm, entry & REDIR_VECTOR, entry & REDIR_LEVEL, mode == MODE_LOWEST);
}

/* --- One task's turn. */

/* Is an EOI for @pin under way that is not @task's own? */
static bool foreign_eoi(uint32_t task, const struct chip_pin *p, uint32_t pin)
{
	bool own = task >= 1 && task <= oracle.nr_vcpus && chips.eoi[task - 1].vector >= 0 &&
		   (chips.eoi[task - 1].pins >> pin & 1);

	return p->nr_eoi > own;
}

static void turn_send(struct chip_task *t, uint32_t vm, uint32_t pin)
{
	struct ideal_ioapic *io = &chips.vm[vm].io;

	t->message[pin] = send(vm, io->redir[pin]);
	chips.vm[vm].pin[pin].to = destination_of(io->redir[pin]);
	chips.vm[vm].pin[pin].asked = false;
	t->sent |= 1u << pin;
	t->doubt |= (uint32_t)chips.vm[vm].pin[pin].doubt << pin;
	if ((io->redir[pin] & REDIR_LEVEL) && who_accepts(vm, io->redir[pin]) != TAKER_NOBODY)
		io->redir[pin] |= REDIR_RIRR;
}

static void touch(uint32_t task, struct chip_vm *vm, uint32_t pin)
{
	if (vm->pin[pin].nr_eoi && foreign_eoi(task, &vm->pin[pin], pin))
		vm->pin[pin].doubt = true;
}

/* Due, but for Remote IRR. */
static bool wants(const struct ideal_ioapic *io, uint32_t pin)
{
	return io->line[pin] && (io->redir[pin] & (REDIR_LEVEL | REDIR_MASK)) == REDIR_LEVEL;
}

/* With an EOI of another under way, the line may meet Remote IRR set or not: a perhaps. */
static bool perhaps_due(const struct ideal_ioapic *io, const struct chip_pin *p, uint32_t pin)
{
	return p->doubt && wants(io, pin);
}

/* An edge at pin 8 while the last one's interrupt is not over: see rtc.c. */
static enum rtc_answer rtc_answer(const struct chip_task *t, uint32_t nr)
{
	enum rtc_answer answer = RTC_FREE;

	if (t->gsi == RTC_PIN && t->level && t->status)
		answer = rtc_pending(nr);
	return answer != RTC_FREE && deviation_allows(DEV_RTC_COALESCED) ? answer : RTC_FREE;
}

/* What userspace is told of it: see line_status.c. */
static enum line_outcome outcome_of(const struct chip_task *t, uint32_t nr, uint64_t entry, bool edge, bool due)
{
	/* Taken back: but another source may hold it up. */
	if (!t->level)
		return chips.vm[nr].io.line[t->gsi] ? LINE_OPEN : LINE_DELIVERED;
	/* A level that was up already is masked all the same; an edge would have had to fall. */
	if (!due)
		return (entry & REDIR_MASK) && (edge || (entry & REDIR_LEVEL)) ? LINE_IGNORED : LINE_NOT;
	if ((t->doubt >> t->gsi & 1) || who_accepts(nr, entry) != TAKER_SOMEBODY)
		return LINE_OPEN;
	return LINE_DELIVERED;
}

static void turn_line(struct chip_task *t, uint32_t task, uint32_t nr)
{
	struct chip_vm *vm = &chips.vm[nr];
	uint32_t pin = t->gsi;
	enum rtc_answer rtc = rtc_answer(t, nr);
	uint64_t entry = vm->io.redir[pin];
	bool edge = !vm->io.line[pin], due;

	t->line &= ~(1u << KW_CHIP_IOAPIC);
	touch(task, vm, pin);
	due = ideal_ioapic_line(&vm->io, pin, t->source, t->level) ||
	      (t->level && perhaps_due(&vm->io, &vm->pin[pin], pin));
	due = due && rtc != RTC_PENDING;
	if (due)
		turn_send(t, nr, pin);
	if (rtc == RTC_MAYBE)
		t->doubt |= t->sent & 1u << pin;
	t->outcome |= rtc == RTC_FREE ? outcome_of(t, nr, entry, edge, due) : rtc == RTC_PENDING ? LINE_COALESCED : LINE_OPEN;
	if (due && pin == RTC_PIN && t->status)
		rtc_sent(nr, entry, !(t->doubt >> pin & 1));
}

/*
 * The entry is level-triggered, with its vector, from now on: an EOI of that vector which left its APIC
 * before may arrive after.  It then ends the first message, too, and makes another.
 */
static void join_eois(uint32_t nr, uint32_t pin)
{
	struct chip_vm *vm = &chips.vm[nr];
	uint32_t vector = vm->io.redir[pin] & REDIR_VECTOR;

	for (uint32_t i = oracle.vm[nr].first; i < oracle.vm[nr].first + oracle.vm[nr].nr; i++) {
		struct chip_eoi *e = &chips.eoi[i];

		if (chips.rtc[i].ending != vector || (oracle_vcpu(i)->now.svr & SVR_NO_BROADCAST))
			continue;
		if (e->vector < 0) {
			e->vector = (int32_t)vector;
			e->unsure = true;
			e->pins = e->sent = e->nr_other = 0;
		}
		if (e->pins >> pin & 1)
			continue;
		e->pins |= 1u << pin;
		vm->pin[pin].nr_eoi++;
		vm->pin[pin].doubt = true;
	}
}

static void turn_write(struct chip_task *t, uint32_t task, uint32_t nr)
{
	struct chip_vm *vm = &chips.vm[nr];
	uint64_t old[KW_IOAPIC_PINS];
	int pin;

	t->write = false;
	memcpy(old, vm->io.redir, sizeof(old));
	pin = ideal_ioapic_write(&vm->io, t->offset, t->value);
	if (pin < 0)
		return;
	if (oracle.config.pit && pin == 0)
		pit_entry_written(old[0], vm->io.redir[0]);
	if ((vm->io.redir[pin] & REDIR_LEVEL) && ((old[pin] ^ vm->io.redir[pin]) & (REDIR_VECTOR | REDIR_LEVEL)))
		join_eois(nr, (uint32_t)pin);
	touch(task, vm, (uint32_t)pin);
	if ((vm->io.redir[pin] & REDIR_RIRR) && ((old[pin] ^ vm->io.redir[pin]) & (REDIR_VECTOR | REDIR_LEVEL)))
		vm->pin[pin].orphan = true;
	if (ideal_ioapic_due(&vm->io, (uint32_t)pin) || perhaps_due(&vm->io, &vm->pin[pin], (uint32_t)pin))
		turn_send(t, nr, (uint32_t)pin);
	if (vm->pin[pin].nr_resamplers && vm->io.line[pin] == 1u << SOURCE_RESAMPLE)
		t->ask |= 1u << pin;
}

static void turn_load(struct chip_task *t, uint32_t nr)
{
	struct ideal_ioapic *io = &chips.vm[nr].io;

	t->load = false;
	memcpy(io->redir, t->state->redir, sizeof(io->redir));
	io->select = t->state->select;
	io->id = t->state->id;
	rtc_ioapic_loaded(nr);
	for (uint32_t pin = 0; pin < KW_IOAPIC_PINS; pin++)
		if (ideal_ioapic_due(io, pin))
			turn_send(t, nr, pin);
}

/* The host's worker sends what waited. */
static void turn_worker(struct chip_task *t, uint32_t nr)
{
	for (uint32_t pin = 0; pin < KW_IOAPIC_PINS; pin++) {
		struct chip_pin *p = &chips.vm[nr].pin[pin];

		if (p->late && ideal_ioapic_due(&chips.vm[nr].io, pin))
			turn_send(t, nr, pin);
		p->late = false;
	}
}

void ioapic_turn(struct chip_task *t, uint32_t task, uint32_t vm)
{
	chips.vm[vm].holder = task;
	t->sent = t->doubt = t->ask = 0;
	if (t->line & 1u << KW_CHIP_IOAPIC)
		turn_line(t, task, vm);
	else if (t->write)
		turn_write(t, task, vm);
	else if (t->load)
		turn_load(t, vm);
	else if (task == 0)
		turn_worker(t, vm);
}

/* --- Comparison. Afterwards the ideal entry is KVM's. */

static void adopt(struct chip_vm *vm, uint32_t pin, uint64_t kvm)
{
	vm->io.redir[pin] = kvm;
	if (!(kvm & REDIR_RIRR))
		vm->pin[pin].orphan = false;
}

/* True: the message that was due was not sent, for all that is seen. */
static bool report(uint32_t nr, uint32_t pin, uint64_t kvm, uint64_t ideal, bool sent)
{
	uint64_t diff = kvm ^ ideal;
	uint32_t vector = ideal & REDIR_VECTOR;

	if (diff & ~REDIR_RIRR)
		check_fire(CHECK_IOAPIC_ENTRY, NULL, nr, vector, "pin %u: KVM's entry is 0x%llx, expected 0x%llx", pin,
			   (unsigned long long)kvm, (unsigned long long)ideal);
	else if (sent && !(kvm & REDIR_RIRR))
		check_fire(CHECK_IOAPIC_RIRR, NULL, nr, vector,
			   "pin %u: Remote IRR is not set although a message was due (entry 0x%llx)", pin,
			   (unsigned long long)kvm);
	else if (kvm & REDIR_RIRR)
		check_fire(CHECK_IOAPIC_RIRR, NULL, nr, vector,
			   "pin %u: Remote IRR was set although nobody accepted a message (entry 0x%llx)", pin,
			   (unsigned long long)kvm);
	else
		check_fire(CHECK_IOAPIC_EOI_EXTRA, NULL, nr, vector,
			   "pin %u: Remote IRR was cleared without an EOI (entry 0x%llx)", pin, (unsigned long long)kvm);
	return diff == REDIR_RIRR && sent && !(kvm & REDIR_RIRR);
}

/* It was to be of an edge, and while it was under way TMR may have been set for the message that Remote IRR is of. */
static bool eoi_of_edge(uint32_t nr, uint32_t vector)
{
	for (uint32_t i = 0; i < oracle.vm[nr].nr; i++)
		if (chips.rtc[oracle.vm[nr].first + i].ending == vector)
			return true;
	return false;
}

static bool compare(uint32_t nr, uint32_t pin, uint64_t kvm, bool sent)
{
	struct chip_vm *vm = &chips.vm[nr];
	uint64_t ideal = vm->io.redir[pin], diff = kvm ^ ideal;
	bool unsent = false;

	if (!vm->pin[pin].stale && diff &&
	    !(diff == REDIR_RIRR && !(kvm & REDIR_RIRR) && !sent && eoi_of_edge(nr, ideal & REDIR_VECTOR))) {
		bool open = sent && diff == REDIR_RIRR && (ideal & REDIR_LEVEL);
		enum taker accept = open ? who_accepts(nr, ideal) : TAKER_SOMEBODY;

		if (accept != TAKER_PERHAPS)
			unsent = report(nr, pin, kvm, ideal, sent);
	}
	vm->pin[pin].stale = false;
	adopt(vm, pin, kvm);
	return unsent;
}

static bool may_send_too(struct chip_eoi *e, int32_t message)
{
	if (e->nr_other == sizeof(e->other) / sizeof(e->other[0]))
		return false;
	e->other[e->nr_other++] = message;
	return true;
}

/*
 * A message that this turn may have made, or else an EOI that is under way will, or both: an EOI clears
 * Remote IRR for this one, and another sends again.  They end with the EOIs.
 */
static void hand_over(uint32_t nr, uint32_t pin, int32_t message)
{
	bool given = false;

	for (uint32_t i = 0; i < oracle.vm[nr].nr; i++) {
		struct chip_eoi *e = &chips.eoi[oracle.vm[nr].first + i];

		if (e->vector < 0 || !(e->pins >> pin & 1))
			continue;
		if (!given)
			given = may_send_too(e, message);
		if (e->nr_other < sizeof(e->other) / sizeof(e->other[0]))
			may_send_too(e, send(nr, chips.vm[nr].io.redir[pin]));
	}
	if (!given)
		oracle_message_end(message, false);
}

void ioapic_turn_ends(struct chip_task *t, uint32_t nr, const struct kw_ioapic_state *kvm)
{
	struct chip_vm *vm = &chips.vm[nr];

	for (uint32_t pin = 0; pin < KW_IOAPIC_PINS; pin++) {
		bool sent = t->sent >> pin & 1, unsent;

		if (sent && (t->ask >> pin & 1) && !(kvm->redir[pin] & REDIR_RIRR) && !vm->pin[pin].nr_eoi &&
		    deviation_allows(DEV_IOAPIC_ASKS)) {
			t->doubt |= 1u << pin;
			vm->pin[pin].stale = vm->pin[pin].asked = true;
		}
		unsent = !vm->pin[pin].nr_eoi && compare(nr, pin, kvm->redir[pin], sent);
		if (sent && (t->doubt >> pin & 1))
			hand_over(nr, pin, t->message[pin]);
		else if (sent)
			oracle_message_end(t->message[pin], !unsent);
	}
	t->sent = 0;
	vm->holder = DIV_NONE;
	if (kvm->id == vm->io.id && kvm->select == vm->io.select)
		return;
	check_fire(CHECK_IOAPIC_ENTRY, NULL, nr, DIV_NONE, "KVM has ID 0x%x and index 0x%x, expected 0x%x and 0x%x", kvm->id,
		   kvm->select, vm->io.id, vm->io.select);
	vm->io.id = kvm->id;
	vm->io.select = kvm->select;
}

/* --- EOI messages. */

static bool edge_or_suppressed(const struct oracle_vcpu *v, uint32_t vector)
{
	/* SDM, "Signaling Interrupt Servicing Completion". */
	return (!vector_test(v->apic.tmr, vector) && !vcpu_trigger_open(v, vector)) || (v->now.svr & SVR_NO_BROADCAST);
}

void ioapic_eoi(struct oracle_vcpu *v, int vector)
{
	struct chip_eoi *e = &chips.eoi[v->index];
	struct chip_vm *vm = &chips.vm[v->vm];

	if (vector < 0 || e->vector >= 0 || edge_or_suppressed(v, (uint32_t)vector))
		return;
	e->pins = ideal_ioapic_eoi_pins(&vm->io, (uint32_t)vector);
	if (!e->pins)
		return;
	e->vector = vector;
	e->unsure = vcpu_trigger_open(v, (uint32_t)vector);
	e->sent = e->nr_other = 0;
	for (uint32_t pins = e->pins; pins; pins &= pins - 1) {
		uint32_t pin = (uint32_t)__builtin_ctz(pins);

		vm->pin[pin].nr_eoi++;
		vm->pin[pin].doubt |= vm->pin[pin].nr_eoi > 1;
		if (vm->io.line[pin] && !(vm->io.redir[pin] & REDIR_MASK)) {
			e->message[pin] = send(v->vm, vm->io.redir[pin]);
			e->taker[pin] = who_accepts(v->vm, vm->io.redir[pin]);
			e->sent |= 1u << pin;
		}
	}
}

/*
 * An EOI that finds the level up, time and again: KVM may wait a while before it sends.
 * How many KVM has seen is known but for those that met another action.
 */
static bool storm(struct chip_pin *p, uint64_t kvm)
{
	if (++p->eois + STORM_SLACK < STORM || (kvm & REDIR_RIRR) || !deviation_allows(DEV_IOAPIC_STORM))
		return false;
	p->eois = 0;
	return p->late = true;
}

/* The EOI of @v took effect at @pin, undisturbed. */
static void eoi_done(struct oracle_vcpu *v, struct chip_eoi *e, uint32_t pin, uint64_t kvm)
{
	struct chip_vm *vm = &chips.vm[v->vm];
	bool sent = e->sent >> pin & 1, again, unsent;

	vm->io.redir[pin] &= ~REDIR_RIRR;
	again = sent && ideal_ioapic_due(&vm->io, pin);
	if (!again)
		vm->pin[pin].eois = 0;
	again = again && !storm(&vm->pin[pin], kvm);
	if (again)
		vm->pin[pin].to = destination_of(vm->io.redir[pin]);
	if (again && who_accepts(v->vm, vm->io.redir[pin]) != TAKER_NOBODY)
		vm->io.redir[pin] |= REDIR_RIRR;
	if (!again && (kvm & REDIR_RIRR)) {
		check_fire(CHECK_IOAPIC_EOI_MISSING, v, v->vm, (uint32_t)e->vector,
			   "pin %u: Remote IRR is still set after the EOI of vector 0x%02x", pin,
			   (unsigned int)e->vector);
		vm->pin[pin].stale = true;
	}
	unsent = compare(v->vm, pin, kvm, again);
	if (sent)
		oracle_message_end(e->message[pin], again && !unsent);
	vm->pin[pin].resent = again && !unsent;
}

/* Another vCPU's message was accepted: this one's EOI need not reach the pin. */
static bool not_its_own(const struct oracle_vcpu *v, const struct chip_vm *vm, uint32_t pin, uint64_t kvm)
{
	return destination_match(&vm->pin[pin].to, v) == MATCH_NO && (kvm & REDIR_RIRR) &&
	       deviation_allows(DEV_IOAPIC_EOI_FILTERED);
}

/* Somebody's ID, LDR or DFR changed meanwhile: the message met nobody, or one that matches since, or no more. */
static bool taker_changed(const struct oracle_vcpu *v, const struct chip_eoi *e, const struct chip_vm *vm, uint32_t pin)
{
	return (e->sent >> pin & 1) && who_accepts(v->vm, vm->io.redir[pin]) != e->taker[pin];
}

void oracle_chip_settle(uint32_t vcpu, const struct kw_ioapic_state *kvm)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct chip_eoi *e = &chips.eoi[vcpu];
	struct chip_vm *vm = &chips.vm[v->vm];
	/* Half of what another is doing there may be seen, and an EOI that KVM filters does not wait for it. */
	bool busy = vm->holder != DIV_NONE;

	oracle_chip_over(vcpu + 1);
	rtc_settled(vcpu);
	if (oracle.config.pit)
		pit_look();
	if (e->vector < 0)
		return;
	for (uint32_t pins = e->pins; pins; pins &= pins - 1) {
		uint32_t pin = (uint32_t)__builtin_ctz(pins);
		struct chip_pin *p = &vm->pin[pin];

		p->nr_eoi--;
		p->resent = false;
		/* One that is late is sent by the worker, or by this EOI, if KVM looks at it. */
		if (!p->doubt && !p->late && !busy && !e->unsure && !taker_changed(v, e, vm, pin) &&
		    !not_its_own(v, vm, pin, kvm->redir[pin])) {
			eoi_done(v, e, pin, kvm->redir[pin]);
			continue;
		}
		if (e->sent >> pin & 1)
			oracle_message_end(e->message[pin], false);
		p->stale = true;
		if (p->nr_eoi)
			continue;
		p->doubt = false;
		/* The comparison is left to whoever is at work there. */
		if (!busy)
			compare(v->vm, pin, kvm->redir[pin], false);
		if (busy ? wants(&vm->io, pin) : ideal_ioapic_due(&vm->io, pin))
			storm(p, kvm->redir[pin]);
	}
	while (e->nr_other)
		oracle_message_end(e->other[--e->nr_other], false);
	e->vector = -1;
}

/*
 * Userspace loaded the registers of @v: what came since it read them is gone, and
 * so is the EOI that a pin waits for.
 */
void chips_overwritten(struct oracle_vcpu *v, const uint32_t *open)
{
	struct chip_vm *vm = &chips.vm[v->vm];

	rtc_lapic_loaded(v);
	for (uint32_t pin = 0; pin < KW_IOAPIC_PINS; pin++)
		if (vector_test(open, vm->io.redir[pin] & REDIR_VECTOR) &&
		    destination_match(&vm->pin[pin].to, v) != MATCH_NO)
			vm->pin[pin].orphan = true;
}

/* PV EOI ABI: the word lets a guest skip the EOI, so it may not be armed where the I/O APIC waits for one. */
void check_pv_ioapic(struct oracle_vcpu *v, uint32_t vector)
{
	const struct chip_vm *vm = &chips.vm[v->vm];

	if (!vector_test(v->apic.tmr, vector) || vector_test(v->unsure, vector) || vector_test(v->apic.irr, vector) ||
	    vector_test(v->may, vector))
		return;
	for (uint32_t pin = 0; pin < KW_IOAPIC_PINS; pin++) {
		uint64_t entry = vm->io.redir[pin];

		if ((entry & (REDIR_VECTOR | REDIR_LEVEL | REDIR_RIRR)) != (REDIR_LEVEL | REDIR_RIRR | vector) ||
		    vm->pin[pin].nr_eoi || vm->pin[pin].stale || REDIR_MODE(entry) != 0 ||
		    destination_match(&vm->pin[pin].to, v) != MATCH_MUST)
			continue;
		check_fire(CHECK_PV_IOAPIC, v, v->vm, vector,
			   "PV EOI word armed for vector 0x%02x, whose EOI pin %u of the I/O APIC waits for", vector, pin);
	}
}

/* --- Reads, and the end. */

/* KVM api.rst, KVM_GET_IRQCHIP: what a guest could read, while no EOI is under way. */
void oracle_ioapic_saved(uint32_t nr, const struct kw_ioapic_state *state)
{
	const struct chip_vm *vm = &chips.vm[nr];

	for (uint32_t pin = 0; pin < KW_IOAPIC_PINS; pin++) {
		uint64_t diff = state->redir[pin] ^ vm->io.redir[pin];

		if (diff && !vm->pin[pin].nr_eoi && !vm->pin[pin].stale)
			check_fire(CHECK_GET_IRQCHIP, NULL, nr, vm->io.redir[pin] & REDIR_VECTOR,
				   "KVM_GET_IRQCHIP returned entry 0x%llx for pin %u, expected 0x%llx",
				   (unsigned long long)state->redir[pin], pin, (unsigned long long)vm->io.redir[pin]);
	}
}

/*
 * Other widths than 4 bytes are not defined: a narrow one gives the low bytes, a wide one
 * zeroes beside them.  What reserved registers read as is not defined either, but that they
 * show nothing else is.
 */
void oracle_ioapic_was_read(uint32_t vcpu, uint32_t offset, uint32_t bytes, uint64_t value)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct ideal_ioapic *io = &chips.vm[v->vm].io;
	uint64_t mask = bytes < 8 ? (1ull << 8 * bytes) - 1 : ~0ull;
	uint32_t expected, open = 0;

	if (bytes != 4 && !deviation_allows(DEV_IOAPIC_WIDTH))
		return;
	if (!ideal_ioapic_read(io, offset, &expected)) {
		expected = (uint32_t)value & 1 ? ~0u : 0;
		open = 0;
	}
	/* An entry's low half: Remote IRR may change between the read and now. */
	if (offset == IOAPIC_WINDOW && io->select >= IOAPIC_REG_REDIR && !(io->select & 1))
		open |= (uint32_t)REDIR_RIRR;
	if ((value ^ expected) & mask & ~(uint64_t)open)
		check_fire(CHECK_IOAPIC_READ, v, v->vm, DIV_NONE,
			   "I/O APIC register 0x%02x (offset 0x%02x) reads as 0x%llx, expected 0x%08x", io->select, offset,
			   (unsigned long long)(value & mask), expected);
}

/* By KVM's Remote IRR, which is also set if the EOI has not reached the pin. */
bool chips_resent(const struct oracle_vcpu *v, uint32_t vector)
{
	for (uint32_t pin = 0; chips.on && pin < KW_IOAPIC_PINS; pin++) {
		const struct chip_vm *vm = &chips.vm[v->vm];

		if (vm->pin[pin].resent && (vm->io.redir[pin] & (REDIR_VECTOR | REDIR_RIRR)) == (REDIR_RIRR | vector) &&
		    destination_match(&vm->pin[pin].to, v) != MATCH_NO)
			return true;
	}
	return false;
}

bool chips_alive(uint32_t nr, uint32_t vector)
{
	for (uint32_t i = 0; i < oracle.vm[nr].nr; i++) {
		const struct oracle_vcpu *v = oracle_vcpu(oracle.vm[nr].first + i);

		if (vector_test(v->apic.irr, vector) || vector_test(v->apic.isr, vector))
			return true;
	}
	return false;
}

void oracle_chips_quiet(uint32_t nr, const struct kw_ioapic_state *kvm)
{
	struct chip_vm *vm = &chips.vm[nr];

	for (uint32_t pin = 0; pin < KW_IOAPIC_PINS; pin++) {
		uint64_t entry;

		compare(nr, pin, kvm->redir[pin], false);
		entry = vm->io.redir[pin];
		if (ideal_ioapic_due(&vm->io, pin) && who_accepts(nr, entry) == TAKER_SOMEBODY &&
		    !vm->pin[pin].asked)
			check_fire(CHECK_QUIET_PIN, NULL, nr, entry & REDIR_VECTOR,
				   "pin %u is asserted, level-triggered and unmasked, and nothing was sent (entry 0x%llx)", pin,
				   (unsigned long long)entry);
		if ((entry & (REDIR_LEVEL | REDIR_RIRR)) == (REDIR_LEVEL | REDIR_RIRR) && !vm->pin[pin].orphan &&
		    !chips_alive(nr, entry & REDIR_VECTOR))
			check_fire(CHECK_QUIET_RIRR, NULL, nr, entry & REDIR_VECTOR,
				   "pin %u: Remote IRR is set, but its vector 0x%02x is neither pending nor in service",
				   pin, (unsigned int)(entry & REDIR_VECTOR));
	}
}
