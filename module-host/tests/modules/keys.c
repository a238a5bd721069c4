/* Test module for the section "DB and Key APIs - Generic API": a command per function, or a few together. */

#include "valkeymodule.h"
#include <string.h>

#define MAX 16

static long long number(ValkeyModuleString *s) {
    long long n = 0;
    ValkeyModule_StringToLongLong(s, &n);
    return n;
}

/* TYPE key: the type, -1 where OpenKey answers NULL and NULL has type and length 0. */
static int Type(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 2) return ValkeyModule_WrongArity(ctx);
    ValkeyModuleKey *key = ValkeyModule_OpenKey(ctx, argv[1], VALKEYMODULE_READ);
    int type = ValkeyModule_KeyType(key);
    if (key == NULL && type == VALKEYMODULE_KEYTYPE_EMPTY && ValkeyModule_ValueLength(key) == 0) type = -1;
    ValkeyModule_CloseKey(key);
    return ValkeyModule_ReplyWithLongLong(ctx, type);
}

/* LENGTH key */
static int Length(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 2) return ValkeyModule_WrongArity(ctx);
    ValkeyModuleKey *key = ValkeyModule_OpenKey(ctx, argv[1], VALKEYMODULE_READ);
    ValkeyModule_ReplyWithLongLong(ctx, (long long)ValkeyModule_ValueLength(key));
    ValkeyModule_CloseKey(key);
    return VALKEYMODULE_OK;
}

/* MSET key value ...: all keys are open together, and are written from the last to the first. Undeclared on purpose. */
static int MSet(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    ValkeyModuleKey *keys[MAX];
    int n = (argc - 1) / 2, ok = 0;
    if (argc < 3 || argc % 2 == 0 || n > MAX) return ValkeyModule_WrongArity(ctx);
    for (int i = 0; i < n; i++) keys[i] = ValkeyModule_OpenKey(ctx, argv[1 + 2 * i], VALKEYMODULE_WRITE);
    for (int i = n - 1; i >= 0; i--) ok += ValkeyModule_StringSet(keys[i], argv[2 + 2 * i]) == VALKEYMODULE_OK;
    for (int i = 0; i < n; i++) ValkeyModule_CloseKey(keys[i]);
    return ValkeyModule_ReplyWithLongLong(ctx, ok);
}

/* DEL key READ|WRITE: delete through a key opened so; what it answers, and the type afterwards. */
static int Del(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 3) return ValkeyModule_WrongArity(ctx);
    int unlink = strcmp(ValkeyModule_StringPtrLen(argv[0], NULL), "keys.unlink") == 0;
    ValkeyModuleKey *key = ValkeyModule_OpenKey(ctx, argv[1], (int)number(argv[2]));
    if (key == NULL) return ValkeyModule_ReplyWithNull(ctx);
    int status = unlink ? ValkeyModule_UnlinkKey(key) : ValkeyModule_DeleteKey(key);
    ValkeyModule_ReplyWithArray(ctx, 2);
    ValkeyModule_ReplyWithLongLong(ctx, status);
    ValkeyModule_ReplyWithLongLong(ctx, ValkeyModule_KeyType(key));
    ValkeyModule_CloseKey(key);
    return VALKEYMODULE_OK;
}

/* TTL key: what is left (or -1), and whether the absolute time agrees. */
static int Ttl(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 2) return ValkeyModule_WrongArity(ctx);
    ValkeyModuleKey *key = ValkeyModule_OpenKey(ctx, argv[1], VALKEYMODULE_READ | VALKEYMODULE_WRITE);
    long long left = ValkeyModule_GetExpire(key), at = ValkeyModule_GetAbsExpire(key);
    ValkeyModule_ReplyWithArray(ctx, 2);
    ValkeyModule_ReplyWithLongLong(ctx, left);
    ValkeyModule_ReplyWithLongLong(ctx, at);
    ValkeyModule_CloseKey(key);
    return VALKEYMODULE_OK;
}

/* EXPIRE key ms mode, EXPIREAT key ms mode */
static int Expire(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 4) return ValkeyModule_WrongArity(ctx);
    int absolute = strcmp(ValkeyModule_StringPtrLen(argv[0], NULL), "keys.expireat") == 0;
    ValkeyModuleKey *key = ValkeyModule_OpenKey(ctx, argv[1], (int)number(argv[3]));
    if (key == NULL) return ValkeyModule_ReplyWithNull(ctx);
    mstime_t ms = number(argv[2]);
    int status = absolute ? ValkeyModule_SetAbsExpire(key, ms) : ValkeyModule_SetExpire(key, ms);
    ValkeyModule_CloseKey(key);
    return ValkeyModule_ReplyWithLongLong(ctx, status);
}

/* EXISTS key */
static int Exists(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 2) return ValkeyModule_WrongArity(ctx);
    return ValkeyModule_ReplyWithLongLong(ctx, ValkeyModule_KeyExists(ctx, argv[1]));
}

/* OPEN key mode: the type, or null where OpenKey answers NULL. */
static int Open(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 3) return ValkeyModule_WrongArity(ctx);
    ValkeyModuleKey *key = ValkeyModule_OpenKey(ctx, argv[1], (int)number(argv[2]));
    if (key == NULL) return ValkeyModule_ReplyWithNull(ctx);
    ValkeyModule_ReplyWithLongLong(ctx, ValkeyModule_KeyType(key));
    ValkeyModule_CloseKey(key);
    return VALKEYMODULE_OK;
}

/* NAME key: the name that an open key has, after the argument has been let go. */
static int Name(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 2) return ValkeyModule_WrongArity(ctx);
    ValkeyModuleString *name = ValkeyModule_CreateStringFromString(ctx, argv[1]);
    ValkeyModuleKey *key = ValkeyModule_OpenKey(ctx, name, VALKEYMODULE_WRITE);
    ValkeyModule_FreeString(ctx, name);
    ValkeyModule_ReplyWithString(ctx, (ValkeyModuleString *)ValkeyModule_GetKeyNameFromModuleKey(key));
    ValkeyModule_CloseKey(key);
    return VALKEYMODULE_OK;
}

/* AUTO key value: automatic memory closes the key. */
static int Auto(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 3) return ValkeyModule_WrongArity(ctx);
    ValkeyModule_AutoMemory(ctx);
    ValkeyModuleKey *kept = ValkeyModule_OpenKey(ctx, argv[1], VALKEYMODULE_WRITE);
    ValkeyModuleKey *closed = ValkeyModule_OpenKey(ctx, argv[1], VALKEYMODULE_WRITE);
    ValkeyModule_CloseKey(closed);
    ValkeyModule_StringSet(kept, argv[2]);
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

/* TWICE key value: one handle sees at once what another does. Lengths by the reader: before, after a set, after a delete. */
static int Twice(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 3) return ValkeyModule_WrongArity(ctx);
    ValkeyModuleKey *writer = ValkeyModule_OpenKey(ctx, argv[1], VALKEYMODULE_WRITE);
    ValkeyModuleKey *other = ValkeyModule_OpenKey(ctx, argv[1], VALKEYMODULE_READ | VALKEYMODULE_WRITE);
    ValkeyModule_ReplyWithArray(ctx, 3);
    ValkeyModule_ReplyWithLongLong(ctx, (long long)ValkeyModule_ValueLength(other));
    ValkeyModule_StringSet(writer, argv[2]);
    ValkeyModule_ReplyWithLongLong(ctx, (long long)ValkeyModule_ValueLength(other));
    ValkeyModule_DeleteKey(writer);
    ValkeyModule_ReplyWithLongLong(ctx, (long long)ValkeyModule_ValueLength(other));
    ValkeyModule_CloseKey(other);
    ValkeyModule_CloseKey(writer);
    return VALKEYMODULE_OK;
}

/* CHURN key n: a handle outlives the growth of all tables. Makes n other keys while the key is open. */
static int Churn(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 3) return ValkeyModule_WrongArity(ctx);
    ValkeyModuleKey *key = ValkeyModule_OpenKey(ctx, argv[1], VALKEYMODULE_READ);
    size_t before = ValkeyModule_ValueLength(key);
    for (long long i = 0; i < number(argv[2]); i++) {
        ValkeyModuleString *name = ValkeyModule_CreateStringPrintf(ctx, "churn:%lld", i);
        ValkeyModuleKey *other = ValkeyModule_OpenKey(ctx, name, VALKEYMODULE_WRITE);
        ValkeyModule_StringSet(other, name);
        ValkeyModule_CloseKey(other);
        ValkeyModule_FreeString(ctx, name);
    }
    ValkeyModule_ReplyWithArray(ctx, 2);
    ValkeyModule_ReplyWithLongLong(ctx, (long long)before);
    ValkeyModule_ReplyWithLongLong(ctx, (long long)ValkeyModule_ValueLength(key));
    ValkeyModule_CloseKey(key);
    return VALKEYMODULE_OK;
}

/* CALLED key: what a handle sees of commands that the module calls meanwhile: types before, after SET, after DEL. */
static int Called(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 2) return ValkeyModule_WrongArity(ctx);
    ValkeyModuleKey *key = ValkeyModule_OpenKey(ctx, argv[1], VALKEYMODULE_READ | VALKEYMODULE_WRITE);
    ValkeyModule_ReplyWithArray(ctx, 3);
    ValkeyModule_ReplyWithLongLong(ctx, ValkeyModule_KeyType(key));
    ValkeyModule_FreeCallReply(ValkeyModule_Call(ctx, "SET", "sc", argv[1], "value"));
    ValkeyModule_ReplyWithLongLong(ctx, ValkeyModule_KeyType(key));
    ValkeyModule_FreeCallReply(ValkeyModule_Call(ctx, "DEL", "s", argv[1]));
    ValkeyModule_ReplyWithLongLong(ctx, ValkeyModule_KeyType(key));
    ValkeyModule_CloseKey(key);
    return VALKEYMODULE_OK;
}

/* SELECT n: status, and the database afterwards. */
static int Select(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 2) return ValkeyModule_WrongArity(ctx);
    int status = ValkeyModule_SelectDb(ctx, (int)number(argv[1]));
    ValkeyModule_ReplyWithArray(ctx, 2);
    ValkeyModule_ReplyWithLongLong(ctx, status);
    ValkeyModule_ReplyWithLongLong(ctx, ValkeyModule_GetSelectedDb(ctx));
    return VALKEYMODULE_OK;
}

static int DbSize(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    return ValkeyModule_ReplyWithLongLong(ctx, (long long)ValkeyModule_DbSize(ctx));
}

static int Random(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    ValkeyModuleString *name = ValkeyModule_RandomKey(ctx);
    if (name == NULL) return ValkeyModule_ReplyWithNull(ctx);
    ValkeyModule_ReplyWithString(ctx, name);
    ValkeyModule_FreeString(ctx, name);
    return VALKEYMODULE_OK;
}

static int Reset(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    ValkeyModule_ResetDataset(0, argc > 1);
    return ValkeyModule_ReplyWithLongLong(ctx, (long long)ValkeyModule_DbSize(ctx));
}

/* OPTIONS n */
static int SetOptions(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    ValkeyModule_SetModuleOptions(ctx, (int)number(argv[1]));
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

/* SIGNAL key: told by the module itself. */
static int Signal(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    return ValkeyModule_ReplyWithLongLong(ctx, ValkeyModule_SignalModifiedKey(ctx, argv[1]));
}

/* CLIENT: id, flags of the context, all modes of OpenKey, AvoidReplicaTraffic. */
static int Client(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    ValkeyModule_ReplyWithArray(ctx, 4);
    ValkeyModule_ReplyWithLongLong(ctx, (long long)ValkeyModule_GetClientId(ctx));
    ValkeyModule_ReplyWithLongLong(ctx, ValkeyModule_GetContextFlags(ctx));
    ValkeyModule_ReplyWithLongLong(ctx, ValkeyModule_GetOpenKeyModesAll());
    ValkeyModule_ReplyWithLongLong(ctx, ValkeyModule_AvoidReplicaTraffic());
    return VALKEYMODULE_OK;
}

int ValkeyModule_OnLoad(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (ValkeyModule_Init(ctx, "keys", 1, VALKEYMODULE_APIVER_1) == VALKEYMODULE_ERR) return VALKEYMODULE_ERR;
    /* Those with key 0 declare no keys: what they touch is found out as they run. */
    const struct {
        const char *name;
        ValkeyModuleCmdFunc run;
        const char *flags;
        int key;
    } commands[] = {
        {"keys.type", Type, "readonly", 1},      {"keys.length", Length, "readonly", 1},
        {"keys.mset", MSet, "write", 0},         {"keys.del", Del, "write", 1},
        {"keys.unlink", Del, "write", 1},        {"keys.ttl", Ttl, "readonly", 1},
        {"keys.expire", Expire, "write", 1},     {"keys.expireat", Expire, "write", 1},
        {"keys.exists", Exists, "readonly", 1},  {"keys.open", Open, "write", 1},
        {"keys.name", Name, "readonly", 1},      {"keys.auto", Auto, "write", 1},
        {"keys.twice", Twice, "write", 0},       {"keys.churn", Churn, "write", 1},
        {"keys.called", Called, "write", 1},     {"keys.select", Select, "write", 0},
        {"keys.dbsize", DbSize, "readonly", 0},  {"keys.random", Random, "readonly", 0},
        {"keys.reset", Reset, "write", 0},       {"keys.options", SetOptions, "", 0},
        {"keys.signal", Signal, "write", 1},     {"keys.client", Client, "readonly", 0},
    };
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        int key = commands[i].key;
        if (ValkeyModule_CreateCommand(ctx, commands[i].name, commands[i].run, commands[i].flags, key, key, key) == VALKEYMODULE_ERR)
            return VALKEYMODULE_ERR;
    }
    return VALKEYMODULE_OK;
}
