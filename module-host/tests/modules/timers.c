/* Timers: fired ones append their label to a log. */
#include "valkeymodule.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static char log_text[65536];
static size_t log_len;

static void note(const char *label) {
    size_t n = strlen(label);
    if (log_len + n + 1 >= sizeof log_text) abort();
    memcpy(log_text + log_len, label, n);
    log_len += n;
    log_text[log_len++] = ' ';
}

static char *copy(ValkeyModuleString *s) {
    size_t n;
    const char *p = ValkeyModule_StringPtrLen(s, &n);
    char *c = malloc(n + 1);
    memcpy(c, p, n);
    c[n] = 0;
    return c;
}

static long long number(ValkeyModuleString *s) {
    long long n = 0;
    ValkeyModule_StringToLongLong(s, &n);
    return n;
}

static void fired(ValkeyModuleCtx *ctx, void *data) {
    (void)ctx;
    note(data);
    free(data);
}

/* T.CREATE ms label: the timer's id. */
static int create(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 3) return ValkeyModule_WrongArity(ctx);
    ValkeyModuleTimerID id = ValkeyModule_CreateTimer(ctx, number(argv[1]), fired, copy(argv[2]));
    return ValkeyModule_ReplyWithLongLong(ctx, (long long)id);
}

/* T.STOP id: its label, or null. */
static int stop(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 2) return ValkeyModule_WrongArity(ctx);
    void *data = NULL;
    if (ValkeyModule_StopTimer(ctx, number(argv[1]), &data) != VALKEYMODULE_OK) return ValkeyModule_ReplyWithNull(ctx);
    ValkeyModule_ReplyWithCString(ctx, data);
    free(data);
    return VALKEYMODULE_OK;
}

/* T.INFO id: milliseconds and label, or null. */
static int info(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 2) return ValkeyModule_WrongArity(ctx);
    uint64_t remaining = 0;
    void *data = NULL;
    if (ValkeyModule_GetTimerInfo(ctx, number(argv[1]), &remaining, &data) != VALKEYMODULE_OK)
        return ValkeyModule_ReplyWithNull(ctx);
    if (ValkeyModule_GetTimerInfo(ctx, number(argv[1]), NULL, NULL) != VALKEYMODULE_OK) abort();
    ValkeyModule_ReplyWithArray(ctx, 2);
    ValkeyModule_ReplyWithLongLong(ctx, (long long)remaining);
    return ValkeyModule_ReplyWithCString(ctx, data);
}

/* T.LOG: what has fired since the last time. */
static int show(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    (void)argv, (void)argc;
    ValkeyModule_ReplyWithStringBuffer(ctx, log_text, log_len);
    log_len = 0;
    return VALKEYMODULE_OK;
}

static void chained(ValkeyModuleCtx *ctx, void *data) {
    long left = (long)data;
    note("c");
    if (left > 1) ValkeyModule_CreateTimer(ctx, 0, chained, (void *)(left - 1));
}

/* T.CHAIN n: a timer that makes the next one, n in all. */
static int chain(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 2) return ValkeyModule_WrongArity(ctx);
    ValkeyModule_CreateTimer(ctx, 0, chained, (void *)(long)number(argv[1]));
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

static void writes(ValkeyModuleCtx *ctx, void *data) {
    ValkeyModuleCallReply *reply = ValkeyModule_Call(ctx, "INCR", "c", data);
    if (reply) ValkeyModule_FreeCallReply(reply);
    note(reply ? "wrote" : "failed");
    free(data);
}

/* T.WRITE ms key: the timer increments the key in the database of this client. */
static int write_later(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 3) return ValkeyModule_WrongArity(ctx);
    ValkeyModule_CreateTimer(ctx, number(argv[1]), writes, copy(argv[2]));
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

struct job {
    ValkeyModuleCtx *ctx;
    ValkeyModuleBlockedClient *bc;
    long long ms;
    char *label;
    int locked;
};

static void *in_thread(void *arg) {
    struct job *job = arg;
    if (job->locked) ValkeyModule_ThreadSafeContextLock(job->ctx);
    ValkeyModuleTimerID id = ValkeyModule_CreateTimer(job->ctx, job->ms, fired, job->label);
    if (job->locked) ValkeyModule_ThreadSafeContextUnlock(job->ctx);
    ValkeyModule_ReplyWithLongLong(job->ctx, id != 0);
    ValkeyModule_FreeThreadSafeContext(job->ctx);
    ValkeyModule_UnblockClient(job->bc, NULL);
    free(job);
    return NULL;
}

/* T.THREAD ms label locked: a timer made by a thread, with the module lock or without it: 1 if it was made. */
static int thread(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 4) return ValkeyModule_WrongArity(ctx);
    struct job *job = malloc(sizeof *job);
    job->bc = ValkeyModule_BlockClient(ctx, NULL, NULL, NULL, 0);
    job->ctx = ValkeyModule_GetThreadSafeContext(job->bc);
    job->ms = number(argv[1]);
    job->label = copy(argv[2]);
    job->locked = (int)number(argv[3]);
    pthread_t t;
    if (pthread_create(&t, NULL, in_thread, job) != 0) abort();
    pthread_detach(t);
    return VALKEYMODULE_OK;
}

int ValkeyModule_OnLoad(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    (void)argv, (void)argc;
    if (ValkeyModule_Init(ctx, "timers", 1, VALKEYMODULE_APIVER_1) != VALKEYMODULE_OK) return VALKEYMODULE_ERR;
#define COMMAND(name, run) \
    if (ValkeyModule_CreateCommand(ctx, name, run, "", 0, 0, 0) != VALKEYMODULE_OK) return VALKEYMODULE_ERR
    COMMAND("t.create", create);
    COMMAND("t.stop", stop);
    COMMAND("t.info", info);
    COMMAND("t.log", show);
    COMMAND("t.chain", chain);
    COMMAND("t.write", write_later);
    COMMAND("t.thread", thread);
    return VALKEYMODULE_OK;
}
