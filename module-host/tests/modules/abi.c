/* Asks for every name and calls what isn't built. OnLoad answers 0 if all was as it should be. */

#ifdef ABI_REDIS
#include "redismodule.h"
#define INIT RedisModule_Init
#define ON_LOAD RedisModule_OnLoad
#else
#include "valkeymodule.h"
#define INIT ValkeyModule_Init
#define ON_LOAD ValkeyModule_OnLoad
#endif

#include <stdio.h>
#include <string.h>

static int failures;

#define CHECK(condition)                                                     \
    do {                                                                     \
        if (!(condition)) {                                                  \
            fprintf(stderr, "abi.c:%d: %s\n", __LINE__, #condition);         \
            failures++;                                                      \
        }                                                                    \
    } while (0)

static const char *const names[] = {
#define NAME(name) #name,
#include "names.inc"
#undef NAME
};

static void *ask(const char *prefix, const char *name) {
    char full[128];
    void *target = NULL;
    snprintf(full, sizeof full, "%s%s", prefix, name);
    if (ValkeyModule_GetApi(full, &target) != 0 || target == NULL) {
        fprintf(stderr, "%s is not served\n", full);
        failures++;
    }
    return target;
}

static void each_name_under_both_prefixes(void) {
    CHECK(sizeof names / sizeof *names == 358);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        CHECK(ask("ValkeyModule_", names[i]) == ask("RedisModule_", names[i]));
}

static void init_found_each(void) {
#define NAME(name) CHECK((void *)ValkeyModule_##name == ask("ValkeyModule_", #name));
#include "names.inc"
#undef NAME
}

static void unknown_names(void) {
    void *target = &failures;
    CHECK(ValkeyModule_GetApi("ValkeyModule_NoSuchThing", &target) == 1);
    CHECK(ValkeyModule_GetApi("ZsetAdd", &target) == 1);
    CHECK(ValkeyModule_GetApi("", &target) == 1);
    CHECK(target == &failures);
}

static void on_event(ValkeyModuleCtx *ctx, ValkeyModuleEvent event, uint64_t subevent, void *data) {
    (void)ctx, (void)event, (void)subevent, (void)data;
}

/* What is built needs a server: of the others, each way of handing over arguments. */
static void unbuilt_functions_fail(ValkeyModuleCtx *ctx) {
    CHECK(ValkeyModule_ZsetAdd(NULL, 1.5, NULL, NULL) == VALKEYMODULE_ERR);
    CHECK(ValkeyModule_LoadDouble(NULL) == 0);
    CHECK(ValkeyModule_LoadFloat(NULL) == 0);
    /* By value. */
    CHECK(ValkeyModule_SubscribeToServerEvent(ctx, ValkeyModuleEvent_FlushDB, on_event) == VALKEYMODULE_ERR);
    CHECK(ValkeyModule_IsSubEventSupported(ValkeyModuleEvent_Key, VALKEYMODULE_SUBEVENT_KEY_EVICTED) == 0);
    /* Through the shim. */
    CHECK(ValkeyModule_HashSet(NULL, VALKEYMODULE_HASH_CFIELDS, "field", VALKEYMODULE_HASH_DELETE, NULL) == 0);
    CHECK(ValkeyModule_HashGet(NULL, VALKEYMODULE_HASH_NONE, NULL) == VALKEYMODULE_ERR);
    ValkeyModule_EmitAOF(NULL, "SET", "cc", "key", "value");
    CHECK(ValkeyModule_LoadLongDouble(NULL) == 0);
    ValkeyModule_SaveLongDouble(NULL, 1.5L);
}

int ON_LOAD(ValkeyModuleCtx *ctx, ValkeyModuleString **argv, int argc) {
    (void)argv, (void)argc;
    if (INIT(ctx, "abi", 1, VALKEYMODULE_APIVER_1) != VALKEYMODULE_OK) return 1;
    each_name_under_both_prefixes();
    init_found_each();
    unknown_names();
    unbuilt_functions_fail(ctx);
    CHECK(ValkeyModule_GetTypeMethodVersion() == VALKEYMODULE_TYPE_METHOD_VERSION);
    return failures;
}
