/* Allocation, automatic memory, and strings. */

#include "valkeymodule.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef ValkeyModuleCtx Ctx;
typedef ValkeyModuleString Str;

#define CHECK(what)                                                                                        \
    do {                                                                                                   \
        if (!(what)) return ValkeyModule_ReplyWithErrorFormat(ctx, "ERR line %d: not so: %s", __LINE__, #what); \
    } while (0)

static int is(Str *s, const char *text) {
    size_t len;
    const char *p = ValkeyModule_StringPtrLen(s, &len);
    return len == strlen(text) && memcmp(p, text, len) == 0 && p[len] == '\0';
}

/* S.ALLOC */
static int alloc(Ctx *ctx, Str **argv, int argc) {
    char *a = ValkeyModule_Alloc(100);
    CHECK(a != NULL && ValkeyModule_MallocSize(a) >= 100 && ValkeyModule_MallocUsableSize(a) >= 100);
    memset(a, 'x', 100);
    a = ValkeyModule_Realloc(a, 10000);
    CHECK(a[0] == 'x' && a[99] == 'x' && ValkeyModule_MallocSize(a) >= 10000);
    char *b = ValkeyModule_TryRealloc(a, 20000);
    CHECK(b != NULL && b[99] == 'x');
    CHECK(ValkeyModule_TryRealloc(b, SIZE_MAX / 2) == NULL);
    CHECK(b[99] == 'x');
    ValkeyModule_Free(b);
    char *c = ValkeyModule_Calloc(10, 10);
    for (int i = 0; i < 100; i++) CHECK(c[i] == 0);
    ValkeyModule_Free(c);
    CHECK(ValkeyModule_TryAlloc(SIZE_MAX / 2) == NULL);
    CHECK(ValkeyModule_TryCalloc(SIZE_MAX / 2, 4) == NULL);
    char *d = ValkeyModule_Strdup("copied");
    CHECK(strcmp(d, "copied") == 0);
    ValkeyModule_Free(d);
    ValkeyModule_Free(NULL);
    char *pool[100];
    for (int i = 0; i < 100; i++) {
        pool[i] = ValkeyModule_PoolAlloc(ctx, 8 + (size_t)i * 7);
        CHECK(pool[i] != NULL && (uintptr_t)pool[i] % sizeof(void *) == 0);
        memset(pool[i], i, 8 + (size_t)i * 7);
    }
    for (int i = 0; i < 100; i++) CHECK(pool[i][0] == i && pool[i][7 + i * 7] == i);
    CHECK(ValkeyModule_PoolAlloc(ctx, 0) == NULL);
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

/* S.MAKE: strings of everything. */
static int make(Ctx *ctx, Str **argv, int argc) {
    ValkeyModule_AutoMemory(ctx);
    CHECK(is(ValkeyModule_CreateString(ctx, "abcdef", 3), "abc"));
    CHECK(is(ValkeyModule_CreateString(ctx, "", 0), ""));
    CHECK(is(ValkeyModule_CreateStringPrintf(ctx, "%s-%05d", "x", 42), "x-00042"));
    CHECK(is(ValkeyModule_CreateStringFromLongLong(ctx, INT64_MIN), "-9223372036854775808"));
    CHECK(is(ValkeyModule_CreateStringFromULongLong(ctx, UINT64_MAX), "18446744073709551615"));
    CHECK(is(ValkeyModule_CreateStringFromDouble(ctx, 0.1), "0.1"));
    CHECK(is(ValkeyModule_CreateStringFromDouble(ctx, 1e20), "1e+20"));
    CHECK(is(ValkeyModule_CreateStringFromLongDouble(ctx, 0.5L, 1), "0.5"));
    CHECK(is(ValkeyModule_CreateStringFromString(ctx, argv[0]), ValkeyModule_StringPtrLen(argv[0], NULL)));
    ValkeyModuleStreamID id = {12, 34};
    CHECK(is(ValkeyModule_CreateStringFromStreamID(ctx, &id), "12-34"));
    size_t len;
    ValkeyModule_StringPtrLen(ValkeyModule_CreateString(ctx, "a\0b", 3), &len);
    CHECK(len == 3);
    ValkeyModule_StringPtrLen(NULL, &len);
    CHECK(len > 0);
    /* Freed early, and not again at the end. */
    for (int i = 0; i < 1000; i++) ValkeyModule_FreeString(ctx, ValkeyModule_CreateString(ctx, "early", 5));
    /* Without a context. */
    Str *free_one = ValkeyModule_CreateString(NULL, "loose", 5);
    CHECK(is(free_one, "loose"));
    ValkeyModule_FreeString(NULL, free_one);
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

static Str *kept = NULL, *held = NULL, *argument = NULL;

/* S.KEEP: strings that live on, by RetainString, by HoldString, and an argument. */
static int keep(Ctx *ctx, Str **argv, int argc) {
    ValkeyModule_AutoMemory(ctx);
    if (kept) ValkeyModule_FreeString(NULL, kept);
    if (held) ValkeyModule_FreeString(NULL, held);
    if (argument) ValkeyModule_FreeString(NULL, argument);
    kept = ValkeyModule_CreateStringPrintf(ctx, "kept:%s", ValkeyModule_StringPtrLen(argv[1], NULL));
    ValkeyModule_RetainString(ctx, kept);
    held = ValkeyModule_HoldString(NULL, ValkeyModule_CreateStringPrintf(ctx, "held:%s", ValkeyModule_StringPtrLen(argv[1], NULL)));
    /* Held in automatic memory: twice in it, freed twice. */
    ValkeyModule_HoldString(ctx, held);
    argument = argv[1];
    ValkeyModule_RetainString(NULL, argument);
    ValkeyModule_TrimStringAllocation(argument);
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

/* S.KEPT */
static int show_kept(Ctx *ctx, Str **argv, int argc) {
    ValkeyModule_ReplyWithArray(ctx, 3);
    ValkeyModule_ReplyWithString(ctx, kept);
    ValkeyModule_ReplyWithString(ctx, held);
    return ValkeyModule_ReplyWithString(ctx, argument);
}

/* S.PARSE text: what it is as each type, or "no". */
static int parse(Ctx *ctx, Str **argv, int argc) {
    if (argc != 2) return ValkeyModule_WrongArity(ctx);
    long long ll = 0;
    unsigned long long ull = 0;
    double d = 0;
    long double ld = 0;
    ValkeyModuleStreamID id;
    ValkeyModule_ReplyWithArray(ctx, 5);
#define SHOW(parsed, value) \
    (parsed) == VALKEYMODULE_OK ? ValkeyModule_ReplyWithString(ctx, value) : ValkeyModule_ReplyWithCString(ctx, "no")
    ValkeyModule_AutoMemory(ctx);
    SHOW(ValkeyModule_StringToLongLong(argv[1], &ll), ValkeyModule_CreateStringFromLongLong(ctx, ll));
    SHOW(ValkeyModule_StringToULongLong(argv[1], &ull), ValkeyModule_CreateStringFromULongLong(ctx, ull));
    SHOW(ValkeyModule_StringToDouble(argv[1], &d), ValkeyModule_CreateStringFromDouble(ctx, d));
    SHOW(ValkeyModule_StringToLongDouble(argv[1], &ld), ValkeyModule_CreateStringFromLongDouble(ctx, ld, 1));
    SHOW(ValkeyModule_StringToStreamID(argv[1], &id), ValkeyModule_CreateStringFromStreamID(ctx, &id));
    return VALKEYMODULE_OK;
}

/* S.COMPARE a b */
static int compare(Ctx *ctx, Str **argv, int argc) {
    return ValkeyModule_ReplyWithLongLong(ctx, ValkeyModule_StringCompare(argv[1], argv[2]));
}

/* S.APPEND: to a string of our own, and not to a shared one. */
static int append(Ctx *ctx, Str **argv, int argc) {
    Str *s = ValkeyModule_CreateString(ctx, "abc", 3);
    CHECK(ValkeyModule_StringAppendBuffer(ctx, s, "defgh", 2) == VALKEYMODULE_OK);
    CHECK(is(s, "abcde"));
    for (int i = 0; i < 1000; i++) CHECK(ValkeyModule_StringAppendBuffer(ctx, s, "x", 1) == VALKEYMODULE_OK);
    size_t len;
    ValkeyModule_StringPtrLen(s, &len);
    CHECK(len == 1005);
    CHECK(ValkeyModule_MallocSizeString(s) >= 1005);
    ValkeyModule_TrimStringAllocation(s);
    ValkeyModule_StringPtrLen(s, &len);
    CHECK(len == 1005);
    ValkeyModule_RetainString(NULL, s);
    CHECK(ValkeyModule_StringAppendBuffer(ctx, s, "y", 1) == VALKEYMODULE_ERR);
    ValkeyModule_FreeString(ctx, s);
    ValkeyModule_FreeString(ctx, s);
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

int ValkeyModule_OnLoad(Ctx *ctx, Str **argv, int argc) {
    if (ValkeyModule_Init(ctx, "strings", 1, VALKEYMODULE_APIVER_1) == VALKEYMODULE_ERR) return VALKEYMODULE_ERR;
#define COMMAND(name, function) \
    if (ValkeyModule_CreateCommand(ctx, name, function, "readonly", 0, 0, 0) == VALKEYMODULE_ERR) return VALKEYMODULE_ERR
    COMMAND("s.alloc", alloc);
    COMMAND("s.make", make);
    COMMAND("s.keep", keep);
    COMMAND("s.kept", show_kept);
    COMMAND("s.parse", parse);
    COMMAND("s.compare", compare);
    COMMAND("s.append", append);
    return VALKEYMODULE_OK;
}
