/* Every kind of answer. */

#include "valkeymodule.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef ValkeyModuleCtx Ctx;
typedef ValkeyModuleString Str;

/* R.KIND name: one answer of that kind. */
static int kind(Ctx *ctx, Str **argv, int argc) {
    if (argc < 2) return ValkeyModule_WrongArity(ctx);
    const char *what = ValkeyModule_StringPtrLen(argv[1], NULL);
#define IF(name) if (!strcmp(what, name))
    IF("int") return ValkeyModule_ReplyWithLongLong(ctx, -5);
    IF("error") return ValkeyModule_ReplyWithError(ctx, "CODE what\r\n went wrong\r\n");
    IF("errorf") return ValkeyModule_ReplyWithErrorFormat(ctx, "ERR %s is %d", "it", 42);
    IF("simple") return ValkeyModule_ReplyWithSimpleString(ctx, "fine");
    IF("array") {
        ValkeyModule_ReplyWithArray(ctx, 2);
        ValkeyModule_ReplyWithLongLong(ctx, 1);
        return ValkeyModule_ReplyWithNull(ctx);
    }
    IF("map") {
        ValkeyModule_ReplyWithMap(ctx, 1);
        ValkeyModule_ReplyWithCString(ctx, "k");
        return ValkeyModule_ReplyWithLongLong(ctx, 1);
    }
    IF("set") {
        ValkeyModule_ReplyWithSet(ctx, 1);
        return ValkeyModule_ReplyWithCString(ctx, "m");
    }
    IF("nullarray") return ValkeyModule_ReplyWithNullArray(ctx);
    IF("emptyarray") return ValkeyModule_ReplyWithEmptyArray(ctx);
    IF("buffer") return ValkeyModule_ReplyWithStringBuffer(ctx, "a\0b", 3);
    IF("cstring") return ValkeyModule_ReplyWithCString(ctx, "text");
    IF("string") return ValkeyModule_ReplyWithString(ctx, argv[0]);
    IF("emptystring") return ValkeyModule_ReplyWithEmptyString(ctx);
    IF("verbatim") return ValkeyModule_ReplyWithVerbatimString(ctx, "text", 4);
    IF("markdown") return ValkeyModule_ReplyWithVerbatimStringType(ctx, "text", 4, "mkd");
    IF("null") return ValkeyModule_ReplyWithNull(ctx);
    IF("true") return ValkeyModule_ReplyWithBool(ctx, 7);
    IF("false") return ValkeyModule_ReplyWithBool(ctx, 0);
    IF("double") return ValkeyModule_ReplyWithDouble(ctx, 3.14);
    IF("inf") return ValkeyModule_ReplyWithDouble(ctx, -INFINITY);
    IF("longdouble") return ValkeyModule_ReplyWithLongDouble(ctx, 0.5L);
    IF("big") return ValkeyModule_ReplyWithBigNumber(ctx, "123456789012345678901234567890", 30);
    return ValkeyModule_ReplyWithErrorFormat(ctx, "ERR no kind %s", what);
}

/* R.ATTRIBUTE: an attribute and the answer; in RESP2 the code that it can't be. */
static int attribute(Ctx *ctx, Str **argv, int argc) {
    if (ValkeyModule_ReplyWithAttribute(ctx, 1) != VALKEYMODULE_OK) return ValkeyModule_ReplyWithSimpleString(ctx, "no attributes");
    ValkeyModule_ReplyWithCString(ctx, "k");
    ValkeyModule_ReplyWithCString(ctx, "v");
    return ValkeyModule_ReplyWithLongLong(ctx, 3);
}

/* R.POSTPONED: collections of all kinds whose lengths are told at their ends, one in the other. */
static int postponed(Ctx *ctx, Str **argv, int argc) {
    ValkeyModule_ReplyWithArray(ctx, VALKEYMODULE_POSTPONED_LEN);
    ValkeyModule_ReplyWithLongLong(ctx, 1);
    ValkeyModule_ReplyWithArray(ctx, VALKEYMODULE_POSTPONED_LEN);
    for (int i = 10; i <= 30; i += 10) ValkeyModule_ReplyWithLongLong(ctx, i);
    ValkeyModule_ReplySetArrayLength(ctx, 3);
    ValkeyModule_ReplyWithMap(ctx, VALKEYMODULE_POSTPONED_LEN);
    ValkeyModule_ReplyWithCString(ctx, "k");
    ValkeyModule_ReplyWithSet(ctx, VALKEYMODULE_POSTPONED_LEN);
    ValkeyModule_ReplyWithCString(ctx, "m");
    ValkeyModule_ReplySetSetLength(ctx, 1);
    ValkeyModule_ReplySetMapLength(ctx, 1);
    ValkeyModule_ReplyWithArray(ctx, VALKEYMODULE_POSTPONED_LEN);
    ValkeyModule_ReplySetArrayLength(ctx, 0);
    ValkeyModule_ReplySetArrayLength(ctx, 4);
    return VALKEYMODULE_OK;
}

/* R.MISUSE: tells a length that nobody asked for, and then another answer. */
static int misuse(Ctx *ctx, Str **argv, int argc) {
    ValkeyModule_ReplySetArrayLength(ctx, 3);
    return ValkeyModule_ReplyWithSimpleString(ctx, "survived");
}

/* R.UNFINISHED: never tells a length. */
static int unfinished(Ctx *ctx, Str **argv, int argc) {
    ValkeyModule_ReplyWithArray(ctx, VALKEYMODULE_POSTPONED_LEN);
    return ValkeyModule_ReplyWithLongLong(ctx, 1);
}

/* R.MANY n: an array of so many numbers. */
static int many(Ctx *ctx, Str **argv, int argc) {
    long long n = 0;
    if (argc != 2 || ValkeyModule_StringToLongLong(argv[1], &n) != VALKEYMODULE_OK) return ValkeyModule_WrongArity(ctx);
    ValkeyModule_ReplyWithArray(ctx, VALKEYMODULE_POSTPONED_LEN);
    for (long long i = 0; i < n; i++) ValkeyModule_ReplyWithLongLong(ctx, i);
    ValkeyModule_ReplySetArrayLength(ctx, n);
    return VALKEYMODULE_OK;
}

int ValkeyModule_OnLoad(Ctx *ctx, Str **argv, int argc) {
    if (ValkeyModule_Init(ctx, "reply", 1, VALKEYMODULE_APIVER_1) == VALKEYMODULE_ERR) return VALKEYMODULE_ERR;
#define COMMAND(name, function) \
    if (ValkeyModule_CreateCommand(ctx, name, function, "readonly", 0, 0, 0) == VALKEYMODULE_ERR) return VALKEYMODULE_ERR
    COMMAND("r.kind", kind);
    COMMAND("r.attribute", attribute);
    COMMAND("r.postponed", postponed);
    COMMAND("r.misuse", misuse);
    COMMAND("r.unfinished", unfinished);
    COMMAND("r.many", many);
    return VALKEYMODULE_OK;
}
