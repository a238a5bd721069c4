/* Threads and the module lock. */
#include "valkeymodule.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Plain, not atomic: only the holder of the module lock touches them. */
static volatile long inside, overlaps, turns;

static long long number(ValkeyModuleString *s) {
    long long n = 0;
    ValkeyModule_StringToLongLong(s, &n);
    return n;
}

static void start(void *(*run)(void *), void *arg) {
    pthread_t t;
    if (pthread_create(&t, NULL, run, arg) != 0) abort();
    pthread_detach(t);
}

struct job {
    ValkeyModuleBlockedClient *bc;
    ValkeyModuleCtx *ctx;
    long long n;
    char key[64];
};

static struct job *job_of(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    struct job *job = calloc(1, sizeof *job);
    job->bc = ValkeyModule_BlockClient(ctx, NULL, NULL, NULL, 0);
    job->ctx = ValkeyModule_GetThreadSafeContext(job->bc);
    job->n = argc > 1 ? number(argv[1]) : 0;
    if (argc > 2) strncpy(job->key, ValkeyModule_StringPtrLen(argv[2], NULL), sizeof job->key - 1);
    return job;
}

static void end(struct job *job) {
    ValkeyModule_FreeThreadSafeContext(job->ctx);
    ValkeyModule_UnblockClient(job->bc, NULL);
    free(job);
}

static long long incr(ValkeyModuleCtx *ctx, const char *key) {
    ValkeyModuleCallReply *reply = ValkeyModule_Call(ctx, "INCR", "c", key);
    if (!reply) return -1;
    long long n = ValkeyModule_CallReplyInteger(reply);
    ValkeyModule_FreeCallReply(reply);
    return n;
}

static void *locks(void *arg) {
    struct job *job = arg;
    long long last = 0;
    for (long long i = 0; i < job->n; i++) {
        ValkeyModule_ThreadSafeContextLock(job->ctx);
        if (++inside != 1) overlaps++;
        turns++;
        last = incr(job->ctx, job->key);
        inside--;
        ValkeyModule_ThreadSafeContextUnlock(job->ctx);
    }
    ValkeyModule_ReplyWithLongLong(job->ctx, last);
    end(job);
    return NULL;
}

/* TH.INCR n key: a thread increments the key n times, each time under the module lock: the last value it saw. */
static int incr_n(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 3) return ValkeyModule_WrongArity(ctx);
    start(locks, job_of(ctx, argv, argc));
    return VALKEYMODULE_OK;
}

/* TH.NOW key: increments it in the command. */
static int incr_now(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 2) return ValkeyModule_WrongArity(ctx);
    if (++inside != 1) overlaps++;
    long long n = incr(ctx, ValkeyModule_StringPtrLen(argv[1], NULL));
    inside--;
    return ValkeyModule_ReplyWithLongLong(ctx, n);
}

static void *tries_once(void *arg) {
    errno = 0;
    *(int *)arg = ValkeyModule_ThreadSafeContextTryLock(NULL) == VALKEYMODULE_OK ? 0 : errno;
    return NULL;
}

/* TH.JOIN: a thread that the command waits for tries to lock: errno says busy. */
static int join(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    (void)argv, (void)argc;
    pthread_t t;
    int got = -1;
    if (pthread_create(&t, NULL, tries_once, &got) != 0) abort();
    pthread_join(t, NULL);
    return ValkeyModule_ReplyWithSimpleString(ctx, got == EBUSY ? "EBUSY" : got == 0 ? "locked" : "other");
}

static void *tries(void *arg) {
    struct job *job = arg;
    long long got = 0;
    for (long long tried = 0; got < job->n && tried < 10000; tried++) {
        if (ValkeyModule_ThreadSafeContextTryLock(job->ctx) == VALKEYMODULE_OK) {
            if (++inside != 1) overlaps++;
            incr(job->ctx, job->key);
            got++;
            inside--;
            ValkeyModule_ThreadSafeContextUnlock(job->ctx);
        } else if (errno != EBUSY) {
            abort();
        }
        usleep(100);
    }
    ValkeyModule_ReplyWithLongLong(job->ctx, got);
    end(job);
    return NULL;
}

/* TH.TRY n key: as TH.INCR, by TryLock. */
static int try_n(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 3) return ValkeyModule_WrongArity(ctx);
    start(tries, job_of(ctx, argv, argc));
    return VALKEYMODULE_OK;
}

static void *holds(void *arg) {
    struct job *job = arg;
    ValkeyModule_ThreadSafeContextLock(job->ctx);
    if (++inside != 1) overlaps++;
    long long before = incr(job->ctx, job->key);
    usleep(job->n * 1000);
    long long after = incr(job->ctx, job->key);
    inside--;
    ValkeyModule_ThreadSafeContextUnlock(job->ctx);
    ValkeyModule_ReplyWithLongLong(job->ctx, after - before);
    end(job);
    return NULL;
}

/* TH.HOLD ms key: a thread holds the lock so long between two increments: their difference. */
static int hold(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 3) return ValkeyModule_WrongArity(ctx);
    start(holds, job_of(ctx, argv, argc));
    return VALKEYMODULE_OK;
}

/* TH.SLEEP ms: the command itself takes so long. */
static int sleep_here(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 2) return ValkeyModule_WrongArity(ctx);
    if (++inside != 1) overlaps++;
    usleep(number(argv[1]) * 1000);
    inside--;
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

static void *locks_once(void *arg) {
    ValkeyModuleCtx *ctx = ValkeyModule_GetThreadSafeContext(NULL);
    ValkeyModule_ThreadSafeContextLock(ctx);
    if (++inside != 1) overlaps++;
    incr(ctx, arg);
    inside--;
    ValkeyModule_ThreadSafeContextUnlock(ctx);
    ValkeyModule_FreeThreadSafeContext(ctx);
    return NULL;
}

/* TH.LETIN key: the command increments, lets a thread in that does too, takes the lock back, and increments once more. */
static int let_in(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 2) return ValkeyModule_WrongArity(ctx);
    char key[64] = "";
    strncpy(key, ValkeyModule_StringPtrLen(argv[1], NULL), sizeof key - 1);
    incr(ctx, key);
    pthread_t t;
    if (pthread_create(&t, NULL, locks_once, key) != 0) abort();
    ValkeyModule_ThreadSafeContextUnlock(ctx);
    pthread_join(t, NULL);
    ValkeyModule_ThreadSafeContextLock(ctx);
    return ValkeyModule_ReplyWithLongLong(ctx, incr(ctx, key));
}

static void *detached(void *arg) {
    ValkeyModuleCtx *ctx = arg;
    ValkeyModule_ThreadSafeContextLock(ctx);
    turns++;
    ValkeyModule_ThreadSafeContextUnlock(ctx);
    ValkeyModule_ReplyWithLongLong(ctx, 1); /* goes nowhere */
    ValkeyModule_FreeThreadSafeContext(ctx);
    ctx = ValkeyModule_GetThreadSafeContext(NULL);
    ValkeyModule_ReplyWithLongLong(ctx, 1);
    ValkeyModule_FreeThreadSafeContext(ctx);
    return NULL;
}

/* TH.DETACHED: a thread with a context of no client takes a turn. */
static int detach(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    (void)argv, (void)argc;
    start(detached, ValkeyModule_GetDetachedThreadSafeContext(ctx));
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

static void *forever(void *arg) {
    ValkeyModuleCtx *ctx = arg;
    for (;;) {
        ValkeyModule_ThreadSafeContextLock(ctx);
        turns++;
        ValkeyModule_ThreadSafeContextUnlock(ctx);
    }
    return NULL;
}

/* TH.GREEDY n: so many threads take the lock again and again, without a pause. */
static int greedy(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 2) return ValkeyModule_WrongArity(ctx);
    for (long long n = number(argv[1]); n > 0; n--) start(forever, ValkeyModule_GetDetachedThreadSafeContext(ctx));
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

/* TH.STATS: overlaps, turns. */
static int stats(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    (void)argv, (void)argc;
    ValkeyModule_ReplyWithArray(ctx, 2);
    ValkeyModule_ReplyWithLongLong(ctx, overlaps);
    return ValkeyModule_ReplyWithLongLong(ctx, turns);
}

int ValkeyModule_OnLoad(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    (void)argv, (void)argc;
    if (ValkeyModule_Init(ctx, "threads", 1, VALKEYMODULE_APIVER_1) != VALKEYMODULE_OK) return VALKEYMODULE_ERR;
#define COMMAND(name, run, key) \
    if (ValkeyModule_CreateCommand(ctx, name, run, "", key, key, key ? 1 : 0) != VALKEYMODULE_OK) return VALKEYMODULE_ERR
    COMMAND("th.incr", incr_n, 2);
    COMMAND("th.now", incr_now, 1);
    COMMAND("th.join", join, 0);
    COMMAND("th.try", try_n, 2);
    COMMAND("th.letin", let_in, 1);
    COMMAND("th.hold", hold, 2);
    COMMAND("th.sleep", sleep_here, 0);
    COMMAND("th.detached", detach, 0);
    COMMAND("th.greedy", greedy, 0);
    COMMAND("th.stats", stats, 0);
    return VALKEYMODULE_OK;
}
