/* demo: a module to learn from. It has plain commands, a data type of its own, a command that makes its client wait while
 * a thread works, and a timer. `valkore-server --demo` loads it; to build and load it by hand:
 *
 *     gcc -shared -fPIC -pthread -I module-host/include -o demo.so examples/modules/demo.c
 *     valkore-server --loadmodule ./demo.so
 *
 * It uses nothing but the Modules API of Valkey: the same file runs in valkey-server.
 */

#include "valkeymodule.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

/* ---- Plain commands. A command is a function that answers its client once. */

/* DEMO.HELLO [name] */
static int Hello(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc > 2) return ValkeyModule_WrongArity(ctx);
    ValkeyModuleString *text =
        ValkeyModule_CreateStringPrintf(ctx, "Hello, %s!", argc == 2 ? ValkeyModule_StringPtrLen(argv[1], NULL) : "world");
    ValkeyModule_ReplyWithString(ctx, text);
    ValkeyModule_FreeString(ctx, text);
    return VALKEYMODULE_OK;
}

/* DEMO.SWAP key key: exchanges two strings. The keys may belong to different shards: a command may touch any key, and
 * everyone else sees all of what it does, or nothing. */
static int Swap(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 3) return ValkeyModule_WrongArity(ctx);
    /* What is opened and created from here on is let go when the command returns. */
    ValkeyModule_AutoMemory(ctx);
    ValkeyModuleKey *keys[2];
    ValkeyModuleString *values[2];
    for (int i = 0; i < 2; i++) {
        keys[i] = ValkeyModule_OpenKey(ctx, argv[1 + i], VALKEYMODULE_READ | VALKEYMODULE_WRITE);
        if (ValkeyModule_KeyType(keys[i]) != VALKEYMODULE_KEYTYPE_STRING)
            return ValkeyModule_ReplyWithError(ctx, "ERR both keys must hold a string");
        /* The string's bytes, where they are. They may move with the next write: hence the copies. */
        size_t len;
        const char *bytes = ValkeyModule_StringDMA(keys[i], &len, VALKEYMODULE_READ);
        values[i] = ValkeyModule_CreateString(ctx, bytes, len);
    }
    ValkeyModule_StringSet(keys[0], values[1]);
    ValkeyModule_StringSet(keys[1], values[0]);
    /* Replicas and the append-only file get the command as it came. */
    ValkeyModule_ReplicateVerbatim(ctx);
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

/* ---- A data type: a ring that keeps the last numbers pushed into it. */

#define RING_SIZE 8

typedef struct {
    long long numbers[RING_SIZE];
    /* Numbers that were ever pushed; the last one is in numbers[(pushed - 1) % RING_SIZE]. */
    unsigned long long pushed;
} Ring;

static ValkeyModuleType *RingType;

static size_t RingLen(const Ring *ring) {
    return ring->pushed < RING_SIZE ? (size_t)ring->pushed : RING_SIZE;
}

/* The server calls these for values of the type: when a key goes, is copied, measured, saved or loaded. */

static void RingFree(void *value) {
    ValkeyModule_Free(value);
}

static void *RingCopy(ValkeyModuleString *from, ValkeyModuleString *to, const void *value) {
    VALKEYMODULE_NOT_USED(from);
    VALKEYMODULE_NOT_USED(to);
    Ring *ring = ValkeyModule_Alloc(sizeof(*ring));
    memcpy(ring, value, sizeof(*ring));
    return ring;
}

static size_t RingMemUsage(const void *value) {
    VALKEYMODULE_NOT_USED(value);
    return sizeof(Ring);
}

static void RingSave(ValkeyModuleIO *rdb, void *value) {
    Ring *ring = value;
    ValkeyModule_SaveUnsigned(rdb, ring->pushed);
    for (size_t i = 0; i < RING_SIZE; i++) ValkeyModule_SaveSigned(rdb, ring->numbers[i]);
}

static void *RingLoad(ValkeyModuleIO *rdb, int encver) {
    if (encver != 0) return NULL;
    Ring *ring = ValkeyModule_Alloc(sizeof(*ring));
    ring->pushed = ValkeyModule_LoadUnsigned(rdb);
    for (size_t i = 0; i < RING_SIZE; i++) ring->numbers[i] = ValkeyModule_LoadSigned(rdb);
    return ring;
}

static void RingRewrite(ValkeyModuleIO *aof, ValkeyModuleString *key, void *value) {
    Ring *ring = value;
    for (unsigned long long i = ring->pushed - RingLen(ring); i < ring->pushed; i++)
        ValkeyModule_EmitAOF(aof, "DEMO.PUSH", "sl", key, ring->numbers[i % RING_SIZE]);
}

/* DEMO.PUSH key number ...: how many numbers the ring holds then. */
static int Push(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc < 3) return ValkeyModule_WrongArity(ctx);
    ValkeyModule_AutoMemory(ctx);
    long long number;
    /* All is checked before the first change: there is no way back. */
    for (int i = 2; i < argc; i++)
        if (ValkeyModule_StringToLongLong(argv[i], &number) == VALKEYMODULE_ERR)
            return ValkeyModule_ReplyWithError(ctx, "ERR value is not an integer or out of range");
    ValkeyModuleKey *key = ValkeyModule_OpenKey(ctx, argv[1], VALKEYMODULE_READ | VALKEYMODULE_WRITE);
    Ring *ring;
    if (ValkeyModule_KeyType(key) == VALKEYMODULE_KEYTYPE_EMPTY) {
        ring = ValkeyModule_Calloc(1, sizeof(*ring));
        ValkeyModule_ModuleTypeSetValue(key, RingType, ring);
    } else if (ValkeyModule_ModuleTypeGetType(key) == RingType) {
        ring = ValkeyModule_ModuleTypeGetValue(key);
    } else {
        return ValkeyModule_ReplyWithError(ctx, VALKEYMODULE_ERRORMSG_WRONGTYPE);
    }
    for (int i = 2; i < argc; i++) {
        ValkeyModule_StringToLongLong(argv[i], &number);
        ring->numbers[ring->pushed++ % RING_SIZE] = number;
    }
    ValkeyModule_ReplicateVerbatim(ctx);
    return ValkeyModule_ReplyWithLongLong(ctx, (long long)RingLen(ring));
}

/* DEMO.RING key: the numbers, oldest first. */
static int Numbers(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 2) return ValkeyModule_WrongArity(ctx);
    ValkeyModule_AutoMemory(ctx);
    ValkeyModuleKey *key = ValkeyModule_OpenKey(ctx, argv[1], VALKEYMODULE_READ);
    if (key == NULL) return ValkeyModule_ReplyWithEmptyArray(ctx);
    if (ValkeyModule_ModuleTypeGetType(key) != RingType) return ValkeyModule_ReplyWithError(ctx, VALKEYMODULE_ERRORMSG_WRONGTYPE);
    Ring *ring = ValkeyModule_ModuleTypeGetValue(key);
    ValkeyModule_ReplyWithArray(ctx, (long)RingLen(ring));
    for (unsigned long long i = ring->pushed - RingLen(ring); i < ring->pushed; i++)
        ValkeyModule_ReplyWithLongLong(ctx, ring->numbers[i % RING_SIZE]);
    return VALKEYMODULE_OK;
}

/* ---- A client that waits. The command returns without an answer, a thread works, everyone else is served meanwhile. */

/* What the thread is to do. */
typedef struct {
    ValkeyModuleBlockedClient *client;
    long long ms;
} Job;

static void *Work(void *arg) {
    Job *job = arg;
    usleep((useconds_t)job->ms * 1000);
    /* Data may be touched between these two only: they keep all else that is a module's away. */
    ValkeyModuleCtx *ctx = ValkeyModule_GetThreadSafeContext(job->client);
    ValkeyModule_ThreadSafeContextLock(ctx);
    unsigned long long keys = ValkeyModule_DbSize(ctx);
    ValkeyModule_ThreadSafeContextUnlock(ctx);
    ValkeyModule_FreeThreadSafeContext(ctx);
    unsigned long long *result = ValkeyModule_Alloc(sizeof(*result));
    *result = keys;
    /* The client is answered by SlowReply, which finds the result. */
    ValkeyModule_UnblockClient(job->client, result);
    ValkeyModule_Free(job);
    return NULL;
}

static int SlowReply(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    VALKEYMODULE_NOT_USED(argv);
    VALKEYMODULE_NOT_USED(argc);
    unsigned long long *keys = ValkeyModule_GetBlockedClientPrivateData(ctx);
    return ValkeyModule_ReplyWithLongLong(ctx, (long long)*keys);
}

static int SlowTimeout(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    VALKEYMODULE_NOT_USED(argv);
    VALKEYMODULE_NOT_USED(argc);
    return ValkeyModule_ReplyWithError(ctx, "ERR that took longer than 10 seconds");
}

static void SlowFree(ValkeyModuleCtx *ctx, void *result) {
    VALKEYMODULE_NOT_USED(ctx);
    ValkeyModule_Free(result);
}

/* DEMO.SLOW ms: counts the keys, after so many milliseconds. */
static int Slow(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    long long ms;
    if (argc != 2) return ValkeyModule_WrongArity(ctx);
    if (ValkeyModule_StringToLongLong(argv[1], &ms) == VALKEYMODULE_ERR || ms < 0 || ms > 60000)
        return ValkeyModule_ReplyWithError(ctx, "ERR the time must be from 0 to 60000 milliseconds");
    /* In a transaction nobody can wait: BlockClient answers the client itself then. */
    int cant_wait = VALKEYMODULE_CTX_FLAGS_DENY_BLOCKING | VALKEYMODULE_CTX_FLAGS_MULTI | VALKEYMODULE_CTX_FLAGS_LUA;
    if (ValkeyModule_GetContextFlags(ctx) & cant_wait)
        return ValkeyModule_ReplyWithError(ctx, "ERR this client can't wait here");
    Job *job = ValkeyModule_Alloc(sizeof(*job));
    job->client = ValkeyModule_BlockClient(ctx, SlowReply, SlowTimeout, SlowFree, 10000);
    job->ms = ms;
    pthread_t thread;
    if (pthread_create(&thread, NULL, Work, job) != 0) {
        ValkeyModule_AbortBlock(job->client);
        ValkeyModule_Free(job);
        return ValkeyModule_ReplyWithError(ctx, "ERR can't start a thread");
    }
    pthread_detach(thread);
    return VALKEYMODULE_OK;
}

/* ---- A timer: a function that the server calls once, later. */

/* What is to be set. */
typedef struct {
    ValkeyModuleString *key, *value;
} Later;

static void SetNow(ValkeyModuleCtx *ctx, void *data) {
    Later *later = data;
    ValkeyModuleKey *key = ValkeyModule_OpenKey(ctx, later->key, VALKEYMODULE_WRITE);
    ValkeyModule_StringSet(key, later->value);
    ValkeyModule_CloseKey(key);
    ValkeyModule_Replicate(ctx, "SET", "ss", later->key, later->value);
    ValkeyModule_FreeString(ctx, later->key);
    ValkeyModule_FreeString(ctx, later->value);
    ValkeyModule_Free(later);
}

/* DEMO.LATER ms key value: sets the key when the time has come. */
static int SetLater(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    long long ms;
    if (argc != 4) return ValkeyModule_WrongArity(ctx);
    if (ValkeyModule_StringToLongLong(argv[1], &ms) == VALKEYMODULE_ERR || ms < 0)
        return ValkeyModule_ReplyWithError(ctx, "ERR the time must be a number of milliseconds");
    Later *later = ValkeyModule_Alloc(sizeof(*later));
    /* Arguments are gone when the command returns, unless the module keeps a share in them. */
    later->key = ValkeyModule_HoldString(NULL, argv[2]);
    later->value = ValkeyModule_HoldString(NULL, argv[3]);
    ValkeyModule_CreateTimer(ctx, ms, SetNow, later);
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

/* ---- Loading: what the module has is told here, and only here. */

int ValkeyModule_OnLoad(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    VALKEYMODULE_NOT_USED(argv);
    VALKEYMODULE_NOT_USED(argc);
    if (ValkeyModule_Init(ctx, "demo", 1, VALKEYMODULE_APIVER_1) == VALKEYMODULE_ERR) return VALKEYMODULE_ERR;

    ValkeyModuleTypeMethods methods = {
        .version = VALKEYMODULE_TYPE_METHOD_VERSION,
        .rdb_load = RingLoad,
        .rdb_save = RingSave,
        .aof_rewrite = RingRewrite,
        .mem_usage = RingMemUsage,
        .free = RingFree,
        .copy = RingCopy,
    };
    /* Nine characters that no other module has, and the version of what RingSave writes. */
    RingType = ValkeyModule_CreateDataType(ctx, "demo-ring", 0, &methods);
    if (RingType == NULL) return VALKEYMODULE_ERR;

    const struct {
        const char *name;
        ValkeyModuleCmdFunc run;
        /* What the command does, for everyone who needs to know before it runs. */
        const char *flags;
        /* Which arguments are keys: from, to, in steps of; 0 = none. */
        int first, last, step;
    } commands[] = {
        {"demo.hello", Hello, "fast", 0, 0, 0},
        {"demo.swap", Swap, "write deny-oom", 1, 2, 1},
        {"demo.push", Push, "write deny-oom", 1, 1, 1},
        {"demo.ring", Numbers, "readonly", 1, 1, 1},
        {"demo.slow", Slow, "readonly", 0, 0, 0},
        {"demo.later", SetLater, "write deny-oom", 2, 2, 1},
    };
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (ValkeyModule_CreateCommand(ctx, commands[i].name, commands[i].run, commands[i].flags, commands[i].first, commands[i].last,
                                       commands[i].step) == VALKEYMODULE_ERR)
            return VALKEYMODULE_ERR;
    }
    return VALKEYMODULE_OK;
}
