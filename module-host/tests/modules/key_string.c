/* Test module for the section "Key API for String type". */

#include "valkeymodule.h"
#include <string.h>

#define MAX 16

static long long number(ValkeyModuleString *s) {
    long long n = 0;
    ValkeyModule_StringToLongLong(s, &n);
    return n;
}

/* SET key value mode */
static int Set(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 4) return ValkeyModule_WrongArity(ctx);
    ValkeyModuleKey *key = ValkeyModule_OpenKey(ctx, argv[1], (int)number(argv[3]));
    if (key == NULL) return ValkeyModule_ReplyWithNull(ctx);
    int status = ValkeyModule_StringSet(key, argv[2]);
    ValkeyModule_CloseKey(key);
    return ValkeyModule_ReplyWithLongLong(ctx, status);
}

/* GET key mode: the bytes by DMA, of a key opened for reading. A zero byte stands behind them. */
static int Get(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 3) return ValkeyModule_WrongArity(ctx);
    ValkeyModuleKey *key = ValkeyModule_OpenKey(ctx, argv[1], VALKEYMODULE_READ);
    if (key == NULL) return ValkeyModule_ReplyWithNull(ctx);
    size_t len = 99;
    char *bytes = ValkeyModule_StringDMA(key, &len, (int)number(argv[2]));
    if (bytes == NULL)
        ValkeyModule_ReplyWithError(ctx, "ERR no string");
    else if (bytes[len] != 0)
        ValkeyModule_ReplyWithError(ctx, "ERR no zero byte behind the string");
    else
        ValkeyModule_ReplyWithStringBuffer(ctx, bytes, len);
    ValkeyModule_CloseKey(key);
    return VALKEYMODULE_OK;
}

/* UPPER key: letters are changed in place; the reader that was there before sees it through its own pointer. */
static int Upper(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 2) return ValkeyModule_WrongArity(ctx);
    ValkeyModuleKey *key = ValkeyModule_OpenKey(ctx, argv[1], VALKEYMODULE_READ | VALKEYMODULE_WRITE);
    size_t len, again;
    char *bytes = ValkeyModule_StringDMA(key, &len, VALKEYMODULE_WRITE);
    for (size_t i = 0; i < len; i++)
        if (bytes[i] >= 'a' && bytes[i] <= 'z') bytes[i] -= 32;
    /* Reading doesn't move what is being written to. */
    int same = ValkeyModule_StringDMA(key, &again, VALKEYMODULE_READ) == bytes && again == len;
    ValkeyModule_CloseKey(key);
    return ValkeyModule_ReplyWithLongLong(ctx, same);
}

/* TRUNCATE key len mode: status, and the length afterwards. */
static int Truncate(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 4) return ValkeyModule_WrongArity(ctx);
    ValkeyModuleKey *key = ValkeyModule_OpenKey(ctx, argv[1], (int)number(argv[3]));
    if (key == NULL) return ValkeyModule_ReplyWithNull(ctx);
    int status = ValkeyModule_StringTruncate(key, (size_t)number(argv[2]));
    ValkeyModule_ReplyWithArray(ctx, 2);
    ValkeyModule_ReplyWithLongLong(ctx, status);
    ValkeyModule_ReplyWithLongLong(ctx, (long long)ValkeyModule_ValueLength(key));
    ValkeyModule_CloseKey(key);
    return VALKEYMODULE_OK;
}

/* FILL key len letter: truncate, then write all of it by DMA. */
static int Fill(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 4) return ValkeyModule_WrongArity(ctx);
    ValkeyModuleKey *key = ValkeyModule_OpenKey(ctx, argv[1], VALKEYMODULE_WRITE);
    ValkeyModule_StringTruncate(key, (size_t)number(argv[2]));
    size_t len;
    char *bytes = ValkeyModule_StringDMA(key, &len, VALKEYMODULE_WRITE);
    memset(bytes, ValkeyModule_StringPtrLen(argv[3], NULL)[0], len);
    ValkeyModule_CloseKey(key);
    return ValkeyModule_ReplyWithLongLong(ctx, (long long)len);
}

/* EMPTY key: pointer and length for a key without value. */
static int Empty(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 2) return ValkeyModule_WrongArity(ctx);
    ValkeyModuleKey *key = ValkeyModule_OpenKey(ctx, argv[1], VALKEYMODULE_WRITE);
    size_t len = 99;
    char *bytes = ValkeyModule_StringDMA(key, &len, VALKEYMODULE_WRITE);
    ValkeyModule_ReplyWithArray(ctx, 2);
    ValkeyModule_ReplyWithLongLong(ctx, bytes != NULL);
    ValkeyModule_ReplyWithLongLong(ctx, (long long)len);
    ValkeyModule_CloseKey(key);
    return VALKEYMODULE_OK;
}

/* CONCAT destination key ...: the pointers of all keys are held at once. Undeclared on purpose. */
static int Concat(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc < 3 || argc > MAX + 2) return ValkeyModule_WrongArity(ctx);
    ValkeyModuleKey *keys[MAX];
    char *bytes[MAX];
    size_t lens[MAX];
    for (int i = 0; i < argc - 2; i++) keys[i] = ValkeyModule_OpenKey(ctx, argv[i + 2], VALKEYMODULE_READ);
    for (int i = 0; i < argc - 2; i++) {
        lens[i] = 0;
        bytes[i] = keys[i] ? ValkeyModule_StringDMA(keys[i], &lens[i], VALKEYMODULE_READ) : "";
    }
    ValkeyModuleString *all = ValkeyModule_CreateString(ctx, "", 0);
    for (int i = 0; i < argc - 2; i++) ValkeyModule_StringAppendBuffer(ctx, all, bytes[i], lens[i]);
    ValkeyModuleKey *to = ValkeyModule_OpenKey(ctx, argv[1], VALKEYMODULE_WRITE);
    ValkeyModule_StringSet(to, all);
    ValkeyModule_CloseKey(to);
    for (int i = 0; i < argc - 2; i++) ValkeyModule_CloseKey(keys[i]);
    ValkeyModule_FreeString(ctx, all);
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

int ValkeyModule_OnLoad(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (ValkeyModule_Init(ctx, "key_string", 1, VALKEYMODULE_APIVER_1) == VALKEYMODULE_ERR) return VALKEYMODULE_ERR;
    const struct {
        const char *name;
        ValkeyModuleCmdFunc run;
        int key;
    } commands[] = {
        {"str.set", Set, 1},   {"str.get", Get, 1},     {"str.upper", Upper, 1},   {"str.truncate", Truncate, 1},
        {"str.fill", Fill, 1}, {"str.empty", Empty, 1}, {"str.concat", Concat, 0},
    };
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        int key = commands[i].key;
        if (ValkeyModule_CreateCommand(ctx, commands[i].name, commands[i].run, "write", key, key, key) == VALKEYMODULE_ERR)
            return VALKEYMODULE_ERR;
    }
    return VALKEYMODULE_OK;
}
