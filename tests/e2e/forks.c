/* Linked into watched builds (-Wl,--wrap=fork,--wrap=_exit). What a forked process has from its
 * parent is no leak of its own, although it may have forgotten where that is: so the parent's
 * stack is kept. And sanitizers do not look for leaks where such a process ends, by _exit(). */
#include <ucontext.h>
#include <unistd.h>

#define KEPT (1 << 16)

extern void *__libc_stack_end;
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));
pid_t __real_fork(void);
pid_t __wrap_fork(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

static void *kept[KEPT];
static ucontext_t registers;

pid_t
__wrap_fork(void)
{
	void **p = __builtin_frame_address(0);

	getcontext(&registers);
	for (int i = 0; i < KEPT && p + i < (void **)__libc_stack_end; i++)
		kept[i] = p[i];
	return __real_fork();
}

void
__wrap__exit(int status)
{
	if (__lsan_do_recoverable_leak_check != NULL)
		__lsan_do_recoverable_leak_check();
	__real__exit(status);
}
