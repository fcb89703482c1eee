/*
 * coroutine_san.h - tells the sanitizers about every switch of stacks. Private to coroutine*.
 *
 * Without this ASan takes a coroutine's stack for the thread's (false overflows, wrong fake stacks)
 * and TSan mixes the call stacks of all coroutines until it runs out of its shadow stack. Empty in
 * an ordinary build. Always inlined: TSan counts function entries and exits per fiber, and a helper
 * that enters on one fiber and returns on another would unbalance both.
 */
#ifndef CONCBENCH_COROUTINE_SAN_H
#define CONCBENCH_COROUTINE_SAN_H

#include <stdbool.h>
#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define COROUTINE_ASAN 1
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#else
#define COROUTINE_ASAN 0
#endif

#if defined(__SANITIZE_THREAD__)
#define COROUTINE_TSAN 1
#include <sanitizer/tsan_interface.h>
#else
#define COROUTINE_TSAN 0
#endif

/* What the sanitizers need to know of one coroutine. */
struct coroutine_san {
	const void *lo;         /* its own stack */
	size_t bytes;           /* " */
	void *fake;             /* ASan's fake stack while suspended */
	const void *resumer_lo; /* the stack it goes back to when it suspends */
	size_t resumer_bytes;   /* " */
	bool learn;             /* arriving from a resumer: note its stack */
	void *fiber;            /* TSan's */
	void *resumer_fiber;    /* " */
};

#define COROUTINE_SAN_INLINE static inline __attribute__((always_inline))

/* For a fresh or recycled stack: clears the poison that the last owner's frames left. */
COROUTINE_SAN_INLINE void san_create(struct coroutine_san *s, const void *lo, size_t bytes)
{
	*s = (struct coroutine_san){.lo = lo, .bytes = bytes};
#if COROUTINE_ASAN
	__asan_unpoison_memory_region(lo, bytes);
#endif
#if COROUTINE_TSAN
	s->fiber = __tsan_create_fiber(0);
#endif
}

COROUTINE_SAN_INLINE void san_destroy(struct coroutine_san *s)
{
	(void)s;
#if COROUTINE_TSAN
	__tsan_destroy_fiber(s->fiber);
#endif
}

COROUTINE_SAN_INLINE void san_before_resume(struct coroutine_san *to, void **fake)
{
	(void)to;
	(void)fake;
#if COROUTINE_ASAN
	to->learn = true;
	__sanitizer_start_switch_fiber(fake, to->lo, to->bytes);
#endif
#if COROUTINE_TSAN
	to->resumer_fiber = __tsan_get_current_fiber();
	__tsan_switch_to_fiber(to->fiber, 0);
#endif
}

/* @last: @from never comes back, so ASan may free its fake stack. */
COROUTINE_SAN_INLINE void san_before_switch(
    struct coroutine_san *from, struct coroutine_san *to, bool last)
{
	(void)from;
	(void)to;
	(void)last;
#if COROUTINE_ASAN
	to->learn = false;
	to->resumer_lo = from->resumer_lo;
	to->resumer_bytes = from->resumer_bytes;
	__sanitizer_start_switch_fiber(last ? NULL : &from->fake, to->lo, to->bytes);
#endif
#if COROUTINE_TSAN
	to->resumer_fiber = from->resumer_fiber;
	__tsan_switch_to_fiber(to->fiber, 0);
#endif
}

/* @last: as above. */
COROUTINE_SAN_INLINE void san_before_suspend(struct coroutine_san *self, bool last)
{
	(void)self;
	(void)last;
#if COROUTINE_ASAN
	__sanitizer_start_switch_fiber(
	    last ? NULL : &self->fake, self->resumer_lo, self->resumer_bytes);
#endif
#if COROUTINE_TSAN
	__tsan_switch_to_fiber(self->resumer_fiber, 0);
#endif
}

/* First thing on a coroutine's stack after any switch to it. */
COROUTINE_SAN_INLINE void san_arrived(struct coroutine_san *self)
{
	(void)self;
#if COROUTINE_ASAN
	const void *lo;
	size_t bytes;

	__sanitizer_finish_switch_fiber(self->fake, &lo, &bytes);
	if (self->learn) {
		self->resumer_lo = lo;
		self->resumer_bytes = bytes;
	}
#endif
}

/* First thing back on the resumer's stack. */
COROUTINE_SAN_INLINE void san_returned(void *fake)
{
	(void)fake;
#if COROUTINE_ASAN
	__sanitizer_finish_switch_fiber(fake, NULL, NULL);
#endif
}

#endif
