// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocators, per-CPU data, cpumasks.  Contract: Documentation/core-api/
 * memory-allocation.rst (kmalloc() of a power of two is aligned to it).
 */
#include <linux/slab.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>
#include <linux/percpu.h>
#include <linux/cpumask.h>
#include "check.h"

/* --- kmalloc(): aligned, zeroed with __GFP_ZERO, nobody else's, also when used again. */
#define NR_BLOCKS 40

static void kmalloc_role(u32 role)
{
	static u8 *block[NR_BLOCKS];
	static size_t bytes[NR_BLOCKS];
	u32 i, round;

	for (round = 0; round < 300; round++) {
		i = st_below(NR_BLOCKS);
		if (block[i]) {
			ST_CHECK(st_all(block[i], i + 1, bytes[i]), "%zu bytes were overwritten", bytes[i]);
			kfree(block[i]);
			block[i] = NULL;
			continue;
		}
		bytes[i] = 1 + st_below(1u << (4 + st_below(11)));
		if (st_below(2))
			bytes[i] = 1ul << (3 + st_below(13));
		block[i] = kmalloc(bytes[i], GFP_KERNEL | __GFP_ZERO);
		ST_CHECK(st_all(block[i], 0, bytes[i]), "%zu bytes are not zeroed", bytes[i]);
		ST_CHECK(!((unsigned long)block[i] & 7), "%zu bytes are not aligned to 8", bytes[i]);
		if (!(bytes[i] & (bytes[i] - 1)))
			ST_CHECK(!((unsigned long)block[i] & (bytes[i] - 1)), "%zu bytes are not aligned", bytes[i]);
		memset(block[i], i + 1, bytes[i]);
	}
}

/* Constant sizes take other paths through the tree's headers. */
static void constant_role(u32 role)
{
	u8 *p[] = { kmalloc(8, GFP_KERNEL), kzalloc(64, GFP_KERNEL), kzalloc(96, GFP_KERNEL), kzalloc(192, GFP_KERNEL),
		    kmalloc(4096, GFP_KERNEL), kzalloc(8192, GFP_KERNEL), kcalloc(3, 100, GFP_KERNEL) };
	static const u32 bytes[] = { 8, 64, 96, 192, 4096, 8192, 300 };
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(p); i++)
		for (k = 0; k < i; k++)
			ST_CHECK(p[i] + bytes[i] <= p[k] || p[k] + bytes[k] <= p[i], "%u and %u overlap", i, k);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		kfree(p[i]);
	kfree(NULL);
	kfree(kmalloc(0, GFP_KERNEL));
}

/* What is freed is used again, and comes back as new. */
static void reuse_role(u32 role)
{
	static const u32 sizes[] = { 16, 100, 1000, 5000, 40000 };
	u64 used = 0;
	u32 i, k;

	for (k = 0; k < 100; k++) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			u8 *p = kvmalloc(sizes[i], GFP_KERNEL | __GFP_ZERO);

			ST_CHECK(st_all(p, 0, sizes[i]), "%u bytes are not zeroed", sizes[i]);
			memset(p, 0xaa, sizes[i]);
			kvfree(p);
		}
		if (k == 0)
			used = kw_arena_used();
	}
	ST_CHECK(kw_arena_used() == used, "the arena grew from %llu to %llu", used, kw_arena_used());
}

static void page_role(u32 role)
{
	unsigned long a[3];
	struct page *page;
	u32 order;

	for (order = 0; order < 4; order++) {
		unsigned long one = __get_free_page(GFP_KERNEL);

		a[0] = __get_free_pages(GFP_KERNEL | __GFP_ZERO, order);
		page = alloc_pages(GFP_KERNEL, order);
		a[1] = (unsigned long)page_address(page);
		ST_CHECK(virt_to_page(a[1]) == page, "page and address");
		ST_CHECK(__pa(a[1]) >> PAGE_SHIFT == page_to_pfn(page), "page and number");
		a[2] = (unsigned long)vzalloc(PAGE_SIZE << order);
		ST_CHECK(!(a[0] & ((PAGE_SIZE << order) - 1)), "order %u is not aligned", order);
		ST_CHECK(!(a[1] & ((PAGE_SIZE << order) - 1)), "order %u is not aligned", order);
		ST_CHECK(!(a[2] & ~PAGE_MASK), "vzalloc() is not page aligned");
		ST_CHECK(st_all((void *)a[0], 0, PAGE_SIZE << order), "not zeroed");
		memset((u8 *)a[0], 1, PAGE_SIZE << order);
		memset((u8 *)a[1], 2, PAGE_SIZE << order);
		memset((u8 *)a[2], 3, PAGE_SIZE << order);
		ST_CHECK(st_all((void *)a[0], 1, PAGE_SIZE << order) && st_all((void *)a[1], 2, PAGE_SIZE << order), "overlap");
		free_pages(a[0], order);
		__free_pages(page, order);
		vfree((void *)a[2]);
		free_page(one);
	}
}

/* --- Caches. */
struct thing {
	u32 magic;
	u8 rest[92];
} __aligned(64);

static u32 constructed;

static void thing_ctor(void *p)
{
	struct thing *t = p;

	t->magic = 0x600d;
	constructed++;
}

static void cache_role(u32 role)
{
	struct kmem_cache *s = kmem_cache_create("thing", sizeof(struct thing), __alignof__(struct thing), 0, thing_ctor);
	struct kmem_cache *small = kmem_cache_create("small", 24, 128, 0, NULL);
	struct thing *t[20];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		t[i] = kmem_cache_alloc(s, GFP_KERNEL);
		ST_CHECK(t[i]->magic == 0x600d, "not constructed");
		ST_CHECK(IS_ALIGNED((unsigned long)t[i], 64), "not aligned");
		t[i]->rest[0] = i;
	}
	for (i = 0; i < ARRAY_SIZE(t); i++) {
		ST_CHECK(t[i]->rest[0] == i, "overlap");
		kmem_cache_free(s, t[i]);
	}
	t[0] = kmem_cache_alloc(s, GFP_KERNEL);
	ST_CHECK(t[0]->magic == 0x600d, "not constructed when used again");
	kmem_cache_free(s, t[0]);
	for (i = 0; i < 4; i++)
		ST_CHECK(IS_ALIGNED((unsigned long)kmem_cache_zalloc(small, GFP_KERNEL), 128), "not aligned");
	kmem_cache_destroy(s);
}

/* --- Per-CPU data: a copy for each CPU, initialised; this_cpu_*() is one's own. */
static DEFINE_PER_CPU(u32, st_percpu) = 7;
static u64 __percpu *dynamic;

static void percpu_setup(void) { dynamic = alloc_percpu(u64); }

static void percpu_role(u32 role)
{
	u32 i, cpu;

	ST_CHECK(this_cpu_read(st_percpu) == 7, "initial value");
	ST_CHECK(*this_cpu_ptr(dynamic) == 0, "initial value");
	for (i = 0; i < 20; i++) {
		this_cpu_inc(st_percpu);
		this_cpu_add(*dynamic, role + 1);
		st_busy(st_below(50));
		ST_CHECK(this_cpu_read(st_percpu) == 8 + i, "another CPU's");
		ST_CHECK(this_cpu_ptr(&st_percpu) == per_cpu_ptr(&st_percpu, st_cpu(role)), "addresses differ");
	}
	for (cpu = 0; cpu < kw_config.nr_cpus; cpu++)
		ST_CHECK(cpu == st_cpu(role) || per_cpu_ptr(dynamic, cpu) != this_cpu_ptr(dynamic), "shared");
}

static void percpu_finish(void)
{
	u32 i;

	for (i = 0; i < 4; i++)
		ST_CHECK(per_cpu(st_percpu, st_cpu(i)) == 27 && *per_cpu_ptr(dynamic, st_cpu(i)) == 20 * (i + 1),
			 "CPU %u: %u", st_cpu(i), per_cpu(st_percpu, st_cpu(i)));
	ST_CHECK(per_cpu(st_percpu, 0) == 7, "nobody's");
}

/* --- cpumasks. */
static void cpumask_role(u32 role)
{
	cpumask_var_t a, b;
	u32 cpu, nr = 0;

	ST_CHECK(zalloc_cpumask_var(&a, GFP_KERNEL) && zalloc_cpumask_var(&b, GFP_KERNEL), "allocated");
	ST_CHECK(cpumask_empty(a) && cpumask_first(a) >= nr_cpu_ids, "empty");
	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		cpumask_set_cpu(cpu, a);
	ST_CHECK(cpumask_empty(b), "overlap");
	for_each_cpu(cpu, a)
		nr += cpumask_test_cpu(cpu, cpumask_of(cpu)) && cpumask_first(cpumask_of(cpu)) == cpu;
	ST_CHECK(nr == nr_cpu_ids && nr == num_online_cpus(), "%u", nr);
	cpumask_clear_cpu(3, a);
	ST_CHECK(cpumask_next(2, a) == 4, "next");
	cpumask_copy(b, a);
	ST_CHECK(!cpumask_test_cpu(3, b) && cpumask_test_cpu(4, b) && !cpumask_empty(b), "copy");
	free_cpumask_var(a);
	free_cpumask_var(b);
}

/* --- Misuse. */
static u64 foreign[512];

static void free_data_role(u32 role) { kfree(&foreign[256]); }
static void free_user_role(u32 role) { kfree((void *)kw_config.user_base); }
static void free_stack_role(u32 role) { u64 x[8] = { }; OPTIMIZER_HIDE_VAR(role); kfree(&x[role]); }
static void count_role(u32 role)
{
	u64 nr = kw_nr_objects;
	void *small = kmalloc(96, GFP_KERNEL), *large = vzalloc(3 * PAGE_SIZE);

	ST_CHECK(kw_nr_objects == nr + 2, "2 allocations count as %llu", kw_nr_objects - nr);
	kfree(small);
	vfree(large);
	ST_CHECK(kw_nr_objects == nr, "freed, they count as %lld", (long long)(kw_nr_objects - nr));
}

static void free_inside_role(u32 role) { kfree(kmalloc(96, GFP_KERNEL) + 8); }
static void free_page_inside_role(u32 role) { vfree(vzalloc(3 * PAGE_SIZE) + PAGE_SIZE); }

static void free_twice_role(u32 role)
{
	void *p = kmalloc(96, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(p);
	kfree(p);
	kfree(p);
}

static void free_pages_twice_role(u32 role)
{
	void *p = vzalloc(5 * PAGE_SIZE);

	OPTIMIZER_HIDE_VAR(p);
	vfree(p);
	vfree(p);
}

#define MISUSE(what, how) { "misuse: " what, 1, KW_SELFTEST_FAULT, .role = how, .says = "kfree" }

const struct kw_selftest st_memory_tests[] = {
	{ "kmalloc: zeroed, aligned, nobody else's", 1, .role = kmalloc_role },
	{ "kmalloc: constant sizes", 1, .role = constant_role },
	{ "kmalloc: what is freed is used again", 1, .role = reuse_role },
	{ "allocations: counted until they are freed", 1, .role = count_role },
	{ "pages: aligned to their order, and found from their address", 1, .role = page_role },
	{ "kmem_cache: constructed and aligned", 1, .role = cache_role },
	{ "per-CPU data: one for each CPU", 4, .setup = percpu_setup, .role = percpu_role, .finish = percpu_finish },
	{ "cpumask: allocation and arithmetic", 1, .role = cpumask_role },
	MISUSE("kfree() of static data", free_data_role),
	MISUSE("kfree() of user memory", free_user_role),
	MISUSE("kfree() of the stack", free_stack_role),
	MISUSE("kfree() inside an object", free_inside_role),
	MISUSE("vfree() inside an area", free_page_inside_role),
	MISUSE("kfree() twice", free_twice_role),
	MISUSE("vfree() twice", free_pages_twice_role),
	{ }
};
