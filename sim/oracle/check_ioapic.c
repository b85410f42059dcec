// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of the in-kernel I/O APIC against the ideal one: a task's turn there, and the
 * entries after it.
 *
 * Verifies: each change of a line or of a redirection entry makes exactly the message
 * that is due (by message.c: it must be seen in an IRR, and nothing else may); Remote
 * IRR is set when a level-triggered message is accepted, and not otherwise; nothing
 * else of an entry changes.
 *
 * Does not verify: EOIs (check_ioapic_eoi.c); what is read, and what is left at the
 * end (check_ioapic_state.c); delivery modes other than fixed and lowest priority;
 * polarity, which KVM has no voltage for.  Where something happens to a pin while an
 * EOI for it is under way, either order is right, and KVM's outcome is taken.
 */
#include <string.h>

#include "sim/oracle/check.h"
#include "sim/oracle/check_ioapic.h"
#include "sim/oracle/chips_state.h"
#include "sim/oracle/deviation.h"
#include "sim/oracle/events.h"
#include "sim/oracle/message.h"
#include "sim/oracle/pit.h"

/* KVM api.rst, KVM_IRQFD: irqfds with a resamplefd share a source of their own. */
#define SOURCE_RESAMPLE	1u
#define MODE_LOWEST	1u

enum taker ioapic_taker(uint32_t vm, uint64_t entry)
{
	struct destination d = ioapic_destination(entry);

	if (REDIR_MODE(entry) > MODE_LOWEST)
		return TAKER_PERHAPS;
	return destination_taker(&d, vm, REDIR_MODE(entry) == MODE_LOWEST);
}

/* "Redirection Table": the message that @entry makes. NONE: no target, or a mode that is not judged (SMI, INIT, ExtINT). */
int32_t ioapic_send(uint32_t vm, uint64_t entry)
{
	struct destination d = ioapic_destination(entry);
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

	t->message[pin] = ioapic_send(vm, io->redir[pin]);
	chips.vm[vm].pin[pin].to = ioapic_destination(io->redir[pin]);
	chips.vm[vm].pin[pin].asked = false;
	t->sent |= 1u << pin;
	t->doubt |= (uint32_t)chips.vm[vm].pin[pin].doubt << pin;
	if ((io->redir[pin] & REDIR_LEVEL) && ioapic_taker(vm, io->redir[pin]) != TAKER_NOBODY)
		io->redir[pin] |= REDIR_RIRR;
}

static void touch(uint32_t task, struct chip_vm *vm, uint32_t pin)
{
	if (vm->pin[pin].nr_eoi && foreign_eoi(task, &vm->pin[pin], pin))
		vm->pin[pin].doubt = true;
}

/* With an EOI of another under way, the line may meet Remote IRR set or not: a perhaps. */
static bool perhaps_due(const struct ideal_ioapic *io, const struct chip_pin *p, uint32_t pin)
{
	return p->doubt && ioapic_wants(io, pin);
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
	if ((t->doubt >> t->gsi & 1) || ioapic_taker(nr, entry) != TAKER_SOMEBODY)
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
	t->outcome |= rtc == RTC_FREE	 ? outcome_of(t, nr, entry, edge, due) :
		      rtc == RTC_PENDING ? LINE_COALESCED :
					   LINE_OPEN;
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
		check_fire(CHECK_IOAPIC_ENTRY, NULL, nr, vector,
			   "pin %u: KVM's entry is 0x%llx, expected 0x%llx", pin, (unsigned long long)kvm,
			   (unsigned long long)ideal);
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

bool ioapic_compare(uint32_t nr, uint32_t pin, uint64_t kvm, bool sent)
{
	struct chip_vm *vm = &chips.vm[nr];
	uint64_t ideal = vm->io.redir[pin], diff = kvm ^ ideal;
	bool unsent = false;

	if (!vm->pin[pin].stale && diff &&
	    !(diff == REDIR_RIRR && !(kvm & REDIR_RIRR) && !sent && eoi_of_edge(nr, ideal & REDIR_VECTOR))) {
		bool open = sent && diff == REDIR_RIRR && (ideal & REDIR_LEVEL);
		enum taker accept = open ? ioapic_taker(nr, ideal) : TAKER_SOMEBODY;

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
			may_send_too(e, ioapic_send(nr, chips.vm[nr].io.redir[pin]));
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
		unsent = !vm->pin[pin].nr_eoi && ioapic_compare(nr, pin, kvm->redir[pin], sent);
		if (sent && (t->doubt >> pin & 1))
			hand_over(nr, pin, t->message[pin]);
		else if (sent)
			oracle_message_end(t->message[pin], !unsent);
	}
	t->sent = 0;
	vm->holder = DIV_NONE;
	if (kvm->id == vm->io.id && kvm->select == vm->io.select)
		return;
	check_fire(CHECK_IOAPIC_ENTRY, NULL, nr, DIV_NONE,
		   "KVM has ID 0x%x and index 0x%x, expected 0x%x and 0x%x", kvm->id, kvm->select, vm->io.id,
		   vm->io.select);
	vm->io.id = kvm->id;
	vm->io.select = kvm->select;
}
