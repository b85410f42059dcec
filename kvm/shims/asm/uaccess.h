/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instead of the tree's asm/uaccess.h: user memory is checked page by page
 * against the simulated page tables (struct kw_config.user_prot) and copied by
 * kvm/env/uaccess.c.  Any access can fail, at any page boundary.
 */
#ifndef LAPICSIM_SHIM_ASM_UACCESS_H
#define LAPICSIM_SHIM_ASM_UACCESS_H
#define _ASM_X86_UACCESS_H

#include <linux/compiler.h>
#include <linux/instrumented.h>
#include <linux/string.h>
#include <asm/asm.h>
#include <asm/page.h>
#include <asm/smap.h>
#include <asm/extable.h>
#include <asm-generic/access_ok.h>

/* Bytes not copied, 0 for all. */
unsigned long kw_user_read(void *to, const void __user *from, unsigned long n);
unsigned long kw_user_write(void __user *to, const void *from, unsigned long n);
unsigned long kw_user_clear(void __user *to, unsigned long n);

#define raw_copy_from_user(to, from, n)	kw_user_read(to, from, n)
#define raw_copy_to_user(to, from, n)	kw_user_write(to, from, n)
#define clear_user(to, n)		kw_user_clear(to, n)
#define __clear_user(to, n)		kw_user_clear(to, n)

#define __get_user(x, ptr)						\
({									\
	__typeof__(*(ptr)) __kw_v;					\
	int __kw_e = kw_user_read((void *)&__kw_v, (ptr), sizeof(__kw_v)) ? -EFAULT : 0; \
	(x) = __kw_e ? (__force __typeof__(*(ptr)))0 : __kw_v;		\
	__kw_e;								\
})
#define __put_user(x, ptr)						\
({									\
	__typeof__(*(ptr)) __kw_v = (x);				\
	kw_user_write((ptr), &__kw_v, sizeof(__kw_v)) ? -EFAULT : 0;	\
})
#define get_user(x, ptr)	(access_ok((ptr), sizeof(*(ptr))) ? __get_user(x, ptr) : -EFAULT)
#define put_user(x, ptr)	(access_ok((ptr), sizeof(*(ptr))) ? __put_user(x, ptr) : -EFAULT)

#define user_access_begin(ptr, n)	access_ok(ptr, n)
#define user_access_end()		do { } while (0)
#define user_access_save()		0UL
#define user_access_restore(flags)	do { } while (0)
#define unsafe_get_user(x, ptr, label)	do { if (__get_user(x, ptr)) goto label; } while (0)
#define unsafe_put_user(x, ptr, label)	do { if (__put_user(x, ptr)) goto label; } while (0)
#define unsafe_copy_to_user(d, s, n, label)	do { if (kw_user_write(d, s, n)) goto label; } while (0)
#define unsafe_copy_from_user(d, s, n, label)	do { if (kw_user_read(d, s, n)) goto label; } while (0)

/* Compare and exchange in user memory; 1 if another value was there. */
#define __try_cmpxchg_user(ptr, oldp, nval, label)			\
({									\
	__typeof__(*(ptr)) __kw_cur;					\
	int __kw_ret = -EFAULT;						\
	if (!kw_user_read(&__kw_cur, (ptr), sizeof(__kw_cur))) {	\
		if (__kw_cur == *(oldp)) {				\
			__typeof__(*(ptr)) __kw_new = (nval);		\
			__kw_ret = kw_user_write((ptr), &__kw_new, sizeof(__kw_new)) ? -EFAULT : 0; \
		} else {						\
			*(oldp) = __kw_cur;				\
			__kw_ret = 1;					\
		}							\
	}								\
	__kw_ret;							\
})
#define unsafe_try_cmpxchg_user(ptr, oldp, nval, label)			\
({									\
	int __kw_try = __try_cmpxchg_user(ptr, oldp, nval, label);	\
	if (__kw_try < 0)						\
		goto label;						\
	!__kw_try;							\
})

long strncpy_from_user(char *dst, const char __user *src, long n);
long strnlen_user(const char __user *s, long n);

#endif
