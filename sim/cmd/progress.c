/* SPDX-License-Identifier: GPL-2.0-only */
/* See progress.h. */
#include "sim/cmd/progress.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sim/cmd/log.h"
#include "sim/cmd/monotonic.h"

#define TICK_NS 250000000ull
#define LINE_NS 10000000000ull

static struct {
	struct campaign *c;
	struct feeder *f;
	uint32_t nr_running;
	uint64_t start_ns, drawn_ns;
	struct status before;		/* what a store had */
	/* Rates are of the last second or so; an average would hide that things got stuck. */
	uint64_t rate_ns, rate_runs, rate_events, rate_virtual;
	uint64_t runs_per_s, events_per_s, virtual_per_s; /* the last in ms */
	pthread_mutex_t lock;
	pthread_cond_t ended;
} p = { .lock = PTHREAD_MUTEX_INITIALIZER };

char *progress_count(uint64_t n, char *buf, size_t size)
{
	char digits[32];
	size_t len = snprintf(digits, sizeof(digits), "%" PRIu64, n), out = 0;

	for (size_t i = 0; i < len && out + 2 < size; i++) {
		if (i && (len - i) % 3 == 0)
			buf[out++] = ',';
		buf[out++] = digits[i];
	}
	buf[out] = '\0';
	return buf;
}

char *progress_short(uint64_t n, char *buf, size_t size)
{
	static const char units[] = "kMGTP";
	uint64_t unit = 1000;
	int i = 0;

	if (n < 10000)
		return progress_count(n, buf, size);
	while (n / unit >= 1000 && units[i + 1]) {
		unit *= 1000;
		i++;
	}
	snprintf(buf, size, "%" PRIu64 ".%" PRIu64 " %c", n / unit, n % unit / (unit / 10), units[i]);
	return buf;
}

static void duration_text(uint64_t ns, char *buf, size_t n)
{
	uint64_t s = ns / 1000000000;

	if (ns == UINT64_MAX)
		snprintf(buf, n, "?");
	else if (s < 3600)
		snprintf(buf, n, "%" PRIu64 ":%02" PRIu64, s / 60, s % 60);
	else
		snprintf(buf, n, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, s / 3600, s / 60 % 60, s % 60);
}

static uint64_t runs_in_all(const struct campaign *c)
{
	uint64_t seeds = c->feed_last - c->feed_first + 1, all;

	return c->time_ns || c->until_quiet || __builtin_mul_overflow(seeds, c->nr_cells, &all) ? 0 : all;
}

static void update_rates(uint64_t now, const struct status *s)
{
	uint64_t ms = (now - p.rate_ns) / 1000000;

	if (ms < 1000 && p.rate_runs != p.before.nr_runs)
		return;
	if (ms) {
		p.runs_per_s = (s->nr_runs - p.rate_runs) * 1000 / ms;
		p.events_per_s = (s->nr_events - p.rate_events) * 1000 / ms;
		p.virtual_per_s = (s->virtual_ns - p.rate_virtual) / ms / 1000;
	}
	p.rate_ns = now;
	p.rate_runs = s->nr_runs;
	p.rate_events = s->nr_events;
	p.rate_virtual = s->virtual_ns;
}

/* "2 new buckets, last 0:09 ago, 31 known": of the whole campaign, but when one came up in another session is not known. */
static void bucket_text(const struct status *s, char *buf, size_t n)
{
	char count[32] = "no", last[48] = "", ago[32];

	if (s->nr_new)
		progress_count(s->nr_new, count, sizeof(count));
	if (s->last_new_ns) {
		duration_text(s->wall_ns - s->last_new_ns, ago, sizeof(ago));
		snprintf(last, sizeof(last), ", last %s ago", ago);
	}
	snprintf(buf, n, "%s new bucket%s%s, %" PRIu64 " known", count, s->nr_new > 1 ? "s" : "", last, s->nr_known);
}

/* "slowest big-4096, 1.204 s" */
static void slowest_text(const struct status *s, char *buf, size_t n)
{
	uint64_t us = s->slowest_ns / 1000;

	if (s->slowest == UINT32_MAX)
		snprintf(buf, n, "slowest ?");
	else
		snprintf(buf, n, "slowest %s, %" PRIu64 ".%03" PRIu64 " %s", p.c->scenarios[s->slowest].name,
			 us < 1000000 ? us / 1000 : us / 1000000, us < 1000000 ? us % 1000 : us / 1000 % 1000,
			 us < 1000000 ? "ms" : "s");
}

static void draw(uint64_t now, const struct status *s)
{
	char time[32], runs[32], all[40] = "", rate[32], events[32], left[32], buckets[128], slowest[192], line[512];
	uint64_t total = runs_in_all(p.c);

	update_rates(now, s);
	if (total) {
		all[0] = '/';
		progress_count(total, all + 1, sizeof(all) - 1);
	}
	duration_text(s->wall_ns, time, sizeof(time));
	duration_text(feeder_time_left(p.f), left, sizeof(left));
	bucket_text(s, buckets, sizeof(buckets));
	slowest_text(s, slowest, sizeof(slowest));
	/* What matters most comes first: a terminal of 80 columns shows that much. */
	snprintf(line, sizeof(line), "%s  %s%s runs  %s left  %s  %s runs/s  %s events/s  simulated/real %" PRIu64
		 ".%03" PRIu64 "  %s  %u workers", time, progress_count(s->nr_runs, runs, sizeof(runs)), all, left, buckets,
		 progress_short(p.runs_per_s, rate, sizeof(rate)),
		 progress_short(p.events_per_s, events, sizeof(events)), p.virtual_per_s / 1000,
		 p.virtual_per_s % 1000, slowest, s->nr_workers);
	log_status(line);
	p.drawn_ns = now;
}

void progress_start(struct campaign *c, struct feeder *f)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p.ended, &attr);
	p.c = c;
	p.f = f;
	p.nr_running = c->nr_jobs;
	c->start_ns = p.start_ns = p.drawn_ns = p.rate_ns = monotonic_ns();
	status_take(&p.before, c);
	p.rate_runs = p.before.nr_runs;
	p.rate_events = p.before.nr_events;
	p.rate_virtual = p.before.virtual_ns;
}

bool progress_wait(struct status *status)
{
	uint64_t now = monotonic_ns(), until = now + TICK_NS;
	struct timespec ts = { until / 1000000000, until % 1000000000 };
	bool running;

	pthread_mutex_lock(&p.lock);
	if (p.nr_running)
		pthread_cond_timedwait(&p.ended, &p.lock, &ts);
	running = p.nr_running;
	pthread_mutex_unlock(&p.lock);
	now = monotonic_ns();
	status_take(status, p.c);
	if (running && now - p.drawn_ns >= (log_on_terminal() ? TICK_NS - TICK_NS / 10 : LINE_NS))
		draw(now, status);
	return running;
}

void progress_job_ended(void)
{
	pthread_mutex_lock(&p.lock);
	p.nr_running--;
	pthread_cond_signal(&p.ended);
	pthread_mutex_unlock(&p.lock);
}

void progress_end(void)
{
	char runs[32], rate[32];
	uint64_t ms = (monotonic_ns() - p.start_ns) / 1000000 + 1;

	log_status_end();
	log_line("%s runs in %" PRIu64 ".%" PRIu64 " s, %s events/s",
		 progress_count(p.c->nr_runs - p.before.nr_runs, runs, sizeof(runs)), ms / 1000, ms % 1000 / 100,
		 progress_short((p.c->nr_events - p.before.nr_events) * 1000 / ms, rate, sizeof(rate)));
}
