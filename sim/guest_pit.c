// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest operations on the PIT (8254) by port I/O: control words and counts of
 * channel 0, whose output is GSI 0; counts read back, latched or not; the speaker's
 * port.  By the boot processor only.
 *
 * What the guest keeps to: before it rests it stops channel 0, by a mode that waits
 * for a gate that never rises.
 */
#include "sim/guest.h"
#include "sim/host.h"
#include "sim/oracle/pit.h"

#define CHANNEL0	0x40u
#define CONTROL		0x43u
#define SPEAKER		0x61u
#define RW_LSB		0x10u
#define RW_MSB		0x20u
#define MODE(m)		((m) << 1)
#define READ_BACK	0xc0u
#define MODE_STOPPED	5u		/* "Hardware Triggered Strobe" */

static enum step port(struct vcpu *v, uint32_t port, bool in, uint8_t value)
{
	v->hw->exit_qual = (uint64_t)port << KW_IO_PORT_SHIFT | (in ? KW_IO_IN : 0);
	v->hw->rax = value;
	return exits(v, KW_EXIT_IO_INSTRUCTION);
}

/* 256 ticks are 215 us: one-shots of less by the low byte, periods by the high one. */
static enum step control(struct vcpu *v)
{
	static const uint8_t words[] = { RW_LSB | MODE(0), RW_LSB | MODE(0), RW_MSB | MODE(2), RW_MSB | MODE(3) };

	v->pit_runs = true;
	return port(v, CONTROL, false, words[rng_below(&v->target, 4)]);
}

/* A rate generator, by the high byte of its count. */
static enum step start_steady(struct vcpu *v)
{
	uint8_t high = (uint8_t)(1 + rng_below(&v->target, 2));

	v->pit_runs = true;
	if (!v->pit_start++)
		return port(v, CONTROL, false, RW_MSB | MODE(2));
	oracle_pit_start((uint32_t)high << 8);
	return port(v, CHANNEL0, false, high);
}

enum step do_pit(struct vcpu *v)
{
	if (!sc()->pit || v->id || v->pit_stop)
		return STEP_GO_ON;
	if (sc()->pit_steady && v->pit_start < 2)
		return start_steady(v);
	switch (sc()->pit_steady ? 4 + rng_below(&v->target, 4) : rng_below(&v->target, 8)) {
	case 0:
	case 1:
		return control(v);
	case 2:
	case 3:
		v->pit_runs = true;
		return port(v, CHANNEL0, false, (uint8_t)(1 + rng_below(&v->target, 3)));
	case 4:
		return port(v, CHANNEL0 + rng_below(&v->target, 3), true, 0);
	case 5:
		/* Latch a count or a status, of any channels. */
		return port(v, CONTROL, false,
			    (uint8_t)(rng_below(&v->target, 2) ? READ_BACK | rng_below(&v->target, 0x40) :
								 0));
	case 6:
		return port(v, SPEAKER, false, (uint8_t)rng_below(&v->target, 4));
	default:
		return port(v, SPEAKER, true, 0);
	}
}

bool guest_pit_keeps_on(const struct vcpu *v) { return v->pit_runs && v->pit_stop < 2; }

/* A mode that waits for its gate; it counts from the next count on. */
enum step do_pit_stop(struct vcpu *v)
{
	oracle_pit_stop();
	if (v->pit_stop++)
		return port(v, CHANNEL0, false, 1);
	return port(v, CONTROL, false, RW_LSB | MODE(MODE_STOPPED));
}
