/* Blocked clients, by name: who ends the wait, and what is called then. */
#include "valkeymodule.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAMES_MAX = 1024 };

static struct {
    char name[32];
    ValkeyModuleBlockedClient *bc;
} blocked[NAMES_MAX + 1];

static long long freed, freed_without_client, disconnected, timed_out;

static void text(ValkeyModuleString *s, char *to, size_t size) {
    size_t n;
    const char *p = ValkeyModule_StringPtrLen(s, &n);
    snprintf(to, size, "%.*s", (int)n, p);
}

static long long number(ValkeyModuleString *s) {
    long long n = 0;
    ValkeyModule_StringToLongLong(s, &n);
    return n;
}

static int find(ValkeyModuleString *name, int make) {
    char want[32];
    text(name, want, sizeof want);
    for (int i = 0; i < NAMES_MAX; i++) {
        if (blocked[i].name[0] == 0 && make) strcpy(blocked[i].name, want);
        if (strcmp(blocked[i].name, want) == 0) return i;
    }
    if (make) abort();
    return NAMES_MAX; /* it has no client */
}

/* B.HAS name: was a client blocked by that name? */
static int has(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 2) return ValkeyModule_WrongArity(ctx);
    return ValkeyModule_ReplyWithLongLong(ctx, find(argv[1], 0) < NAMES_MAX);
}

/* [what it was unblocked with, the command's second argument, is it a reply request, is it a timeout request]. */
static int on_reply(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc < 2) abort();
    const char *data = ValkeyModule_GetBlockedClientPrivateData(ctx);
    ValkeyModule_ReplyWithArray(ctx, 4);
    ValkeyModule_ReplyWithCString(ctx, data ? data : "nothing");
    ValkeyModule_ReplyWithString(ctx, argv[1]);
    ValkeyModule_ReplyWithLongLong(ctx, ValkeyModule_IsBlockedReplyRequest(ctx));
    return ValkeyModule_ReplyWithLongLong(ctx, ValkeyModule_IsBlockedTimeoutRequest(ctx));
}

static int on_timeout(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc < 2 || !ValkeyModule_IsBlockedTimeoutRequest(ctx) || ValkeyModule_IsBlockedReplyRequest(ctx)) abort();
    if (ValkeyModule_GetBlockedClientHandle(ctx) != blocked[find(argv[1], 0)].bc) abort();
    timed_out++;
    return ValkeyModule_ReplyWithSimpleString(ctx, "too late");
}

static void on_free(ValkeyModuleCtx *ctx, void *data) {
    freed++;
    freed_without_client += ValkeyModule_BlockedClientDisconnected(ctx);
    free(data);
}

static void on_disconnect(ValkeyModuleCtx *ctx, ValkeyModuleBlockedClient *bc) {
    (void)ctx;
    disconnected++;
    for (int i = 0; i < NAMES_MAX; i++)
        if (blocked[i].bc == bc) return;
    abort();
}

/* B.BLOCK name [ms]: waits until it is unblocked by that name. */
static int block(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 2 && argc != 3) return ValkeyModule_WrongArity(ctx);
    long long ms = argc == 3 ? number(argv[2]) : 0;
    ValkeyModuleBlockedClient *bc = ValkeyModule_BlockClient(ctx, on_reply, on_timeout, on_free, ms);
    ValkeyModule_SetDisconnectCallback(bc, on_disconnect);
    blocked[find(argv[1], 1)].bc = bc;
    return VALKEYMODULE_OK;
}

/* B.BARE name ms: as B.BLOCK, but without callbacks. */
static int bare(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 3) return ValkeyModule_WrongArity(ctx);
    blocked[find(argv[1], 1)].bc = ValkeyModule_BlockClient(ctx, NULL, NULL, NULL, number(argv[2]));
    return VALKEYMODULE_OK;
}

/* B.UNBLOCK name text [times]: what the last call of UnblockClient answers. */
static int unblock(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 3 && argc != 4) return ValkeyModule_WrongArity(ctx);
    char *data = malloc(64);
    text(argv[2], data, 64);
    int times = argc == 4 ? (int)number(argv[3]) : 1, rc = 0;
    while (times-- > 0) {
        rc = ValkeyModule_UnblockClient(blocked[find(argv[1], 0)].bc, data);
        data = NULL;
    }
    return ValkeyModule_ReplyWithLongLong(ctx, rc);
}

static int abort_it(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 2) return ValkeyModule_WrongArity(ctx);
    return ValkeyModule_ReplyWithLongLong(ctx, ValkeyModule_AbortBlock(blocked[find(argv[1], 0)].bc));
}

/* B.CHANGEOFMIND: blocks, aborts that, and answers itself. */
static int change_of_mind(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    (void)argv, (void)argc;
    ValkeyModuleBlockedClient *bc = ValkeyModule_BlockClient(ctx, on_reply, on_timeout, on_free, 0);
    ValkeyModule_AbortBlock(bc);
    return ValkeyModule_ReplyWithError(ctx, "ERR no thread");
}

/* B.ATONCE: blocks and unblocks in the command itself. */
static int at_once(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 2) return ValkeyModule_WrongArity(ctx);
    (void)argv;
    ValkeyModuleBlockedClient *bc = ValkeyModule_BlockClient(ctx, on_reply, on_timeout, on_free, 0);
    ValkeyModule_UnblockClient(bc, strdup("at once"));
    return VALKEYMODULE_OK;
}

static int blocks_again(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    (void)argv, (void)argc;
    ValkeyModuleBlockedClient *bc = ValkeyModule_BlockClient(ctx, on_reply, on_timeout, on_free, 0);
    ValkeyModule_UnblockClient(bc, NULL);
    return VALKEYMODULE_OK;
}

/* B.AGAIN: its reply callback tries to block. */
static int again(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    (void)argv, (void)argc;
    ValkeyModuleBlockedClient *bc = ValkeyModule_BlockClient(ctx, blocks_again, NULL, NULL, 0);
    ValkeyModule_UnblockClient(bc, NULL);
    return VALKEYMODULE_OK;
}

/* B.DATA: private data kept with the client, before it is unblocked. */
static int data(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    (void)argv, (void)argc;
    ValkeyModuleBlockedClient *bc = ValkeyModule_BlockClient(ctx, on_reply, on_timeout, on_free, 0);
    if (ValkeyModule_BlockClientGetPrivateData(bc) != NULL) abort();
    ValkeyModule_BlockClientSetPrivateData(bc, &freed);
    if (ValkeyModule_BlockClientGetPrivateData(bc) != &freed) abort();
    ValkeyModule_UnblockClient(bc, strdup("kept"));
    return VALKEYMODULE_OK;
}

struct job {
    ValkeyModuleBlockedClient *bc;
    long long ms;
    int free_late;
};

/* Answers without the module lock, by two contexts of one client. */
static void *answers(void *arg) {
    struct job *job = arg;
    ValkeyModuleCtx *one = ValkeyModule_GetThreadSafeContext(job->bc);
    ValkeyModuleCtx *two = ValkeyModule_GetThreadSafeContext(job->bc);
    if (ValkeyModule_GetBlockedClientHandle(one) != job->bc) abort();
    if (ValkeyModule_GetBlockedClientPrivateData(one) != NULL) abort();
    ValkeyModule_BlockedClientMeasureTimeStart(job->bc);
    usleep(job->ms * 1000);
    ValkeyModule_BlockedClientMeasureTimeEnd(job->bc);
    ValkeyModule_ReplyWithArray(one, VALKEYMODULE_POSTPONED_LEN);
    ValkeyModule_ReplyWithLongLong(two, 1);
    ValkeyModule_ReplyWithCString(one, "two");
    ValkeyModule_ReplySetArrayLength(two, 2);
    if (job->free_late) {
        ValkeyModule_UnblockClient(job->bc, NULL);
        usleep(1000);
    }
    ValkeyModule_FreeThreadSafeContext(one);
    ValkeyModule_FreeThreadSafeContext(two);
    if (!job->free_late) ValkeyModule_UnblockClient(job->bc, NULL);
    free(job);
    return NULL;
}

/* B.THREAD ms free_late */
static int thread(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 3) return ValkeyModule_WrongArity(ctx);
    struct job *job = malloc(sizeof *job);
    job->ms = number(argv[1]);
    job->free_late = (int)number(argv[2]);
    job->bc = ValkeyModule_BlockClient(ctx, NULL, NULL, NULL, 0);
    pthread_t t;
    if (pthread_create(&t, NULL, answers, job) != 0) abort();
    pthread_detach(t);
    return VALKEYMODULE_OK;
}

/* B.STATS: freed, of these without a client, disconnect callbacks, timeouts. */
static int stats(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    (void)argv, (void)argc;
    ValkeyModule_ReplyWithArray(ctx, 4);
    ValkeyModule_ReplyWithLongLong(ctx, freed);
    ValkeyModule_ReplyWithLongLong(ctx, freed_without_client);
    ValkeyModule_ReplyWithLongLong(ctx, disconnected);
    return ValkeyModule_ReplyWithLongLong(ctx, timed_out);
}

/* B.CALL: calls B.BLOCK. */
static int call(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 2) return ValkeyModule_WrongArity(ctx);
    ValkeyModuleCallReply *reply = ValkeyModule_Call(ctx, "B.BLOCK", "Es", argv[1]);
    if (!reply) return ValkeyModule_ReplyWithError(ctx, "ERR null");
    size_t n;
    const char *p = ValkeyModule_CallReplyStringPtr(reply, &n);
    ValkeyModule_ReplyWithStringBuffer(ctx, p ? p : "", p ? n : 0);
    ValkeyModule_FreeCallReply(reply);
    return VALKEYMODULE_OK;
}

int ValkeyModule_OnLoad(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    (void)argv, (void)argc;
    if (ValkeyModule_Init(ctx, "blocking", 1, VALKEYMODULE_APIVER_1) != VALKEYMODULE_OK) return VALKEYMODULE_ERR;
#define COMMAND(name, run) \
    if (ValkeyModule_CreateCommand(ctx, name, run, "", 0, 0, 0) != VALKEYMODULE_OK) return VALKEYMODULE_ERR
    COMMAND("b.block", block);
    COMMAND("b.has", has);
    COMMAND("b.bare", bare);
    COMMAND("b.unblock", unblock);
    COMMAND("b.abort", abort_it);
    COMMAND("b.changeofmind", change_of_mind);
    COMMAND("b.atonce", at_once);
    COMMAND("b.again", again);
    COMMAND("b.data", data);
    COMMAND("b.thread", thread);
    COMMAND("b.stats", stats);
    COMMAND("b.call", call);
    return VALKEYMODULE_OK;
}
