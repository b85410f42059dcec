// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ticks of the PIT: one that is late, one that does not wait for the last one's end,
 * and what makes KVM begin anew.
 */
#include "sim/oracle/pit.h"
#include "sim/oracle/chips.h"
#include "sim/oracle/ioapic.h"
#include "tests/unit/oracle_history.h"

#define VECTOR		0x50u
#define PERIOD_NS	214600u		/* of 256 counts, and a little more */
#define LATE_NS		100000u
#define WORKER		5u		/* a task that is no vCPU */

static uint64_t now;
static uint64_t clock_of_test(void) { return now; }

static struct kw_ioapic_state kvm;

static void start(void)
{
	struct oracle_config config = {
		.nr_vms = 1, .vcpus_per_vm = 2, .report = record, .now_ns = clock_of_test, .pit = true,
	};
	struct kw_pic_state pic = { 0 };

	now = 1000;
	model_start(&config);
	for (uint32_t i = 0; i < 2; i++) {
		model_init(&model[i], i, false);
		oracle_baseline(i, i, false, model_look(&model[i]));
	}
	oracle_reset();
	oracle_chips_init(8, false);
	memset(&kvm, 0, sizeof(kvm));
	kvm.redir[0] = VECTOR;
	oracle_chips_baseline(0, &kvm, &pic);
	prepare_and_enter();
	leave();
	oracle_pit_start(256);
}

/* vCPU 1 has an exit that changes nothing. */
static void look(uint64_t ns)
{
	now += ns;
	oracle_chip_settle(1, &kvm);
}

static void write_low(uint32_t value)
{
	oracle_ioapic_write(1, IOAPIC_SELECT, IOAPIC_REG_REDIR);
	kvm.select = IOAPIC_REG_REDIR;
	oracle_chip_locked(2, 0, KW_CHIP_IOAPIC);
	oracle_chip_unlock_ioapic(2, 0, &kvm);
	oracle_ioapic_write(1, IOAPIC_WINDOW, value);
	kvm.redir[0] = value;
	oracle_chip_locked(2, 0, KW_CHIP_IOAPIC);
	oracle_chip_unlock_ioapic(2, 0, &kvm);
	oracle_chip_settle(1, &kvm);
}

/* A pulse, whose edge vCPU 0 takes unless the entry is masked. */
static void tick(void)
{
	oracle_pit_raised();
	for (int level = 1; level >= 0; level--) {
		oracle_irq_line(WORKER, 0, level, 2);
		oracle_chip_locked(WORKER, 0, KW_CHIP_IOAPIC);
		if (level && !(kvm.redir[0] & REDIR_MASK))
			model_accept(M, kvm.redir[0] & 0xff, false);
		oracle_chip_unlock_ioapic(WORKER, 0, &kvm);
		oracle_chip_over(WORKER);
	}
}

static void taken(void)
{
	prepare_and_enter();
	leave();
}

static void ended(void)
{
	prepare_and_enter();
	eoi();
	oracle_chip_settle(0, &kvm);
}

/* Two ticks that need not wait for anything. */
static void settle(void)
{
	for (int i = 0; i < 2; i++) {
		look(PERIOD_NS);
		tick();
		ended();
	}
}

static void fired(const char *check, int line)
{
	test_expect(nr_seen == 1 && !strcmp(seen[0].check, check), __FILE__, line, "%u divergences, the first %s",
		    nr_seen, nr_seen ? seen[0].check : "none");
	nr_seen = 0;
}

static void test_late(void)
{
	start();
	settle();
	look(PERIOD_NS);
	SILENT();
	look(LATE_NS);
	fired("pit-late", __LINE__);
	/* Never one, from the beginning. */
	start();
	look(PERIOD_NS + LATE_NS);
	fired("pit-late", __LINE__);
	start();
	oracle_pit_stop();
	look(PERIOD_NS + LATE_NS);
	SILENT();
}

/* Nothing is late while the last one is not over, or the entry masked; but then it is. */
static void test_waits(void)
{
	start();
	settle();
	tick();
	for (int i = 0; i < 3; i++)
		look(PERIOD_NS + LATE_NS);
	taken();
	look(PERIOD_NS + LATE_NS);
	ended();
	look(PERIOD_NS);
	SILENT();
	look(LATE_NS);
	fired("pit-late", __LINE__);
	write_low(VECTOR | REDIR_MASK);
	look(PERIOD_NS + LATE_NS);
	look(PERIOD_NS + LATE_NS);
	write_low(VECTOR);
	look(PERIOD_NS);
	SILENT();
	look(LATE_NS);
	fired("pit-late", __LINE__);
}

/* Whose end KVM waits for after the entry has changed is open, until it is unmasked. */
static void test_other_vector(void)
{
	start();
	settle();
	tick();
	write_low(VECTOR + 1);
	look(PERIOD_NS + LATE_NS);
	ended();
	look(PERIOD_NS + LATE_NS);
	write_low((VECTOR + 1) | REDIR_MASK);
	write_low(VECTOR + 1);
	look(PERIOD_NS);
	SILENT();
	look(LATE_NS);
	fired("pit-late", __LINE__);
}

static void test_early(void)
{
	start();
	settle();
	tick();
	SILENT();
	look(PERIOD_NS);
	tick();
	fired("pit-early", __LINE__);
	start();
	settle();
	tick();
	taken();
	look(PERIOD_NS);
	tick();
	fired("pit-early", __LINE__);
}

/* After these KVM need not wait. */
static void test_anew(void)
{
	for (int how = 0; how < 3; how++) {
		start();
		settle();
		tick();
		taken();
		if (how == 0)
			oracle_pit_touched();
		else if (how == 1)
			oracle_pit_reinject(false);
		else
			write_low(VECTOR | REDIR_MASK);
		if (how == 2)
			write_low(VECTOR);
		tick();
		SILENT();
		tick();
		tick();
		if (how == 1)
			SILENT();
		else
			fired("pit-early", __LINE__);
	}
}

TEST_MAIN(TEST(test_late), TEST(test_waits), TEST(test_other_vector), TEST(test_early), TEST(test_anew))
