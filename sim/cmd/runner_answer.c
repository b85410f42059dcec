/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a runner answers, as records of sim/wire.h: see runner_process.h.
 *
 * Trusts nothing that comes: an answer that is none ends the runner, with a reason
 * (tests/fuzz/wire.c).
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/cmd/runner_private.h"
#include "sim/pair_names.h"

enum runner_status runner_fill(struct runner *r, uint32_t len, struct patience *p)
{
	if (r->start + len > sizeof(r->buf)) {
		memmove(r->buf, r->buf + r->start, r->end - r->start);
		r->end -= r->start;
		r->start = 0;
	}
	while (r->end - r->start < len) {
		enum runner_status status = patience_wait(p, r);
		ssize_t n;

		if (status)
			return status;
		n = read(r->from_fd, r->buf + r->end, sizeof(r->buf) - r->end);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return RUNNER_DIED;
		r->end += n;
	}
	return RUNNER_OK;
}

/* After this the process is gone, whatever it was doing. */
static enum runner_status give_up(struct runner *r, enum runner_status why)
{
	if (why != RUNNER_DIED)
		kill(r->pid, SIGKILL);
	runner_drop(r);
	return why;
}

enum runner_status runner_record(struct runner *r, uint64_t timeout_ns, struct wire_header *h,
				 const uint8_t **payload)
{
	enum runner_status status;
	struct patience p;

	patience_start(&p, timeout_ns);
	status = runner_fill(r, sizeof(*h), &p);
	if (status)
		return give_up(r, status);
	memcpy(h, r->buf + r->start, sizeof(*h));
	if (h->magic != WIRE_MAGIC || h->version != WIRE_VERSION || h->bytes > sizeof(r->buf) - sizeof(*h)) {
		snprintf(r->error, sizeof(r->error),
			 "not an answer of wire version %u; was the runner built from another commit?",
			 WIRE_VERSION);
		return give_up(r, RUNNER_ERROR);
	}
	status = runner_fill(r, sizeof(*h) + h->bytes, &p);
	if (status)
		return give_up(r, status);
	*payload = r->buf + r->start + sizeof(*h);
	r->start += sizeof(*h) + h->bytes;
	if (h->type == WIRE_ERROR) {
		snprintf(r->error, sizeof(r->error), "%.*s", (int)h->bytes, (const char *)*payload);
		return give_up(r, RUNNER_ERROR);
	}
	return RUNNER_OK;
}

enum runner_status runner_unexpected(struct runner *r, uint32_t type)
{
	snprintf(r->error, sizeof(r->error), "unexpected answer of type %u", type);
	return give_up(r, RUNNER_ERROR);
}

static enum runner_status read_pairs(struct runner *r, uint32_t nr)
{
	struct wire_pairs head;
	const uint8_t *payload;
	struct wire_header h;
	enum runner_status status = runner_record(r, r->timeout_ns, &h, &payload);

	if (status)
		return status;
	if (h.type != WIRE_PAIRS || h.bytes != sizeof(head) + nr * sizeof(r->pairs[0]) || nr > PAIR_MAX)
		return runner_unexpected(r, h.type);
	memcpy(&head, payload, sizeof(head));
	if (head.names_hash != pair_names_hash()) {
		snprintf(r->error, sizeof(r->error),
			 "its operations are not ours; was the runner built from another commit?");
		return give_up(r, RUNNER_ERROR);
	}
	memcpy(r->pairs, payload + sizeof(head), nr * sizeof(r->pairs[0]));
	return RUNNER_OK;
}

enum runner_status runner_read_run(struct runner *r, struct run_result *out)
{
	const uint32_t fixed = offsetof(struct run_result, divergence);
	const uint8_t *payload;
	struct wire_header h;
	enum runner_status status = runner_record(r, r->timeout_ns, &h, &payload);

	if (status)
		return status;
	if (h.type != WIRE_RUN || h.bytes < fixed || h.bytes > sizeof(*out))
		return runner_unexpected(r, h.type);
	memcpy(out, payload, h.bytes);
	if (out->nr_recorded > RUN_MAX_DIVERGENCES ||
	    h.bytes != fixed + out->nr_recorded * sizeof(struct divergence) || out->end >= RUN_NR_ENDS)
		return runner_unexpected(r, h.type);
	return out->nr_pairs ? read_pairs(r, out->nr_pairs) : RUNNER_OK;
}

/* An answer that is an array of elements of @bytes: at most @max of them. */
static int32_t read_array(struct runner *r, enum wire_type type, void *out, uint32_t bytes, uint32_t max)
{
	const uint8_t *payload;
	struct wire_header h;
	uint32_t nr;

	if (runner_record(r, r->timeout_ns, &h, &payload))
		return -1;
	if (h.type != type) {
		runner_unexpected(r, h.type);
		return -1;
	}
	nr = h.bytes / bytes;
	nr = nr < max ? nr : max;
	memcpy(out, payload, (size_t)nr * bytes);
	return nr;
}

enum runner_status runner_explain(struct runner *r, uint64_t seed, struct run_result *out,
				  struct wire_explanation *why)
{
	const uint8_t *payload;
	struct wire_header h;
	enum runner_status status;

	runner_ask(r, "explain 0x%" PRIx64, seed);
	status = runner_read_run(r, out);
	if (!status)
		status = runner_record(r, r->timeout_ns, &h, &payload);
	if (status)
		return status;
	if (h.type != WIRE_EXPLAIN || h.bytes != out->nr_recorded * sizeof(*why))
		return runner_unexpected(r, h.type);
	memcpy(why, payload, h.bytes);
	return RUNNER_OK;
}

int32_t runner_checkpoints(struct runner *r, uint64_t *values, uint32_t max)
{
	runner_ask(r, "checkpoints");
	return read_array(r, WIRE_CHECKPOINTS, values, sizeof(*values), max);
}

int32_t runner_events(struct runner *r, uint64_t seed, uint64_t first, struct digest_record *out, uint32_t max)
{
	runner_ask(r, "events 0x%llx %llu", (unsigned long long)seed, (unsigned long long)first);
	return read_array(r, WIRE_EVENTS, out, sizeof(*out), max);
}
