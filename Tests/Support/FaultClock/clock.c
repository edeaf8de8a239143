// A wall clock that is wrong by a number of seconds, for a process that is started with this library in LD_PRELOAD.
//
// FAULT_CLOCK_FILE names a file of eight bytes: the seconds, signed, by which the process is ahead of the true time. It is mapped, so that whoever writes to it
// steps the clock at once. Clocks other than the wall clock go as ever.
//
// Whoever waits until an instant of the wall clock names it by the wrong clock, and the kernel knows only the true one: such instants are set right on their way. Without
// that a worker whose clock is ahead would wait for its own timers until the true time has caught up. (libfaketime does this for POSIX threads but not for the
// threads of C11, which librdkafka uses.)

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static _Atomic(int64_t) *ahead;

static int (*next_cnd_timedwait)(cnd_t *, mtx_t *, const struct timespec *);
static int (*next_mtx_timedlock)(mtx_t *, const struct timespec *);
static int (*next_cond_clockwait)(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *);
static int (*next_mutex_timedlock)(pthread_mutex_t *, const struct timespec *);
static int (*next_sem_timedwait)(sem_t *, const struct timespec *);
static int (*next_sem_clockwait)(sem_t *, clockid_t, const struct timespec *);

__attribute__((constructor)) static void begin(void) {
    next_cnd_timedwait = dlsym(RTLD_NEXT, "cnd_timedwait");
    next_mtx_timedlock = dlsym(RTLD_NEXT, "mtx_timedlock");
    next_cond_clockwait = dlsym(RTLD_NEXT, "pthread_cond_clockwait");
    next_mutex_timedlock = dlsym(RTLD_NEXT, "pthread_mutex_timedlock");
    next_sem_timedwait = dlsym(RTLD_NEXT, "sem_timedwait");
    next_sem_clockwait = dlsym(RTLD_NEXT, "sem_clockwait");
    const char *name = getenv("FAULT_CLOCK_FILE");
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *page = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (page != MAP_FAILED) ahead = page;
}

static int64_t error_now(void) { return ahead ? atomic_load(ahead) : 0; }

/// The true instant that somebody with the wrong clock means.
static struct timespec set_right(const struct timespec *wrong) {
    struct timespec right = *wrong;
    right.tv_sec -= error_now();
    if (right.tv_sec < 0) right.tv_sec = 0;
    return right;
}

// Asking for the time.

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = (int)syscall(SYS_clock_gettime, clock, time);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += error_now();
    return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    struct timespec now;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *where) {
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    if (where) *where = now.tv_sec;
    return now.tv_sec;
}

int timespec_get(struct timespec *time, int base) {
    return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, time) == 0 ? base : 0;
}

// Waiting for a time.

int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict until) {
    struct timespec right = set_right(until);
    return next_cnd_timedwait(condition, mutex, &right);
}

int mtx_timedlock(mtx_t *restrict mutex, const struct timespec *restrict until) {
    struct timespec right = set_right(until);
    return next_mtx_timedlock(mutex, &right);
}

int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until) {
    struct timespec right = clock == CLOCK_REALTIME ? set_right(until) : *until;
    return next_cond_clockwait(condition, mutex, clock, &right);
}

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, const struct timespec *restrict until) {
    // glibc keeps a condition's clock in the second bit of `__wrefs` (nptl/pthread_cond_common.c).
    return pthread_cond_clockwait(condition, mutex, condition->__data.__wrefs & 2 ? CLOCK_MONOTONIC : CLOCK_REALTIME, until);
}

int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict until) {
    struct timespec right = set_right(until);
    return next_mutex_timedlock(mutex, &right);
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until) {
    struct timespec right = set_right(until);
    return next_sem_timedwait(semaphore, &right);
}

int sem_clockwait(sem_t *restrict semaphore, clockid_t clock, const struct timespec *restrict until) {
    struct timespec right = clock == CLOCK_REALTIME ? set_right(until) : *until;
    return next_sem_clockwait(semaphore, clock, &right);
}
