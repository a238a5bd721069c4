/* Threads, timers and commands change plain globals and keys on all shards under the module lock. Whoever overlaps with
 * another or loses an update is counted. Loaded with the argument "fault", one thread leaves out the lock around the
 * globals: that must be found. */
#include "valkeymodule.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEYS = 16, DMA_KEYS = 4 };

/* All of these are changed under the module lock only, and not atomically. */
static volatile long inside, overlaps, lost, steps, by_threads, by_timers;
static long long counters[KEYS];
static unsigned dma_counters[DMA_KEYS];
static unsigned seed = 1;

static volatile int running; /* by_flag: read without the lock */
static int fault;

static unsigned chance(void) {
    return seed = seed * 1103515245u + 12345u, seed >> 8;
}

static long long add(ValkeyModuleCtx *ctx, int key, long long by) {
    char name[32];
    snprintf(name, sizeof name, "torture:%d", key);
    ValkeyModuleCallReply *reply = ValkeyModule_Call(ctx, "INCRBY", "cl", name, by);
    if (!reply || ValkeyModule_CallReplyType(reply) != VALKEYMODULE_REPLY_INTEGER) {
        lost++;
        if (reply) ValkeyModule_FreeCallReply(reply);
        return 0;
    }
    long long n = ValkeyModule_CallReplyInteger(reply);
    ValkeyModule_FreeCallReply(reply);
    return n;
}

/* Counts in eight digits at the key, in place. */
static void count_in_place(ValkeyModuleCtx *ctx, int which) {
    char name[32], digits[16];
    int n = snprintf(name, sizeof name, "dma:%d", which);
    ValkeyModuleString *key_name = ValkeyModule_CreateString(ctx, name, n);
    ValkeyModuleKey *key = ValkeyModule_OpenKey(ctx, key_name, VALKEYMODULE_READ | VALKEYMODULE_WRITE);
    if (ValkeyModule_KeyType(key) == VALKEYMODULE_KEYTYPE_EMPTY) ValkeyModule_StringTruncate(key, 8);
    size_t len = 0;
    char *at = ValkeyModule_StringDMA(key, &len, VALKEYMODULE_READ | VALKEYMODULE_WRITE);
    if (!at || len != 8) {
        lost++;
    } else {
        snprintf(digits, sizeof digits, "%08u", dma_counters[which] % 100000000);
        if (dma_counters[which] > 0 && memcmp(at, digits, 8) != 0) lost++;
        snprintf(digits, sizeof digits, "%08u", ++dma_counters[which] % 100000000);
        for (int i = 0; i < 8; i++) at[i] = digits[i];
    }
    ValkeyModule_CloseKey(key);
    ValkeyModule_FreeString(ctx, key_name);
}

static void enter(void) {
    if (++inside != 1) overlaps++;
}

static void leave(void) {
    if (--inside != 0) overlaps++;
    steps = steps + 1;
}

/* Takes from one key and gives to another: their sum stays 0, also for clients that look at all at once. */
static void step(ValkeyModuleCtx *ctx) {
    enter();
    int from = chance() % KEYS, to = chance() % KEYS;
    long long by = 1 + chance() % 9;
    if (add(ctx, from, -by) != (counters[from] -= by)) lost++;
    if (chance() % 8 == 0) count_in_place(ctx, chance() % DMA_KEYS);
    if (add(ctx, to, by) != (counters[to] += by)) lost++;
    leave();
}

static void *work(void *arg) {
    long number = (long)arg;
    ValkeyModuleCtx *ctx = ValkeyModule_GetThreadSafeContext(NULL);
    for (unsigned n = 0; running; n++) {
        if (number % 2 == 0) {
            ValkeyModule_ThreadSafeContextLock(ctx);
        } else if (ValkeyModule_ThreadSafeContextTryLock(ctx) != VALKEYMODULE_OK) {
            usleep(20);
            continue;
        }
        step(ctx);
        if (n % 4 == 0) step(ctx);
        by_threads++;
        ValkeyModule_ThreadSafeContextUnlock(ctx);
        if (n % 16 == 0) usleep(50);
    }
    ValkeyModule_FreeThreadSafeContext(ctx);
    return NULL;
}

static void *faulty(void *arg) {
    (void)arg;
    while (running) {
        enter();
        usleep(10);
        leave();
        usleep(100);
    }
    return NULL;
}

static void on_timer(ValkeyModuleCtx *ctx, void *data) {
    step(ctx);
    by_timers++;
    if (running) ValkeyModule_CreateTimer(ctx, chance() % 3, on_timer, data);
}

static void start(void *(*run)(void *), void *arg) {
    pthread_t t;
    if (pthread_create(&t, NULL, run, arg) != 0) abort();
    pthread_detach(t);
}

/* TORTURE.START threads timers */
static int begin(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    long long threads, timers;
    if (argc != 3) return ValkeyModule_WrongArity(ctx);
    ValkeyModule_StringToLongLong(argv[1], &threads);
    ValkeyModule_StringToLongLong(argv[2], &timers);
    running = 1;
    for (long n = 0; n < threads; n++) start(work, (void *)n);
    if (fault) start(faulty, NULL);
    for (long n = 0; n < timers; n++) ValkeyModule_CreateTimer(ctx, 1, on_timer, NULL);
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

static int stop(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    (void)argv, (void)argc;
    running = 0;
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

/* TORTURE.STEP */
static int one(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    (void)argv, (void)argc;
    step(ctx);
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

static int answer(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    (void)argv, (void)argc;
    step(ctx);
    return ValkeyModule_ReplyWithSimpleString(ctx, ValkeyModule_GetBlockedClientPrivateData(ctx));
}

static void *behind(void *arg) {
    ValkeyModuleCtx *ctx = ValkeyModule_GetThreadSafeContext(arg);
    ValkeyModule_ThreadSafeContextLock(ctx);
    step(ctx);
    ValkeyModule_ThreadSafeContextUnlock(ctx);
    ValkeyModule_FreeThreadSafeContext(ctx);
    ValkeyModule_UnblockClient(arg, "DONE");
    return NULL;
}

/* TORTURE.BEHIND: a thread does it, and the reply callback once more. */
static int from_behind(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    (void)argv, (void)argc;
    step(ctx);
    start(behind, ValkeyModule_BlockClient(ctx, answer, NULL, NULL, 0));
    return VALKEYMODULE_OK;
}

/* TORTURE.CHECK: overlaps, lost updates, steps, sections of threads, timers. */
static int check(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    (void)argv, (void)argc;
    long long sum = 0;
    enter();
    for (int key = 0; key < KEYS; key++) {
        long long n = add(ctx, key, 0);
        if (n != counters[key]) lost++;
        sum += n;
    }
    if (sum != 0) lost++;
    leave();
    ValkeyModule_ReplyWithArray(ctx, 5);
    ValkeyModule_ReplyWithLongLong(ctx, overlaps);
    ValkeyModule_ReplyWithLongLong(ctx, lost);
    ValkeyModule_ReplyWithLongLong(ctx, steps);
    ValkeyModule_ReplyWithLongLong(ctx, by_threads);
    return ValkeyModule_ReplyWithLongLong(ctx, by_timers);
}

int ValkeyModule_OnLoad(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (ValkeyModule_Init(ctx, "torture", 1, VALKEYMODULE_APIVER_1) != VALKEYMODULE_OK) return VALKEYMODULE_ERR;
    fault = argc > 0 && strcmp(ValkeyModule_StringPtrLen(argv[0], NULL), "fault") == 0;
#define COMMAND(name, run) \
    if (ValkeyModule_CreateCommand(ctx, name, run, "write", 0, 0, 0) != VALKEYMODULE_OK) return VALKEYMODULE_ERR
    COMMAND("torture.start", begin);
    COMMAND("torture.stop", stop);
    COMMAND("torture.step", one);
    COMMAND("torture.behind", from_behind);
    COMMAND("torture.check", check);
    return VALKEYMODULE_OK;
}
