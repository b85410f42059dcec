// SPDX-License-Identifier: GPL-2.0-only
/*
 * User memory.  Guest RAM lies at kw_config.user_base and is subject to the
 * simulated page tables; everything else that userspace passes (ioctl
 * arguments, struct kvm_run) is the libc world's own memory and always there.
 *
 * Same as the kernel: an access copies up to the first byte that it may not
 * touch and says how many bytes are left.
 * Different on purpose: no page faults are taken; a page that is not there
 * stays away until the memory manager brings it back.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "env.h"

/* Bytes from @addr on, at most @n, that allow @need. */
static unsigned long kw_user_reach(unsigned long addr, unsigned long n, u8 need)
{
	unsigned long off = addr - kw_config.user_base, done = 0;

	if (off >= kw_config.user_bytes)
		return addr < PAGE_SIZE ? 0 : n;
	kw_point(KW_POINT_UACCESS);
	while (done < n) {
		unsigned long page = (off + done) >> PAGE_SHIFT;

		if (off + done >= kw_config.user_bytes || (kw_config.user_prot[page] & need) != need)
			break;
		done = min(n, ((page + 1) << PAGE_SHIFT) - off);
	}
	return done;
}

unsigned long kw_user_read(void *to, const void __user *from, unsigned long n)
{
	unsigned long ok = kw_user_reach((unsigned long)from, n, KW_USER_READ);

	if (ok)
		memcpy(to, (__force const void *)from, ok);
	return n - ok;
}

unsigned long kw_user_write(void __user *to, const void *from, unsigned long n)
{
	unsigned long ok = kw_user_reach((unsigned long)to, n, KW_USER_RW);

	if (ok)
		memcpy((__force void *)to, from, ok);
	return n - ok;
}

unsigned long kw_user_clear(void __user *to, unsigned long n)
{
	unsigned long ok = kw_user_reach((unsigned long)to, n, KW_USER_RW);

	if (ok)
		memset((__force void *)to, 0, ok);
	return n - ok;
}

unsigned long _copy_from_user(void *to, const void __user *from, unsigned long n)
{
	unsigned long left = access_ok(from, n) ? kw_user_read(to, from, n) : n;

	if (left)
		memset(to + (n - left), 0, left);
	return left;
}

unsigned long _copy_to_user(void __user *to, const void *from, unsigned long n)
{
	return access_ok(to, n) ? kw_user_write(to, from, n) : n;
}

long copy_to_user_nofault(void __user *dst, const void *src, size_t size)
{
	return _copy_to_user(dst, src, size) ? -EFAULT : 0;
}

long copy_from_user_nofault(void *dst, const void __user *src, size_t size)
{
	return _copy_from_user(dst, src, size) ? -EFAULT : 0;
}

void *(memdup_user)(const void __user *src, size_t len)
{
	void *p = kw_alloc(len);

	if (_copy_from_user(p, src, len)) {
		kw_free(p);
		return ERR_PTR(-EFAULT);
	}
	return p;
}

void *(vmemdup_user)(const void __user *src, size_t len) { return (memdup_user)(src, len); }
void *(memdup_user_noprof)(const void __user *src, size_t len) { return (memdup_user)(src, len); }
void *(vmemdup_user_noprof)(const void __user *src, size_t len) { return (memdup_user)(src, len); }
void __copy_overflow(int size, unsigned long count) { hs_panic("copy larger than its object"); }
