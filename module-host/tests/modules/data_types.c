/* Test module for the section "Modules data types": a box that holds a number. */

#include "valkeymodule.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    long long number;
    /* What the module says that freeing takes. */
    size_t effort;
} Box;

static ValkeyModuleType *BoxType;
/* A type without copy, unlink and effort. */
static ValkeyModuleType *PlainType;

static atomic_llong made, freed, unlinked, copied, freed_elsewhere;
/* What the last callback about a key was told: which, and for COPY where to. */
static char told[256];
/* Wrong registrations that were refused, one bit each. */
static int refused;
static pthread_t home;

static long long number(ValkeyModuleString *s) {
    long long n = 0;
    ValkeyModule_StringToLongLong(s, &n);
    return n;
}

static Box *NewBox(long long n) {
    Box *box = ValkeyModule_Calloc(1, sizeof(*box));
    box->number = n;
    box->effort = 1;
    made++;
    return box;
}

static void Free(void *value) {
    if (!pthread_equal(home, pthread_self())) freed_elsewhere++;
    ValkeyModule_Free(value);
    freed++;
}

static size_t FreeEffort(ValkeyModuleString *key, const void *value) {
    return ((const Box *)value)->effort;
}

static void Unlink(ValkeyModuleKeyOptCtx *ctx, const void *value) {
    const char *key = ValkeyModule_StringPtrLen(ValkeyModule_GetKeyNameFromOptCtx(ctx), NULL);
    snprintf(told, sizeof(told), "unlink %s@%d %lld", key, ValkeyModule_GetDbIdFromOptCtx(ctx), ((const Box *)value)->number);
    unlinked++;
}

static void *Copy(ValkeyModuleKeyOptCtx *ctx, const void *value) {
    const char *from = ValkeyModule_StringPtrLen(ValkeyModule_GetKeyNameFromOptCtx(ctx), NULL);
    const char *to = ValkeyModule_StringPtrLen(ValkeyModule_GetToKeyNameFromOptCtx(ctx), NULL);
    snprintf(told, sizeof(told), "copy %s@%d %s@%d", from, ValkeyModule_GetDbIdFromOptCtx(ctx), to,
             ValkeyModule_GetToDbIdFromOptCtx(ctx));
    /* A box with a number below zero can't be copied. */
    if (((const Box *)value)->number < 0) return NULL;
    copied++;
    Box *copy = NewBox(((const Box *)value)->number);
    copy->effort = ((const Box *)value)->effort;
    return copy;
}

static void *Load(ValkeyModuleIO *io, int encver) {
    return NULL;
}

static void Save(ValkeyModuleIO *io, void *value) {
}

static void Rewrite(ValkeyModuleIO *io, ValkeyModuleString *key, void *value) {
}

/* SET key n [effort] | PLAIN key n */
static int Set(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc < 3 || argc > 4) return ValkeyModule_WrongArity(ctx);
    int plain = strcmp(ValkeyModule_StringPtrLen(argv[0], NULL), "box.plain") == 0;
    Box *box = NewBox(number(argv[2]));
    if (argc == 4) box->effort = (size_t)number(argv[3]);
    ValkeyModuleKey *key = ValkeyModule_OpenKey(ctx, argv[1], VALKEYMODULE_WRITE);
    int status = ValkeyModule_ModuleTypeSetValue(key, plain ? PlainType : BoxType, box);
    ValkeyModule_CloseKey(key);
    return ValkeyModule_ReplyWithLongLong(ctx, status);
}

/* GET key: what is in the box; an error where the key holds something else. */
static int Get(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 2) return ValkeyModule_WrongArity(ctx);
    ValkeyModuleKey *key = ValkeyModule_OpenKey(ctx, argv[1], VALKEYMODULE_READ);
    if (ValkeyModule_KeyType(key) == VALKEYMODULE_KEYTYPE_EMPTY)
        ValkeyModule_ReplyWithNull(ctx);
    else if (ValkeyModule_ModuleTypeGetType(key) != BoxType)
        ValkeyModule_ReplyWithError(ctx, VALKEYMODULE_ERRORMSG_WRONGTYPE);
    else
        ValkeyModule_ReplyWithLongLong(ctx, ((Box *)ValkeyModule_ModuleTypeGetValue(key))->number);
    ValkeyModule_CloseKey(key);
    return VALKEYMODULE_OK;
}

/* ADD from to n: takes n out of one box and puts it into another. Undeclared keys, both open at once. */
static int Move(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 4) return ValkeyModule_WrongArity(ctx);
    ValkeyModuleKey *from = ValkeyModule_OpenKey(ctx, argv[1], VALKEYMODULE_READ | VALKEYMODULE_WRITE);
    ValkeyModuleKey *to = ValkeyModule_OpenKey(ctx, argv[2], VALKEYMODULE_READ | VALKEYMODULE_WRITE);
    Box *a = ValkeyModule_ModuleTypeGetValue(from), *b = ValkeyModule_ModuleTypeGetValue(to);
    if (a == NULL || b == NULL) {
        ValkeyModule_ReplyWithError(ctx, "ERR no box");
    } else {
        a->number -= number(argv[3]);
        b->number += number(argv[3]);
        ValkeyModule_ReplyWithLongLong(ctx, a->number + b->number);
    }
    ValkeyModule_CloseKey(from);
    ValkeyModule_CloseKey(to);
    return VALKEYMODULE_OK;
}

/* REPLACE key n mode: what was in the box that is the module's again, or the failure (null). */
static int Replace(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 4) return ValkeyModule_WrongArity(ctx);
    ValkeyModuleKey *key = ValkeyModule_OpenKey(ctx, argv[1], (int)number(argv[3]));
    Box *new = NewBox(number(argv[2]));
    void *old = NULL;
    int status = key ? ValkeyModule_ModuleTypeReplaceValue(key, BoxType, new, &old) : VALKEYMODULE_ERR;
    ValkeyModule_CloseKey(key);
    if (status == VALKEYMODULE_ERR) {
        Free(new);
        return ValkeyModule_ReplyWithNull(ctx);
    }
    ValkeyModule_ReplyWithLongLong(ctx, ((Box *)old)->number);
    Free(old);
    return VALKEYMODULE_OK;
}

/* WRONG key: setting through a key that is open for reading fails, and DMA of a box gives NULL; two bits. */
static int Wrong(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc != 2) return ValkeyModule_WrongArity(ctx);
    ValkeyModuleKey *key = ValkeyModule_OpenKey(ctx, argv[1], VALKEYMODULE_READ);
    size_t len;
    int bits = ValkeyModule_ModuleTypeSetValue(key, BoxType, NULL) == VALKEYMODULE_ERR;
    bits |= (ValkeyModule_StringDMA(key, &len, VALKEYMODULE_READ) == NULL) << 1;
    ValkeyModule_CloseKey(key);
    key = ValkeyModule_OpenKey(ctx, argv[1], VALKEYMODULE_WRITE);
    bits |= (ValkeyModule_StringTruncate(key, 3) == VALKEYMODULE_ERR) << 2;
    bits |= (ValkeyModule_KeyType(key) == VALKEYMODULE_KEYTYPE_MODULE) << 3;
    bits |= (ValkeyModule_ValueLength(key) == 0) << 4;
    ValkeyModule_CloseKey(key);
    return ValkeyModule_ReplyWithLongLong(ctx, bits);
}

/* CALL key command [argument ...]: calls it, and tells how many boxes were freed by then. */
static int CallIt(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (argc < 2) return ValkeyModule_WrongArity(ctx);
    long long before = freed;
    const char *name = ValkeyModule_StringPtrLen(argv[1], NULL);
    ValkeyModuleCallReply *reply = ValkeyModule_Call(ctx, name, "v", argv + 2, (size_t)(argc - 2));
    if (reply) ValkeyModule_FreeCallReply(reply);
    return ValkeyModule_ReplyWithLongLong(ctx, reply ? freed - before : -1);
}

/* STATS: made, freed, unlinked, copied, freed elsewhere than at home, what was told last. */
static int Stats(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    ValkeyModule_ReplyWithArray(ctx, 6);
    ValkeyModule_ReplyWithLongLong(ctx, made);
    ValkeyModule_ReplyWithLongLong(ctx, freed);
    ValkeyModule_ReplyWithLongLong(ctx, unlinked);
    ValkeyModule_ReplyWithLongLong(ctx, copied);
    ValkeyModule_ReplyWithLongLong(ctx, freed_elsewhere);
    ValkeyModule_ReplyWithCString(ctx, told);
    return VALKEYMODULE_OK;
}

/* REFUSED: bits of wrong registrations that were refused; one more is tried here, outside of OnLoad. */
static int Refused(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    ValkeyModuleTypeMethods methods = {.version = VALKEYMODULE_TYPE_METHOD_VERSION};
    int late = ValkeyModule_CreateDataType(ctx, "late-type", 0, &methods) == NULL;
    return ValkeyModule_ReplyWithLongLong(ctx, refused | late << 7);
}

int ValkeyModule_OnLoad(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    if (ValkeyModule_Init(ctx, "data_types", 1, VALKEYMODULE_APIVER_1) == VALKEYMODULE_ERR) return VALKEYMODULE_ERR;
    home = pthread_self();
    ValkeyModuleTypeMethods methods = {
        .version = VALKEYMODULE_TYPE_METHOD_VERSION,
        .rdb_load = Load,
        .rdb_save = Save,
        .aof_rewrite = Rewrite,
        .free = Free,
        .free_effort = FreeEffort,
        .unlink2 = Unlink,
        .copy2 = Copy,
    };
    BoxType = ValkeyModule_CreateDataType(ctx, "box-valko", 3, &methods);
    ValkeyModuleTypeMethods plain = {.version = 1, .rdb_load = Load, .rdb_save = Save, .aof_rewrite = Rewrite, .free = Free};
    PlainType = ValkeyModule_CreateDataType(ctx, "Box_plain", 1023, &plain);
    if (BoxType == NULL || PlainType == NULL) return VALKEYMODULE_ERR;
    const struct {
        const char *name;
        int encver;
    } wrong[] = {{"box-valko", 0}, {"short", 0}, {"much-too-long", 0}, {"box valko", 0}, {"other-box", -1}, {"other-box", 1024}, {"AAAAAAAAA", 0}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        refused |= (ValkeyModule_CreateDataType(ctx, wrong[i].name, wrong[i].encver, &methods) == NULL) << i;
    const struct {
        const char *name;
        ValkeyModuleCmdFunc run;
        const char *flags;
        int key;
    } commands[] = {
        {"box.set", Set, "write", 1},       {"box.plain", Set, "write", 1},   {"box.get", Get, "readonly", 1},
        {"box.move", Move, "write", 0},     {"box.replace", Replace, "write", 1}, {"box.wrong", Wrong, "write", 1},
        {"box.call", CallIt, "write", 0},   {"box.stats", Stats, "readonly", 0},  {"box.refused", Refused, "readonly", 0},
    };
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        int key = commands[i].key;
        if (ValkeyModule_CreateCommand(ctx, commands[i].name, commands[i].run, commands[i].flags, key, key, key) == VALKEYMODULE_ERR)
            return VALKEYMODULE_ERR;
    }
    return VALKEYMODULE_OK;
}
