/* Calling commands, and taking their answers apart. */

#include "valkeymodule.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef ValkeyModuleCtx Ctx;
typedef ValkeyModuleString Str;
typedef ValkeyModuleCallReply Reply;

static const char *errno_name(int code) {
    switch (code) {
    case 0: return "0";
    case EBADF: return "EBADF";
    case EINVAL: return "EINVAL";
    case ENOENT: return "ENOENT";
    case EPERM: return "EPERM";
    case EROFS: return "EROFS";
    case ENETDOWN: return "ENETDOWN";
    case ENOTSUP: return "ENOTSUP";
    case EACCES: return "EACCES";
    case ENOSPC: return "ENOSPC";
    case ESPIPE: return "ESPIPE";
    default: return "?";
    }
}

/* K.CALL flags command args...: hands the answer on as it is; for none, errno. */
static int call(Ctx *ctx, Str **argv, int argc) {
    if (argc < 3) return ValkeyModule_WrongArity(ctx);
    char format[64];
    snprintf(format, sizeof format, "v%s", ValkeyModule_StringPtrLen(argv[1], NULL));
    errno = 0;
    Reply *r = ValkeyModule_Call(ctx, ValkeyModule_StringPtrLen(argv[2], NULL), format, argv + 3, (size_t)argc - 3);
    if (!r) return ValkeyModule_ReplyWithErrorFormat(ctx, "ERR none, errno %s", errno_name(errno));
    if (ValkeyModule_ReplyWithCallReply(ctx, r) != VALKEYMODULE_OK) ValkeyModule_ReplyWithSimpleString(ctx, "that is RESP3");
    ValkeyModule_FreeCallReply(r);
    return VALKEYMODULE_OK;
}

static void describe(Reply *r, char *out, size_t room) {
    size_t at = strlen(out), len = 0;
    const char *text, *format;
#define SAY(...) snprintf(out + at, room - at, __VA_ARGS__)
    Reply *attribute = ValkeyModule_CallReplyAttribute(r), *k, *v;
    if (attribute) {
        SAY("|");
        for (size_t i = 0; ValkeyModule_CallReplyAttributeElement(attribute, i, &k, &v) == VALKEYMODULE_OK; i++) {
            describe(k, out, room);
            describe(v, out, room);
        }
        at = strlen(out);
    }
    switch (ValkeyModule_CallReplyType(r)) {
    case VALKEYMODULE_REPLY_STRING:
        text = ValkeyModule_CallReplyStringPtr(r, &len);
        SAY(" string%zu(%.*s)", ValkeyModule_CallReplyLength(r), (int)len, text);
        return;
    case VALKEYMODULE_REPLY_ERROR:
        text = ValkeyModule_CallReplyStringPtr(r, &len);
        SAY(" error%zu(%.*s)", ValkeyModule_CallReplyLength(r), (int)len, text);
        return;
    case VALKEYMODULE_REPLY_INTEGER: SAY(" integer%zu(%lld)", ValkeyModule_CallReplyLength(r), ValkeyModule_CallReplyInteger(r)); return;
    case VALKEYMODULE_REPLY_DOUBLE: SAY(" double%zu(%g)", ValkeyModule_CallReplyLength(r), ValkeyModule_CallReplyDouble(r)); return;
    case VALKEYMODULE_REPLY_BOOL: SAY(" bool%zu(%d)", ValkeyModule_CallReplyLength(r), ValkeyModule_CallReplyBool(r)); return;
    case VALKEYMODULE_REPLY_NULL: SAY(" null%zu", ValkeyModule_CallReplyLength(r)); return;
    case VALKEYMODULE_REPLY_BIG_NUMBER:
        text = ValkeyModule_CallReplyBigNumber(r, &len);
        SAY(" big%zu(%.*s)", ValkeyModule_CallReplyLength(r), (int)len, text);
        return;
    case VALKEYMODULE_REPLY_VERBATIM_STRING:
        text = ValkeyModule_CallReplyVerbatim(r, &len, &format);
        SAY(" verbatim%zu(%.3s,%.*s)", ValkeyModule_CallReplyLength(r), format, (int)len, text);
        return;
    case VALKEYMODULE_REPLY_ARRAY:
        SAY(" array%zu[", ValkeyModule_CallReplyLength(r));
        for (size_t i = 0; i < ValkeyModule_CallReplyLength(r); i++) describe(ValkeyModule_CallReplyArrayElement(r, i), out, room);
        break;
    case VALKEYMODULE_REPLY_SET:
        SAY(" set%zu[", ValkeyModule_CallReplyLength(r));
        for (size_t i = 0; i < ValkeyModule_CallReplyLength(r); i++) describe(ValkeyModule_CallReplySetElement(r, i), out, room);
        break;
    case VALKEYMODULE_REPLY_MAP:
        SAY(" map%zu[", ValkeyModule_CallReplyLength(r));
        for (size_t i = 0; ValkeyModule_CallReplyMapElement(r, i, &k, &v) == VALKEYMODULE_OK; i++) {
            describe(k, out, room);
            describe(v, out, room);
        }
        break;
    default: SAY(" unknown"); return;
    }
    strncat(out, "]", room - strlen(out) - 1);
}

/* K.TREE flags command args...: the answer, taken apart. */
static int tree(Ctx *ctx, Str **argv, int argc) {
    ValkeyModule_AutoMemory(ctx);
    char format[64], out[4096] = "";
    snprintf(format, sizeof format, "%sv", ValkeyModule_StringPtrLen(argv[1], NULL));
    Reply *r = ValkeyModule_Call(ctx, ValkeyModule_StringPtrLen(argv[2], NULL), format, argv + 3, (size_t)argc - 3);
    if (!r) return ValkeyModule_ReplyWithSimpleString(ctx, "none");
    describe(r, out, sizeof out);
    return ValkeyModule_ReplyWithCString(ctx, out);
}

/* K.PROTO flags command args...: the bytes of the answer, and of its first element. */
static int proto(Ctx *ctx, Str **argv, int argc) {
    char format[64];
    snprintf(format, sizeof format, "%sv", ValkeyModule_StringPtrLen(argv[1], NULL));
    Reply *r = ValkeyModule_Call(ctx, ValkeyModule_StringPtrLen(argv[2], NULL), format, argv + 3, (size_t)argc - 3);
    ValkeyModule_ReplyWithArray(ctx, 2);
    size_t len;
    const char *bytes = ValkeyModule_CallReplyProto(r, &len);
    ValkeyModule_ReplyWithStringBuffer(ctx, bytes, len);
    Reply *first = ValkeyModule_CallReplyArrayElement(r, 0);
    if (first) {
        bytes = ValkeyModule_CallReplyProto(first, &len);
        ValkeyModule_ReplyWithStringBuffer(ctx, bytes, len);
        /* A part alone isn't freed. */
        ValkeyModule_FreeCallReply(first);
        if (ValkeyModule_CallReplyProto(first, &len) != bytes) abort();
    } else {
        ValkeyModule_ReplyWithNull(ctx);
    }
    ValkeyModule_FreeCallReply(r);
    return VALKEYMODULE_OK;
}

#define CHECK(what)                                                                                        \
    do {                                                                                                   \
        if (!(what)) return ValkeyModule_ReplyWithErrorFormat(ctx, "ERR line %d: not so: %s", __LINE__, #what); \
    } while (0)

/* K.WRONG key: asks answers for what they are not. */
static int wrong(Ctx *ctx, Str **argv, int argc) {
    ValkeyModule_AutoMemory(ctx);
    Reply *text = ValkeyModule_Call(ctx, "ECHO", "c", "hi");
    Reply *number = ValkeyModule_Call(ctx, "EXISTS", "s", argv[1]);
    Reply *list = ValkeyModule_Call(ctx, "MGET", "ss", argv[1], argv[1]);
    Reply *k, *v;
    size_t len;
    CHECK(ValkeyModule_CallReplyInteger(text) == LLONG_MIN);
    CHECK(ValkeyModule_CallReplyDouble(text) == (double)LLONG_MIN);
    CHECK(ValkeyModule_CallReplyBool(text) == INT_MIN);
    CHECK(ValkeyModule_CallReplyBigNumber(text, &len) == NULL);
    CHECK(ValkeyModule_CallReplyVerbatim(text, &len, NULL) == NULL);
    CHECK(ValkeyModule_CallReplyArrayElement(text, 0) == NULL);
    CHECK(ValkeyModule_CallReplySetElement(list, 0) == NULL);
    CHECK(ValkeyModule_CallReplyMapElement(list, 0, &k, &v) == VALKEYMODULE_ERR);
    CHECK(ValkeyModule_CallReplyAttribute(list) == NULL);
    CHECK(ValkeyModule_CallReplyAttributeElement(list, 0, &k, &v) == VALKEYMODULE_ERR);
    CHECK(ValkeyModule_CallReplyStringPtr(number, &len) == NULL);
    CHECK(ValkeyModule_CallReplyArrayElement(list, 2) == NULL);
    CHECK(ValkeyModule_CallReplyType(ValkeyModule_CallReplyArrayElement(list, 1)) == VALKEYMODULE_REPLY_NULL);
    CHECK(ValkeyModule_CreateStringFromCallReply(list) == NULL);
    Str *s = ValkeyModule_CreateStringFromCallReply(text);
    CHECK(strcmp(ValkeyModule_StringPtrLen(s, NULL), "hi") == 0);
    s = ValkeyModule_CreateStringFromCallReply(number);
    CHECK(strcmp(ValkeyModule_StringPtrLen(s, NULL), "0") == 0);
    /* Freed before automatic memory does it. */
    ValkeyModule_FreeCallReply(list);
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

/* K.FORMAT key: every letter with an argument. */
static int formats(Ctx *ctx, Str **argv, int argc) {
    ValkeyModule_AutoMemory(ctx);
    Reply *r = ValkeyModule_Call(ctx, "SET", "sb", argv[1], "a\0b", (size_t)3);
    CHECK(r && ValkeyModule_CallReplyType(r) == VALKEYMODULE_REPLY_STRING);
    r = ValkeyModule_Call(ctx, "STRLEN", "s", argv[1]);
    CHECK(ValkeyModule_CallReplyInteger(r) == 3);
    r = ValkeyModule_Call(ctx, "SET", "sl", argv[1], (long long)-42);
    CHECK(r != NULL);
    r = ValkeyModule_Call(ctx, "INCRBY", "sc!", argv[1], "2");
    CHECK(ValkeyModule_CallReplyInteger(r) == -40);
    Str *more[3] = {ValkeyModule_CreateString(ctx, "EX", 2), ValkeyModule_CreateString(ctx, "100", 3), ValkeyModule_CreateString(ctx, "GET", 3)};
    r = ValkeyModule_Call(ctx, "SET", "!scvAR", argv[1], "v", more, (size_t)3);
    CHECK(r && strcmp(ValkeyModule_StringPtrLen(ValkeyModule_CreateStringFromCallReply(r), NULL), "-40") == 0);
    r = ValkeyModule_Call(ctx, "TTL", "s", argv[1]);
    CHECK(ValkeyModule_CallReplyInteger(r) == 100);
    errno = 0;
    r = ValkeyModule_Call(ctx, "SET", "sz", argv[1], "x");
    CHECK(r == NULL && errno == EBADF);
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

/* K.TIMER key: a call as a user out of a timer, where there is none: errno goes to the key. */
static void fired(Ctx *ctx, void *data) {
    errno = 0;
    Reply *r = ValkeyModule_Call(ctx, "SET", "Ccc", "k", "v");
    ValkeyModuleCallReply *w = ValkeyModule_Call(ctx, "SET", "sc", data, r == NULL ? errno_name(errno) : "it ran");
    if (w) ValkeyModule_FreeCallReply(w);
    if (r) ValkeyModule_FreeCallReply(r);
    ValkeyModule_FreeString(NULL, data);
}

static int timer(Ctx *ctx, Str **argv, int argc) {
    ValkeyModule_CreateTimer(ctx, 1, fired, ValkeyModule_HoldString(NULL, argv[1]));
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

/* K.NEST n: calls itself n times, each adds one. */
static int nest(Ctx *ctx, Str **argv, int argc) {
    long long n = 0;
    if (argc != 2 || ValkeyModule_StringToLongLong(argv[1], &n) != VALKEYMODULE_OK) return ValkeyModule_WrongArity(ctx);
    if (n == 0) return ValkeyModule_ReplyWithLongLong(ctx, 0);
    Reply *r = ValkeyModule_Call(ctx, "k.nest", "l", n - 1);
    if (!r) return ValkeyModule_ReplyWithError(ctx, "ERR no answer");
    long long below = ValkeyModule_CallReplyInteger(r);
    ValkeyModule_FreeCallReply(r);
    return ValkeyModule_ReplyWithLongLong(ctx, below + 1);
}

/* K.ATTR: an attribute and a set, for K.TREE. */
static int attr(Ctx *ctx, Str **argv, int argc) {
    if (ValkeyModule_ReplyWithAttribute(ctx, 1) == VALKEYMODULE_OK) {
        ValkeyModule_ReplyWithCString(ctx, "k");
        ValkeyModule_ReplyWithBool(ctx, 1);
    }
    ValkeyModule_ReplyWithArray(ctx, 5);
    ValkeyModule_ReplyWithSet(ctx, 1);
    ValkeyModule_ReplyWithDouble(ctx, 1.5);
    ValkeyModule_ReplyWithMap(ctx, 1);
    ValkeyModule_ReplyWithBigNumber(ctx, "12345", 5);
    ValkeyModule_ReplyWithVerbatimString(ctx, "text", 4);
    ValkeyModule_ReplyWithNull(ctx);
    ValkeyModule_ReplyWithError(ctx, "ERR inside");
    return ValkeyModule_ReplyWithBool(ctx, 0);
}

/* K.SWAP a b: the values of two keys, read and written by calls. */
static int swap(Ctx *ctx, Str **argv, int argc) {
    ValkeyModule_AutoMemory(ctx);
    if (argc != 3) return ValkeyModule_WrongArity(ctx);
    Str *a = ValkeyModule_CreateStringFromCallReply(ValkeyModule_Call(ctx, "GET", "s", argv[1]));
    Str *b = ValkeyModule_CreateStringFromCallReply(ValkeyModule_Call(ctx, "GET", "s", argv[2]));
    if (!a || !b) return ValkeyModule_ReplyWithNull(ctx);
    ValkeyModule_Call(ctx, "SET", "ss", argv[1], b);
    ValkeyModule_Call(ctx, "SET", "ss", argv[2], a);
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

/* K.REPLICATE: what is accepted. */
static int replicate(Ctx *ctx, Str **argv, int argc) {
    CHECK(ValkeyModule_Replicate(ctx, "SET", "cc", "a", "b") == VALKEYMODULE_OK);
    CHECK(ValkeyModule_Replicate(ctx, "SET", "cz", "a", "b") == VALKEYMODULE_ERR);
    CHECK(ValkeyModule_Replicate(ctx, "NONSENSE", "c", "a") == VALKEYMODULE_ERR);
    CHECK(ValkeyModule_ReplicateVerbatim(ctx) == VALKEYMODULE_OK);
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

int ValkeyModule_OnLoad(Ctx *ctx, Str **argv, int argc) {
    if (ValkeyModule_Init(ctx, "call", 1, VALKEYMODULE_APIVER_1) == VALKEYMODULE_ERR) return VALKEYMODULE_ERR;
#define COMMAND(name, function) \
    if (ValkeyModule_CreateCommand(ctx, name, function, "write", 0, 0, 0) == VALKEYMODULE_ERR) return VALKEYMODULE_ERR
    COMMAND("k.call", call);
    COMMAND("k.tree", tree);
    COMMAND("k.proto", proto);
    COMMAND("k.wrong", wrong);
    COMMAND("k.format", formats);
    COMMAND("k.timer", timer);
    COMMAND("k.nest", nest);
    COMMAND("k.attr", attr);
    COMMAND("k.swap", swap);
    COMMAND("k.replicate", replicate);
    return VALKEYMODULE_OK;
}
