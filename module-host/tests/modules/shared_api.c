/* Exports a function, or takes one. Loaded as "SIDE export" it gives `twice`, as "SIDE import" it uses it. */

#include "valkeymodule.h"

#include <string.h>

typedef ValkeyModuleCtx Ctx;
typedef ValkeyModuleString Str;

static long long twice(long long n) { return 2 * n; }

/* SA.USE n: asks for the function when it is needed. */
static int use(Ctx *ctx, Str **argv, int argc) {
    long long n = 0;
    long long (*function)(long long) = ValkeyModule_GetSharedAPI(ctx, "twice");
    if (!function) return ValkeyModule_ReplyWithError(ctx, "ERR not exported");
    ValkeyModule_StringToLongLong(argv[1], &n);
    return ValkeyModule_ReplyWithLongLong(ctx, function(n));
}

int ValkeyModule_OnLoad(Ctx *ctx, Str **argv, int argc) {
    /* The argument decides about the name, so it is read before Init. */
    const char *(*string_ptr_len)(const Str *, size_t *) = NULL;
    int (*get_api)(const char *, void *) = *(int (**)(const char *, void *))ctx;
    if (get_api("ValkeyModule_StringPtrLen", &string_ptr_len) != VALKEYMODULE_OK) return VALKEYMODULE_ERR;
    const char *side = argc > 0 ? string_ptr_len(argv[0], NULL) : "";
    int exports = strcmp(side, "export") == 0;
    if (ValkeyModule_Init(ctx, exports ? "exporter" : "importer", 1, VALKEYMODULE_APIVER_1) == VALKEYMODULE_ERR) return VALKEYMODULE_ERR;
    if (exports) {
        if (ValkeyModule_ExportSharedAPI(ctx, "twice", twice) != VALKEYMODULE_OK) return VALKEYMODULE_ERR;
        /* The name is taken now. */
        return ValkeyModule_ExportSharedAPI(ctx, "twice", twice) == VALKEYMODULE_ERR ? VALKEYMODULE_OK : VALKEYMODULE_ERR;
    }
    return ValkeyModule_CreateCommand(ctx, "sa.use", use, "", 0, 0, 0);
}
