/* Time, random bytes, the log, options, versions. */

#include "valkeymodule.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef ValkeyModuleCtx Ctx;
typedef ValkeyModuleString Str;

#define CHECK(what)                                                                                        \
    do {                                                                                                   \
        if (!(what)) return ValkeyModule_ReplyWithErrorFormat(ctx, "ERR line %d: not so: %s", __LINE__, #what); \
    } while (0)

/* M.TIME */
static int times(Ctx *ctx, Str **argv, int argc) {
    long long now = (long long)time(NULL);
    CHECK(llabs(ValkeyModule_Milliseconds() / 1000 - now) <= 1);
    CHECK(llabs(ValkeyModule_Microseconds() / 1000000 - now) <= 1);
    long long cached = ValkeyModule_CachedMicroseconds();
    unsigned long long mono = ValkeyModule_MonotonicMicroseconds();
    struct timespec pause = {0, 5000000};
    nanosleep(&pause, NULL);
    CHECK(ValkeyModule_MonotonicMicroseconds() >= mono + 5000);
    CHECK(ValkeyModule_CachedMicroseconds() == cached);
    CHECK(ValkeyModule_Microseconds() >= cached + 5000);
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

/* M.RANDOM */
static int random_bytes(Ctx *ctx, Str **argv, int argc) {
    static unsigned char a[100000], b[100000];
    ValkeyModule_GetRandomBytes(a, sizeof a);
    ValkeyModule_GetRandomBytes(b, sizeof b);
    CHECK(memcmp(a, b, sizeof a) != 0);
    int seen[256] = {0};
    for (size_t i = 0; i < sizeof a; i++) seen[a[i]]++;
    for (int i = 0; i < 256; i++) CHECK(seen[i] > 200 && seen[i] < 600);
    ValkeyModule_GetRandomBytes(a, 0);
    char hex[65] = {0};
    ValkeyModule_GetRandomHexChars(hex, 64);
    CHECK(strlen(hex) == 64 && strspn(hex, "0123456789abcdef") == 64);
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

/* M.LOG level text */
static int logs(Ctx *ctx, Str **argv, int argc) {
    if (argc != 3) return ValkeyModule_WrongArity(ctx);
    ValkeyModule_Log(ctx, ValkeyModule_StringPtrLen(argv[1], NULL), "it says: %s, %d", ValkeyModule_StringPtrLen(argv[2], NULL), 5);
    ValkeyModule_Log(NULL, "warning", "nobody says: %s", ValkeyModule_StringPtrLen(argv[2], NULL));
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

/* M.KNOWS */
static int knows(Ctx *ctx, Str **argv, int argc) {
    CHECK(ValkeyModule_GetServerVersion() == 0x00090102);
    CHECK(ValkeyModule_GetModuleOptionsAll() & VALKEYMODULE_OPTIONS_HANDLE_IO_ERRORS);
    CHECK(ValkeyModule_GetContextFlagsAll() & VALKEYMODULE_CTX_FLAGS_MULTI);
    CHECK(ValkeyModule_GetTypeMethodVersion() == VALKEYMODULE_TYPE_METHOD_VERSION);
    CHECK(ValkeyModule_IsModuleNameBusy("misc") && !ValkeyModule_IsModuleNameBusy("free"));
    CHECK(ValkeyModule_GetUsedMemoryRatio() == 0.0f);
    ValkeyModule_Yield(ctx, VALKEYMODULE_YIELD_FLAG_CLIENTS, "busy");
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

/* M.SIGNAL key */
static int signal_modified(Ctx *ctx, Str **argv, int argc) {
    ValkeyModule_SignalModifiedKey(ctx, argv[1]);
    return ValkeyModule_ReplyWithSimpleString(ctx, "OK");
}

/* M.ASSERT */
static int fails(Ctx *ctx, Str **argv, int argc) {
    ValkeyModule_Assert(argc == 77);
    return VALKEYMODULE_OK;
}

int ValkeyModule_OnLoad(Ctx *ctx, Str **argv, int argc) {
    if (ValkeyModule_Init(ctx, "misc", 3, VALKEYMODULE_APIVER_1) == VALKEYMODULE_ERR) return VALKEYMODULE_ERR;
    ValkeyModule_SetModuleOptions(ctx, VALKEYMODULE_OPTIONS_HANDLE_IO_ERRORS);
#define COMMAND(name, function) \
    if (ValkeyModule_CreateCommand(ctx, name, function, "readonly", 0, 0, 0) == VALKEYMODULE_ERR) return VALKEYMODULE_ERR
    COMMAND("m.time", times);
    COMMAND("m.random", random_bytes);
    COMMAND("m.log", logs);
    COMMAND("m.knows", knows);
    COMMAND("m.signal", signal_modified);
    COMMAND("m.assert", fails);
    return VALKEYMODULE_OK;
}
