// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guard before /dev/kvm: what is on its list passes, its neighbours do not,
 * and what is refused never arrives.  No test opens a device.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "tests/unit/live_fake.h"
#include "tests/unit/test.h"

#define MSR_PV_EOI	0x4b564d04u

static struct guard g;

static void start(uint32_t nr_vcpus)
{
	guard_init(&g, &fake_null);
	guard_open(&g);
	guard_ioctl(&g, FAKE_KVM_FD, KVM_CREATE_VM, 0);
	for (uint32_t i = 0; i < nr_vcpus; i++)
		guard_ioctl(&g, FAKE_VM_FD, KVM_CREATE_VCPU, i);
}

static bool allowed(int fd, uint32_t cmd, uint64_t arg)
{
	return !guard_refuses(&g, fd, cmd, arg);
}

static bool msr_allowed(uint32_t cmd, uint32_t index, uint64_t value)
{
	struct { struct kvm_msrs head; struct kvm_msr_entry entry; } m = {
		.head.nmsrs = 1, .entry = { .index = index, .data = value },
	};

	return allowed(FAKE_VCPU_FD, cmd, (uint64_t)&m);
}

static bool wrmsr(uint32_t index, uint64_t value)
{
	return msr_allowed(KVM_SET_MSRS, index, value);
}

static bool msi(uint32_t hi, uint32_t lo, uint32_t data, uint32_t flags)
{
	struct kvm_msi m = { .address_hi = hi, .address_lo = lo, .data = data, .flags = flags };

	return allowed(FAKE_VM_FD, KVM_SIGNAL_MSI, (uint64_t)&m);
}

static bool load(uint32_t offset, uint32_t value)
{
	uint8_t page[LIVE_PAGE] = { 0 };

	memcpy(page + 0xf0, &(uint32_t){ 0x1ff }, 4);
	for (uint32_t lvt = 0x320; lvt <= 0x370; lvt += 16)
		memcpy(page + lvt, &(uint32_t){ 1 << 16 }, 4);
	memcpy(page + offset, &value, 4);
	return allowed(FAKE_VCPU_FD, KVM_SET_LAPIC, (uint64_t)page);
}

static void test_ioctls(void)
{
	static const uint32_t on_vm[] = {
		KVM_SET_USER_MEMORY_REGION, KVM_CREATE_IRQCHIP, KVM_CREATE_PIT2, KVM_IRQ_LINE, KVM_SET_GSI_ROUTING,
		KVM_IRQFD, KVM_IOEVENTFD, KVM_SET_IRQCHIP, KVM_SET_TSS_ADDR, KVM_HYPERV_EVENTFD, KVM_CREATE_DEVICE,
		KVM_SET_BOOT_CPU_ID, KVM_SET_CLOCK, 0,
	};
	static const uint32_t on_vcpu[] = {
		KVM_RUN, KVM_NMI, KVM_SMI, KVM_INTERRUPT, KVM_SET_MP_STATE, KVM_SET_VCPU_EVENTS, KVM_SET_SREGS,
		KVM_SET_REGS, KVM_ENABLE_CAP, KVM_SET_VAPIC_ADDR, KVM_X86_SET_MCE, KVM_SET_NESTED_STATE, 0,
	};

	start(2);
	EXPECT(allowed(FAKE_VCPU_FD, KVM_GET_LAPIC, 0) && allowed(FAKE_VCPU_FD + 1, KVM_GET_LAPIC, 0));
	EXPECT(allowed(FAKE_KVM_FD, KVM_GET_API_VERSION, 0));
	for (uint32_t i = 0; on_vm[i]; i++)
		EXPECT(!allowed(FAKE_VM_FD, on_vm[i], 0));
	for (uint32_t i = 0; on_vcpu[i]; i++)
		EXPECT(!allowed(FAKE_VCPU_FD, on_vcpu[i], 0));
	EXPECT(!allowed(FAKE_KVM_FD, KVM_CREATE_VM, 0));		/* a second one */
	EXPECT(!allowed(FAKE_VM_FD, KVM_GET_LAPIC, 0));
	EXPECT(!allowed(FAKE_VCPU_FD + 2, KVM_GET_LAPIC, 0));		/* nobody's descriptor */
	EXPECT(!allowed(-1, KVM_GET_LAPIC, 0));
	EXPECT(allowed(FAKE_VM_FD, KVM_CREATE_VCPU, 63) && !allowed(FAKE_VM_FD, KVM_CREATE_VCPU, 64));
	start(LIVE_MAX_VCPUS);
	EXPECT(!allowed(FAKE_VM_FD, KVM_CREATE_VCPU, 9));
}

static void test_capabilities(void)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_SPLIT_IRQCHIP, .args = { 24 } };

	start(0);
	EXPECT(allowed(FAKE_VM_FD, KVM_ENABLE_CAP, (uint64_t)&cap));
	cap.args[0] = 25;
	EXPECT(!allowed(FAKE_VM_FD, KVM_ENABLE_CAP, (uint64_t)&cap));
	cap = (struct kvm_enable_cap){ .cap = KVM_CAP_X2APIC_API, .args = { 3 } };
	EXPECT(allowed(FAKE_VM_FD, KVM_ENABLE_CAP, (uint64_t)&cap));
	cap.flags = 1;
	EXPECT(!allowed(FAKE_VM_FD, KVM_ENABLE_CAP, (uint64_t)&cap));
	cap = (struct kvm_enable_cap){ .cap = KVM_CAP_HYPERV_SYNIC };
	EXPECT(!allowed(FAKE_VM_FD, KVM_ENABLE_CAP, (uint64_t)&cap));
	start(1);
	cap = (struct kvm_enable_cap){ .cap = KVM_CAP_X2APIC_API, .args = { 3 } };
	EXPECT(!allowed(FAKE_VM_FD, KVM_ENABLE_CAP, (uint64_t)&cap));
}

static void test_msrs(void)
{
	struct kvm_msrs two = { .nmsrs = 2 };

	start(1);
	EXPECT(!wrmsr(MSR_PV_EOI, 0) && !wrmsr(MSR_PV_EOI, 0x100001) && !msr_allowed(KVM_GET_MSRS, MSR_PV_EOI, 0));
	EXPECT(!wrmsr(0x4b564d01, 1) && !wrmsr(0x40000070, 0) && !wrmsr(0x6e0, 1) && !wrmsr(0xc0000080, 0));
	EXPECT(!wrmsr(0x840, 0) && !wrmsr(0x7ff, 0) && !wrmsr(0x82f, 0x10000) && !wrmsr(0x82f, 0x20));
	EXPECT(!allowed(FAKE_VCPU_FD, KVM_SET_MSRS, (uint64_t)&two));
	EXPECT(msr_allowed(KVM_GET_MSRS, 0x83f, 0) && !msr_allowed(KVM_GET_MSRS, 0x840, 0));
	/* The timer is never armed. */
	EXPECT(wrmsr(0x838, 0) && !wrmsr(0x838, 1) && wrmsr(0x832, 0x20030) && !wrmsr(0x832, 0x40030));
	EXPECT(wrmsr(0x808, ~0ull) && wrmsr(0x80b, 5) && wrmsr(0x83e, 0xb) && !wrmsr(0x83e, 4));
	EXPECT(wrmsr(0x80f, 0x1ff) && !wrmsr(0x80f, 0x10f) && !wrmsr(0x80f, 0x3ff));
	EXPECT(wrmsr(0x802, 1) && wrmsr(0x820, 0xffffffff) && !wrmsr(0x820, 1ull << 32));
	EXPECT(wrmsr(0x83f, 16) && !wrmsr(0x83f, 15) && !wrmsr(0x83f, 0x120));
}

static void test_icr_and_lvt(void)
{
	start(1);
	for (uint64_t mode = 0; mode < 8; mode++) {
		EXPECT(wrmsr(0x830, 5ull << 32 | 0x4000 | mode << 8 | 0x41) == (mode < 2));
		EXPECT(wrmsr(0x834, mode << 8 | 0x41) == (mode == 0));
		EXPECT(wrmsr(0x836, mode << 8 | 0x41) == (mode == 0));
		EXPECT(wrmsr(0x835, mode << 8 | 0x41) == (mode == 0 || mode == 7));
		EXPECT(load(0x340, mode << 8 | 0x41) == (mode == 0));
		EXPECT(load(0x350, mode << 8 | 0x41) == (mode == 0 || mode == 7));
		EXPECT(load(0x300, mode << 8 | 0x41) == (mode < 2));
		EXPECT(msi(0, 0xfee00000, mode << 8 | 0x41, 0) == (mode < 2));
	}
	EXPECT(wrmsr(0x830, 0x10) && !wrmsr(0x830, 0x0f) && !wrmsr(0x830, 0x1010) && !wrmsr(0x830, 0x100010));
	EXPECT(wrmsr(0x833, 0x10000) && !wrmsr(0x833, 0x0f) && !wrmsr(0x833, 0x20030));
}

static void test_msi(void)
{
	start(1);
	EXPECT(msi(0xffffff00, 0xfeefffff, 0xc1ff, 0));
	EXPECT(!msi(0, 0xfed00000, 0x41, 0) && !msi(1, 0xfee00000, 0x41, 0) && !msi(0, 0xfee00000, 0x41, 1));
	EXPECT(!msi(0, 0xfee00000, 0x0f, 0) && !msi(0, 0xfee00000, 0x2041, 0) && !msi(0, 0xfee00000, 0x10041, 0));
}

static void test_loads(void)
{
	start(1);
	EXPECT(load(0x80, 0xff) && load(0x200, 0xffff0000) && load(0x110, 0xffffffff) && load(0x320, 0x20030));
	EXPECT(!load(0x200, 0x8000) && !load(0x100, 1) && !load(0x180, 0x80));
	EXPECT(!load(0x380, 1) && !load(0x390, 1) && !load(0x320, 0x40030) && !load(0x2f0, 0x30));
	EXPECT(!load(0xf0, 0x10f) && load(0x2f0, 0x10000));
}

static void test_mode_is_set_once(void)
{
	struct { struct kvm_msrs head; struct kvm_msr_entry entry; } m = {
		.head.nmsrs = 1, .entry = { .index = 0x1b, .data = 0xfee00c00 },
	};

	start(2);
	EXPECT(wrmsr(0x1b, 0xfee00d00) && wrmsr(0x1b, 0xfee00800));
	EXPECT(!wrmsr(0x1b, 0xfee00000) && !wrmsr(0x1b, 0xfee00400) && !wrmsr(0x1b, 0xfec00800));
	guard_ioctl(&g, FAKE_VCPU_FD, KVM_SET_MSRS, (uint64_t)&m);
	EXPECT(!wrmsr(0x1b, 0xfee00c00));
	EXPECT(allowed(FAKE_VCPU_FD + 1, KVM_SET_MSRS, (uint64_t)&m));
	guard_close(&g);
	EXPECT(!allowed(FAKE_VCPU_FD + 1, KVM_SET_MSRS, (uint64_t)&m));
}

static void test_cpuid(void)
{
	struct { struct kvm_cpuid2 head; struct kvm_cpuid_entry2 entry[5]; } list = { .head.nent = 2 };

	start(1);
	EXPECT(allowed(FAKE_VCPU_FD, KVM_SET_CPUID2, (uint64_t)&list));
	list.entry[1].function = 0x40000001;
	EXPECT(!allowed(FAKE_VCPU_FD, KVM_SET_CPUID2, (uint64_t)&list));
	list.entry[1].function = 0;
	list.head.nent = 5;
	EXPECT(!allowed(FAKE_VCPU_FD, KVM_SET_CPUID2, (uint64_t)&list));
}

static uint32_t *arrived;

static int64_t arriving_ioctl(int fd, uint32_t cmd, uint64_t arg)
{
	++*arrived;
	return fake_null_ioctl(fd, cmd, arg);
}

/* The process dies before the call is made. */
static void test_refused_never_arrives(void)
{
	static const struct live_ops ops = { fake_open, arriving_ioctl, fake_close };
	int status;

	arrived = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	fflush(stdout);
	if (fork() == 0) {
		fclose(stderr);
		guard_init(&g, &ops);
		guard_open(&g);
		guard_ioctl(&g, FAKE_KVM_FD, KVM_CREATE_VM, 0);
		guard_ioctl(&g, FAKE_VM_FD, KVM_CREATE_VCPU, 0);
		guard_ioctl(&g, FAKE_VCPU_FD, KVM_RUN, 0);
		_exit(0);
	}
	wait(&status);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	EXPECT_EQ(*arrived, 2);
	munmap(arrived, 4096);
}

TEST_MAIN(TEST(test_ioctls), TEST(test_capabilities), TEST(test_msrs), TEST(test_icr_and_lvt), TEST(test_msi),
	  TEST(test_loads), TEST(test_mode_is_set_once), TEST(test_cpuid), TEST(test_refused_never_arrives))
