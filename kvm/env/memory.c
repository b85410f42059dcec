// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory: kmalloc, slab caches, pages, vmalloc and per-CPU data, all out of one
 * arena, so that a run is forgotten by putting the arena back.
 *
 * Same as the kernel: alignment (powers of two are naturally aligned), kvmalloc
 * and vmalloc page alignment, constructors of caches.
 * Different on purpose: all memory comes zeroed (as with init_on_alloc=1), since
 * uninitialised memory would break determinism; an allocation never fails;
 * GFP flags mean nothing else; struct page exists only for the arena.
 * Does not detect use after free: the sanitized flavour does, by poisoning.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/percpu.h>
#include <linux/cpumask.h>
#include "env.h"

#define KW_RUN		0x80u		/* page map: first page of a run, length above */
#define KW_LEN_SHIFT	8
#define KW_MAX_RUNS	64		/* free lists for runs of up to so many pages */

/*
 * Small objects come from slabs: of one page, or of several where that wastes less.
 * Large VMs have thousands of vCPUs, and each of these has a file, CPUID entries, an
 * emulator's context, a struct kvm_vcpu and a task, the last two a bit more than a page.
 * Powers of two keep their natural alignment.
 */
static const struct { u16 bytes, pages; } kw_sizes[] = {
	{ 16, 1 }, { 32, 1 }, { 64, 1 }, { 96, 1 }, { 128, 1 }, { 192, 1 }, { 256, 1 }, { 320, 1 }, { 512, 1 },
	{ 576, 1 }, { 1024, 1 }, { 2048, 1 }, { 2688, 2 }, { 3072, 3 }, { 3456, 11 },
	{ 4096, 1 }, { 4608, 9 }, { 6144, 3 }, { 6824, 5 }, { 6848, 7 },
};
#define KW_NR_SIZES ARRAY_SIZE(kw_sizes)

/*
 * In a large VM the slabs of what is written to lie together, in stretches of which the host
 * can make a huge page each: see sim/snapshot.c.  Not those of which most stay zero.
 */
#define KW_LARGE_VM	256u		/* CPUs */
#define KW_STRETCH	512u		/* pages */
#define KW_STAYS_ZERO(c) (kw_sizes[c].bytes == 1024 || kw_sizes[c].bytes == 192)

struct kw_free {
	struct kw_free *next;
};

u64 kw_nr_objects;
static char *kw_heap;			/* first page that the map describes */
static u32 *kw_map;			/* a word a page: class + 1, or a run's length */
static u32 kw_next_page, kw_nr_pages;
static struct kw_free *kw_free_small[KW_NR_SIZES];
static struct kw_free *kw_free_runs[KW_MAX_RUNS + 1];
static char *kw_bump[KW_NR_SIZES], *kw_bump_end[KW_NR_SIZES];
static char *kw_stretch, *kw_stretch_end;	/* what is left of the last one */

unsigned long page_offset_base, vmemmap_base, vmalloc_base, phys_base;
unsigned long kw_cpu_offset, kw_percpu_delta, kw_percpu_stride;
extern char __start_kw_percpu[], __stop_kw_percpu[];
static unsigned long kw_percpu_next;

#ifdef __SANITIZE_ADDRESS__
void __asan_poison_memory_region(const volatile void *p, size_t n);
void __asan_unpoison_memory_region(const volatile void *p, size_t n);
#define kw_poison(p, n)		__asan_poison_memory_region(p, n)
#define kw_unpoison(p, n)	__asan_unpoison_memory_region(p, n)
#else
#define kw_poison(p, n)		do { } while (0)
#define kw_unpoison(p, n)	do { } while (0)
#endif

/* The arena's top holds the struct pages that page addresses refer to. */
void kw_memory_init(void)
{
	u64 pages = kw_config.arena_bytes >> PAGE_SHIFT;
	u64 vmemmap_bytes = ALIGN(pages * sizeof(struct page), PAGE_SIZE);
	u64 map_bytes;

	page_offset_base = kw_config.arena_base;
	phys_base = 0;
	vmalloc_base = kw_config.arena_base;
	vmemmap_base = kw_config.arena_base + kw_config.arena_bytes - vmemmap_bytes;
	kw_nr_pages = pages - (vmemmap_bytes >> PAGE_SHIFT);
	map_bytes = ALIGN(kw_nr_pages * sizeof(u32), PAGE_SIZE);
	kw_heap = (char *)kw_config.arena_base;
	kw_map = (u32 *)kw_heap;
	kw_next_page = map_bytes >> PAGE_SHIFT;
}

u64 kw_arena_used(void)
{
	return (u64)kw_next_page << PAGE_SHIFT;
}

/* 64 bits: addresses far outside of the arena must not look like pages of it. */
static u64 kw_page_index(const void *p)
{
	return ((u64)p - (u64)kw_heap) >> PAGE_SHIFT;
}

static void kw_free_run(void *p, u32 nr)
{
	struct kw_free *f = p;

	kw_unpoison(f, sizeof(*f));
	f->next = kw_free_runs[nr];
	kw_free_runs[nr] = f;
	kw_poison(f + 1, ((size_t)nr << PAGE_SHIFT) - sizeof(*f));
}

/* The arena's base is 1 GiB aligned: an aligned page number is an aligned address. */
static void *kw_alloc_run(u32 nr, u32 align)
{
	struct kw_free *f = nr <= KW_MAX_RUNS ? kw_free_runs[nr] : NULL;
	char *p;

	if (f && IS_ALIGNED(kw_page_index(f), align)) {
		kw_free_runs[nr] = f->next;
		p = (char *)f;
		kw_unpoison(p, (size_t)nr << PAGE_SHIFT);
		memset(p, 0, (size_t)nr << PAGE_SHIFT);
	} else {
		if (ALIGN(kw_next_page, align) + nr > kw_nr_pages)
			hs_no_memory();
		while (!IS_ALIGNED(kw_next_page, align))
			kw_free_run(kw_heap + ((size_t)kw_next_page++ << PAGE_SHIFT), 1);
		p = kw_heap + ((size_t)kw_next_page << PAGE_SHIFT);
		kw_next_page += nr;
		kw_unpoison(p, (size_t)nr << PAGE_SHIFT);
	}
	kw_map[kw_page_index(p)] = KW_RUN | nr << KW_LEN_SHIFT;
	kw_nr_objects++;
	return p;
}

/* Page aligned, as vmalloc() is. */
void *kw_alloc_pages(u32 nr) { return kw_alloc_run(nr ?: 1, 1); }

/* Powers of two are aligned to their size, as the page allocator's are. */
static void *kw_alloc_aligned(u32 nr) { return kw_alloc_run(nr, is_power_of_2(nr) ? nr : 1); }

static int kw_class(size_t bytes)
{
	int c;

	for (c = 0; c < KW_NR_SIZES; c++)
		if (bytes <= kw_sizes[c].bytes)
			return c;
	return -1;
}

static char *kw_slab_pages(u32 nr)
{
	char *p;

	if (kw_stretch_end - kw_stretch < (long)(nr * PAGE_SIZE)) {
		for (; kw_stretch < kw_stretch_end; kw_stretch += PAGE_SIZE)
			kw_free_run(kw_stretch, 1);
		kw_stretch = kw_alloc_run(KW_STRETCH, KW_STRETCH);
		kw_stretch_end = kw_stretch + KW_STRETCH * PAGE_SIZE;
		kw_nr_objects--;	/* what is in it counts */
	}
	p = kw_stretch;
	kw_stretch += nr * PAGE_SIZE;
	return p;
}

static void kw_new_slab(int c)
{
	u32 nr = kw_sizes[c].pages, i;
	char *p;

	if (kw_config.nr_cpus >= KW_LARGE_VM && !KW_STAYS_ZERO(c)) {
		p = kw_slab_pages(nr);
	} else {
		p = kw_alloc_pages(nr);
		kw_nr_objects--;
	}
	for (i = 0; i < nr; i++)
		kw_map[kw_page_index(p) + i] = (c + 1) | i << KW_LEN_SHIFT;
	kw_bump[c] = p;
	kw_bump_end[c] = p + nr * PAGE_SIZE;
}

/*
 * Where an object leaves room for it, the last word of its place says where it ends: what lies
 * between is still zero when it is freed, unless somebody wrote behind it.  Not in a place that
 * is new: many an object stays zero for ever, and its page untouched, for each of thousands of vCPUs.
 */
#define KW_END_MAGIC	0x5ab1e0bec7000000ull
#define KW_END_BYTES	0xffffffull

static void *kw_mark_end(char *p, size_t bytes, u32 place)
{
	u64 mark = KW_END_MAGIC | bytes;

	if (place - bytes >= 2 * sizeof(mark)) {
		kw_unpoison(p, place);
		memcpy(p + place - sizeof(mark), &mark, sizeof(mark));
		kw_poison(p + bytes, place - bytes);
	}
	return p;
}

static void kw_check_end(const char *p, u32 place)
{
	u32 at;
	u64 mark;

	kw_unpoison(p, place);
	memcpy(&mark, p + place - sizeof(mark), sizeof(mark));
	if ((mark & ~KW_END_BYTES) != KW_END_MAGIC)
		return;
	for (at = mark & KW_END_BYTES; at < place - sizeof(mark); at++)
		if (p[at])
			hs_fault("a write behind an object");
}

void *kw_alloc(size_t bytes)
{
	int c = kw_class(bytes);
	struct kw_free *f;
	char *p;

	if (!bytes)
		return ZERO_SIZE_PTR;
	if (c < 0)
		return kw_alloc_aligned(DIV_ROUND_UP(bytes, PAGE_SIZE));
	kw_nr_objects++;
	f = kw_free_small[c];
	if (f) {
		kw_unpoison(f, kw_sizes[c].bytes);
		kw_free_small[c] = f->next;
		return kw_mark_end(memset(f, 0, kw_sizes[c].bytes), bytes, kw_sizes[c].bytes);
	}
	if (kw_bump[c] + kw_sizes[c].bytes > kw_bump_end[c] || !kw_bump[c])
		kw_new_slab(c);
	p = kw_bump[c];
	kw_bump[c] += kw_sizes[c].bytes;
	return p;
}

void kw_free(const void *ptr)
{
	struct kw_free *f = (struct kw_free *)ptr;
	u32 what, nr, c;
	u64 page;

	if (ZERO_OR_NULL_PTR(ptr))
		return;
	page = kw_page_index(ptr);
	if (page >= kw_next_page || !kw_map[page])
		hs_fault("kfree of memory that was not allocated");
	kw_nr_objects--;
	what = kw_map[page];
	nr = what >> KW_LEN_SHIFT;
	if (what & KW_RUN) {
		if (offset_in_page(ptr))
			hs_fault("kfree of an address inside an object");
		kw_map[page] = 0;
		if (nr <= KW_MAX_RUNS)
			kw_free_run(f, nr);
		else
			kw_poison(f, (size_t)nr << PAGE_SHIFT);
		return;
	}
	c = (what & (KW_RUN - 1)) - 1;
	if ((nr * PAGE_SIZE + offset_in_page(ptr)) % kw_sizes[c].bytes)
		hs_fault("kfree of an address inside an object");
	/* The plainest case of all, for nothing; the sanitized flavour sees the others when they are used. */
	if (f == kw_free_small[c])
		hs_fault("kfree of an object twice");
	kw_check_end(ptr, kw_sizes[c].bytes);
	f->next = kw_free_small[c];
	kw_free_small[c] = f;
	kw_poison(f + 1, kw_sizes[c].bytes - sizeof(*f));
}

/* --- kmalloc() and friends: the names differ between series, the work does not. */
struct kmem_cache {
	size_t bytes;
	void (*ctor)(void *);
	const char *name;
};

static void *kw_cache_alloc(struct kmem_cache *s)
{
	void *p = kw_alloc(s->bytes);

	if (s->ctor)
		s->ctor(p);
	return p;
}

/* Sizes are multiples of their alignment, and so are the places in a slab: see kw_sizes. */
static struct kmem_cache *kw_cache_create(const char *name, size_t bytes, size_t align, void (*ctor)(void *))
{
	struct kmem_cache *s = kw_alloc(sizeof(*s));

	s->name = name;
	s->bytes = ALIGN(bytes, align ?: 1);
	s->ctor = ctor;
	return s;
}

void *(__kmalloc)(size_t size, gfp_t flags) { return kw_alloc(size); }
void *(__kmalloc_noprof)(size_t size, gfp_t flags) { return kw_alloc(size); }
void *(__kmalloc_node)(size_t size, gfp_t flags, int node) { return kw_alloc(size); }
void *(__kmalloc_node_noprof)(size_t size, gfp_t flags, int node) { return kw_alloc(size); }
void *(__kmalloc_large_noprof)(size_t size, gfp_t flags) { return kw_alloc(size); }
void *(kmalloc_large)(size_t size, gfp_t flags) { return kw_alloc(size); }
void *(kmalloc_trace)(struct kmem_cache *s, gfp_t flags, size_t size) { return kw_alloc(size); }
void *(__kmalloc_cache_noprof)(struct kmem_cache *s, gfp_t flags, size_t size) { return kw_alloc(size); }
void *(kvmalloc_node)(size_t size, gfp_t flags, int node) { return kw_alloc(size); }
#ifdef KW_HAS_KVMALLOC_ALIGN
void *(__kvmalloc_node_noprof)(size_t size, unsigned long align, gfp_t flags, int node) { return kw_alloc(size); }
#else
void *(__kvmalloc_node_noprof)(size_t size, gfp_t flags, int node) { return kw_alloc(size); }
#endif
void *(__vcalloc)(size_t n, size_t size, gfp_t flags) { return kw_alloc_pages(DIV_ROUND_UP(n * size, PAGE_SIZE)); }
void *(__vcalloc_noprof)(size_t n, size_t size, gfp_t flags) { return kw_alloc_pages(DIV_ROUND_UP(n * size, PAGE_SIZE)); }
void *(__vmalloc)(unsigned long size, gfp_t flags) { return kw_alloc_pages(DIV_ROUND_UP(size, PAGE_SIZE)); }
void *(__vmalloc_noprof)(unsigned long size, gfp_t flags) { return kw_alloc_pages(DIV_ROUND_UP(size, PAGE_SIZE)); }
void *(vzalloc)(unsigned long size) { return kw_alloc_pages(DIV_ROUND_UP(size, PAGE_SIZE)); }
void *(vzalloc_noprof)(unsigned long size) { return kw_alloc_pages(DIV_ROUND_UP(size, PAGE_SIZE)); }
void kfree(const void *p) { kw_free(p); }
void kvfree(const void *p) { kw_free(p); }
void vfree(const void *p) { kw_free(p); }

#ifdef kmem_cache_create	/* a macro over __kmem_cache_create_args() */
struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int size,
					    struct kmem_cache_args *args, slab_flags_t flags)
{
	return kw_cache_create(name, size, args->align, args->ctor);
}
#else
struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     slab_flags_t flags, void (*ctor)(void *))
{
	return kw_cache_create(name, size, align, ctor);
}

struct kmem_cache *kmem_cache_create_usercopy(const char *name, unsigned int size, unsigned int align,
					      slab_flags_t flags, unsigned int useroffset,
					      unsigned int usersize, void (*ctor)(void *))
{
	return kw_cache_create(name, size, align, ctor);
}
#endif
void kmem_cache_destroy(struct kmem_cache *s) { kw_free(s); }
void kmem_cache_free(struct kmem_cache *s, void *p) { kw_free(p); }
void *(kmem_cache_alloc)(struct kmem_cache *s, gfp_t flags) { return kw_cache_alloc(s); }
void *(kmem_cache_alloc_noprof)(struct kmem_cache *s, gfp_t flags) { return kw_cache_alloc(s); }
void *(kmem_cache_alloc_lru)(struct kmem_cache *s, struct list_lru *lru, gfp_t flags) { return kw_cache_alloc(s); }
void *(kmem_cache_alloc_lru_noprof)(struct kmem_cache *s, struct list_lru *lru, gfp_t flags) { return kw_cache_alloc(s); }

/* Indexed by kmalloc()'s inline fast path, only passed back to us. */
typeof(kmalloc_caches) kmalloc_caches;

/* --- Pages. */
struct page *(__alloc_pages)(gfp_t gfp, unsigned int order, int nid, nodemask_t *mask)
{
	return virt_to_page(kw_alloc_aligned(1u << order));
}

struct page *(__alloc_pages_noprof)(gfp_t gfp, unsigned int order, int nid, nodemask_t *mask)
{
	return virt_to_page(kw_alloc_aligned(1u << order));
}

#ifdef KW_HAS_ALLOC_PAGES_NODE_EXTERN
struct page *(alloc_pages_node_noprof)(int nid, gfp_t gfp, unsigned int order)
{
	return virt_to_page(kw_alloc_aligned(1u << order));
}
#endif

unsigned long (__get_free_pages)(gfp_t gfp, unsigned int order) { return (unsigned long)kw_alloc_aligned(1u << order); }
unsigned long (get_free_pages_noprof)(gfp_t gfp, unsigned int order) { return (unsigned long)kw_alloc_aligned(1u << order); }
/* A slab of one page: an APIC's registers lie here. */
unsigned long (get_zeroed_page)(gfp_t gfp) { return (unsigned long)kw_alloc(PAGE_SIZE); }
unsigned long (get_zeroed_page_noprof)(gfp_t gfp) { return (unsigned long)kw_alloc(PAGE_SIZE); }
void free_pages(unsigned long addr, unsigned int order) { kw_free((void *)addr); }
void (__free_pages)(struct page *page, unsigned int order) { kw_free(page_address(page)); }

/* --- Per-CPU data: evenly spaced copies of the kw_percpu section, and a little room for alloc_percpu(). */
#define KW_PERCPU_DYNAMIC 320	/* KVM takes 288, from each CPU's area */

void kw_percpu_init(void)
{
	size_t bytes = __stop_kw_percpu - __start_kw_percpu;
	char *areas;
	u32 cpu;

	kw_percpu_stride = ALIGN(bytes, 64) + KW_PERCPU_DYNAMIC;
	kw_percpu_next = ALIGN(bytes, 64);
	areas = kw_alloc_pages(DIV_ROUND_UP(kw_percpu_stride * kw_config.nr_cpus, PAGE_SIZE));
	kw_percpu_delta = (unsigned long)areas - (unsigned long)__start_kw_percpu;
	for (cpu = 0; cpu < kw_config.nr_cpus; cpu++)
		memcpy(areas + cpu * kw_percpu_stride, __start_kw_percpu, bytes);
}

static void __percpu *kw_percpu_alloc(size_t size, size_t align)
{
	unsigned long at = ALIGN(kw_percpu_next, align ?: 8);

	if (at + size > kw_percpu_stride)
		hs_panic("alloc_percpu(): KW_PERCPU_DYNAMIC is too small");
	kw_percpu_next = at + size;
	return (void __percpu *)(__start_kw_percpu + at);
}

void __percpu *(__alloc_percpu)(size_t size, size_t align) { return kw_percpu_alloc(size, align); }
void __percpu *(pcpu_alloc_noprof)(size_t size, size_t align, bool reserved, gfp_t gfp) { return kw_percpu_alloc(size, align); }
/* The space is lost until the next restore: KVM allocates per-CPU data once. */
void free_percpu(void __percpu *p) { }

bool alloc_cpumask_var_node(cpumask_var_t *mask, gfp_t flags, int node)
{
	*mask = kw_alloc(BITS_TO_LONGS(nr_cpu_ids) * sizeof(long));
	return true;
}

void free_cpumask_var(cpumask_var_t mask) { kw_free(mask); }
