/* Registering commands, and telling about them. Loaded with the argument "refused", OnLoad fails at its end. */

#include "valkeymodule.h"

#include <errno.h>
#include <string.h>

typedef ValkeyModuleCtx Ctx;
typedef ValkeyModuleString Str;

static ValkeyModuleCommand *late;

/* Answers its name and arguments. */
static int echo(Ctx *ctx, Str **argv, int argc) {
    ValkeyModule_ReplyWithArray(ctx, argc);
    for (int i = 0; i < argc; i++) ValkeyModule_ReplyWithString(ctx, argv[i]);
    return VALKEYMODULE_OK;
}

/* C.ASKED n key ... : tells its keys by callback: argument 2, and every second from there on, n of them. */
static int asked(Ctx *ctx, Str **argv, int argc) {
    if (ValkeyModule_IsKeysPositionRequest(ctx)) {
        long long n = 0;
        if (argc < 2 || ValkeyModule_StringToLongLong(argv[1], &n) != VALKEYMODULE_OK) return VALKEYMODULE_OK;
        for (int i = 0; i < n; i++) {
            if (i == 0) ValkeyModule_KeyAtPosWithFlags(ctx, 2, VALKEYMODULE_CMD_KEY_RO | VALKEYMODULE_CMD_KEY_ACCESS);
            else ValkeyModule_KeyAtPos(ctx, 2 + 2 * i);
        }
        return VALKEYMODULE_OK;
    }
    if (ValkeyModule_IsChannelsPositionRequest(ctx)) return VALKEYMODULE_OK;
    return echo(ctx, argv, argc);
}

/* C.KEYS command args...: where its keys are, and flags. */
static int keys(Ctx *ctx, Str **argv, int argc) {
    int n = -1, *flags = NULL;
    errno = 0;
    int *found = ValkeyModule_GetCommandKeysWithFlags(ctx, argv + 1, argc - 1, &n, &flags);
    if (!found) return ValkeyModule_ReplyWithErrorFormat(ctx, "ERR errno %s", errno == ENOENT ? "ENOENT" : errno == EINVAL ? "EINVAL" : errno == 0 ? "0" : "?");
    ValkeyModule_ReplyWithArray(ctx, 2 * n);
    for (int i = 0; i < n; i++) {
        ValkeyModule_ReplyWithLongLong(ctx, found[i]);
        ValkeyModule_ReplyWithLongLong(ctx, flags[i]);
    }
    ValkeyModule_Free(flags);
    ValkeyModule_Free(found);
    found = ValkeyModule_GetCommandKeys(ctx, argv + 1, argc - 1, &n);
    ValkeyModule_Free(found);
    return VALKEYMODULE_OK;
}

/* C.NAME: the name of the command that runs. */
static int name(Ctx *ctx, Str **argv, int argc) {
    return ValkeyModule_ReplyWithCString(ctx, ValkeyModule_GetCurrentCommandName(ctx));
}

/* C.LATE: what fails after OnLoad. */
static int after_load(Ctx *ctx, Str **argv, int argc) {
    int wrong = 0;
    wrong += ValkeyModule_CreateCommand(ctx, "c.toolate", echo, "", 0, 0, 0) != VALKEYMODULE_ERR;
    wrong += ValkeyModule_CreateSubcommand(ValkeyModule_GetCommand(ctx, "c.box"), "toolate", echo, "", 0, 0, 0) != VALKEYMODULE_ERR;
    wrong += ValkeyModule_AddACLCategory(ctx, "toolate") != VALKEYMODULE_ERR;
    wrong += ValkeyModule_SetCommandACLCategories(late, "read") != VALKEYMODULE_ERR;
    wrong += ValkeyModule_GetCommand(ctx, "get") != NULL;
    wrong += ValkeyModule_GetCommand(ctx, "c.none") != NULL;
    wrong += ValkeyModule_GetCommand(ctx, "c.box|get") == NULL;
    wrong += ValkeyModule_GetCommand(ctx, "c.box|none") != NULL;
    return ValkeyModule_ReplyWithLongLong(ctx, wrong);
}

/* C.TELL: tells about a command long after OnLoad. */
static int tell(Ctx *ctx, Str **argv, int argc) {
    ValkeyModuleCommandInfo info = {.version = VALKEYMODULE_COMMAND_INFO_VERSION, .summary = "Told late.", .arity = 2};
    errno = 0;
    int answer = ValkeyModule_SetCommandInfo(late, &info);
    return ValkeyModule_ReplyWithErrorFormat(ctx, "ERR %d %s", answer, errno == EEXIST ? "EEXIST" : "-");
}

#define MUST(what) if (!(what)) { ValkeyModule_Log(ctx, "warning", "line %d: not so: %s", __LINE__, #what); return VALKEYMODULE_ERR; }

static int invalid_infos(Ctx *ctx, ValkeyModuleCommand *c) {
    ValkeyModuleCommandInfo no_version = {.summary = "x"};
    errno = 0;
    MUST(ValkeyModule_SetCommandInfo(c, &no_version) == VALKEYMODULE_ERR && errno == EINVAL);
#define BAD_ARGS(...)                                                                                                     \
    do {                                                                                                                  \
        ValkeyModuleCommandInfo i = {.version = VALKEYMODULE_COMMAND_INFO_VERSION, .args = (ValkeyModuleCommandArg[]){__VA_ARGS__, {0}}}; \
        errno = 0;                                                                                                        \
        MUST(ValkeyModule_SetCommandInfo(c, &i) == VALKEYMODULE_ERR && errno == EINVAL);                                  \
    } while (0)
    BAD_ARGS({.name = "t", .type = VALKEYMODULE_ARG_TYPE_PURE_TOKEN});
    BAD_ARGS({.name = "k", .type = VALKEYMODULE_ARG_TYPE_KEY, .key_spec_index = -1});
    BAD_ARGS({.name = "s", .type = VALKEYMODULE_ARG_TYPE_STRING, .key_spec_index = 1});
    BAD_ARGS({.name = "o", .type = VALKEYMODULE_ARG_TYPE_ONEOF});
    BAD_ARGS({.name = "s", .type = VALKEYMODULE_ARG_TYPE_STRING, .flags = 1 << 3});
    BAD_ARGS({.name = "s", .type = 99});
#define BAD_SPEC(...)                                                                                                     \
    do {                                                                                                                  \
        ValkeyModuleCommandInfo i = {.version = VALKEYMODULE_COMMAND_INFO_VERSION, .key_specs = (ValkeyModuleCommandKeySpec[]){__VA_ARGS__, {0}}}; \
        errno = 0;                                                                                                        \
        MUST(ValkeyModule_SetCommandInfo(c, &i) == VALKEYMODULE_ERR && errno == EINVAL);                                  \
    } while (0)
    BAD_SPEC({.flags = VALKEYMODULE_CMD_KEY_RO | VALKEYMODULE_CMD_KEY_RW, .begin_search_type = VALKEYMODULE_KSPEC_BS_INDEX});
    BAD_SPEC({.flags = VALKEYMODULE_CMD_KEY_RW | VALKEYMODULE_CMD_KEY_INSERT | VALKEYMODULE_CMD_KEY_DELETE, .begin_search_type = VALKEYMODULE_KSPEC_BS_INDEX});
    BAD_SPEC({.flags = VALKEYMODULE_CMD_KEY_RO, .begin_search_type = VALKEYMODULE_KSPEC_BS_KEYWORD});
    BAD_SPEC({.flags = VALKEYMODULE_CMD_KEY_RO, .begin_search_type = 9});
    return VALKEYMODULE_OK;
}

static const ValkeyModuleCommandInfo full_info = {
    .version = VALKEYMODULE_COMMAND_INFO_VERSION,
    .summary = "Does all there is.",
    .complexity = "O(1)",
    .since = "1.2.3",
    .history = (ValkeyModuleCommandHistoryEntry[]){{"1.3.0", "More of it."}, {"1.4.0", "Less of it."}, {0}},
    .tips = "nondeterministic_output request_policy:all_shards",
    .arity = -5,
    .key_specs = (ValkeyModuleCommandKeySpec[]){
        {.notes = "The first.", .flags = VALKEYMODULE_CMD_KEY_RW | VALKEYMODULE_CMD_KEY_ACCESS | VALKEYMODULE_CMD_KEY_UPDATE, .begin_search_type = VALKEYMODULE_KSPEC_BS_INDEX, .bs.index.pos = 1},
        {.flags = VALKEYMODULE_CMD_KEY_RO | VALKEYMODULE_CMD_KEY_ACCESS, .begin_search_type = VALKEYMODULE_KSPEC_BS_KEYWORD, .bs.keyword = {.keyword = "KEYS", .startfrom = 2}, .find_keys_type = VALKEYMODULE_KSPEC_FK_KEYNUM, .fk.keynum = {.keynumidx = 0, .firstkey = 1, .keystep = 1}},
        {.flags = VALKEYMODULE_CMD_KEY_OW | VALKEYMODULE_CMD_KEY_INSERT, .begin_search_type = VALKEYMODULE_KSPEC_BS_KEYWORD, .bs.keyword = {.keyword = "STORE", .startfrom = -2}, .find_keys_type = VALKEYMODULE_KSPEC_FK_RANGE, .fk.range = {.lastkey = 0, .keystep = 1, .limit = 0}},
        {0}},
    .args = (ValkeyModuleCommandArg[]){
        {.name = "key", .type = VALKEYMODULE_ARG_TYPE_KEY, .key_spec_index = 0},
        {.name = "choice", .type = VALKEYMODULE_ARG_TYPE_ONEOF, .flags = VALKEYMODULE_CMD_ARG_OPTIONAL, .subargs = (ValkeyModuleCommandArg[]){
            {.name = "nx", .type = VALKEYMODULE_ARG_TYPE_PURE_TOKEN, .token = "NX", .since = "1.3.0"},
            {.name = "seconds", .type = VALKEYMODULE_ARG_TYPE_INTEGER, .token = "EX", .summary = "How long."},
            {0}}},
        {.name = "value", .type = VALKEYMODULE_ARG_TYPE_DOUBLE, .flags = VALKEYMODULE_CMD_ARG_MULTIPLE, .display_text = "shown"},
        {0}},
};

int ValkeyModule_OnLoad(Ctx *ctx, Str **argv, int argc) {
    if (ValkeyModule_Init(ctx, "commands", 7, VALKEYMODULE_APIVER_1) == VALKEYMODULE_ERR) return VALKEYMODULE_ERR;
#define CREATE(name, function, flags, a, b, c) ValkeyModule_CreateCommand(ctx, name, function, flags, a, b, c)
    MUST(CREATE("c.echo", echo, "readonly fast", 1, -1, 2) == VALKEYMODULE_OK);
    MUST(CREATE("C.Mixed", echo, "", 0, 0, 0) == VALKEYMODULE_OK);
    MUST(CREATE("c.every", echo, "write deny-oom admin deny-script allow-loading pubsub random blocking allow-stale no-monitor no-slowlog fast no-auth may-replicate no-mandatory-keys allow-busy", 1, 1, 1) == VALKEYMODULE_OK);
    MUST(CREATE("c.asked", asked, "readonly getkeys-api getchannels-api", 0, 0, 0) == VALKEYMODULE_OK);
    MUST(CREATE("c.keys", keys, "", 0, 0, 0) == VALKEYMODULE_OK);
    MUST(CREATE("c.name", name, "", 0, 0, 0) == VALKEYMODULE_OK);
    MUST(CREATE("c.late", after_load, "", 0, 0, 0) == VALKEYMODULE_OK);
    MUST(CREATE("c.tell", tell, "", 0, 0, 0) == VALKEYMODULE_OK);
    MUST(CREATE("c.told", echo, "", 0, 0, 0) == VALKEYMODULE_OK);
    MUST(CREATE("c.full", echo, "write", 1, 1, 1) == VALKEYMODULE_OK);
    MUST(CREATE("c.box", NULL, "", 0, 0, 0) == VALKEYMODULE_OK);
    /* Refused: taken, by us or the server; flags; characters. */
    MUST(CREATE("C.ECHO", echo, "", 0, 0, 0) == VALKEYMODULE_ERR);
    MUST(CREATE("get", echo, "", 0, 0, 0) == VALKEYMODULE_ERR);
    MUST(CREATE("c.flags", echo, "readonly nonsense", 0, 0, 0) == VALKEYMODULE_ERR);
    MUST(CREATE("c.flags", echo, "readonly  fast", 0, 0, 0) == VALKEYMODULE_ERR);
    MUST(CREATE("c flags", echo, "", 0, 0, 0) == VALKEYMODULE_ERR);
    MUST(CREATE("c|flags", echo, "", 0, 0, 0) == VALKEYMODULE_ERR);
    MUST(CREATE("@c", echo, "", 0, 0, 0) == VALKEYMODULE_ERR);

    ValkeyModuleCommand *box = ValkeyModule_GetCommand(ctx, "c.box");
    MUST(box != NULL && ValkeyModule_GetCommand(ctx, "get") == NULL && ValkeyModule_GetCommand(ctx, "c.none") == NULL);
#define SUB(parent, name) ValkeyModule_CreateSubcommand(parent, name, echo, "readonly", 2, 2, 1)
    MUST(SUB(box, "get") == VALKEYMODULE_OK);
    MUST(SUB(box, "set") == VALKEYMODULE_OK);
    MUST(SUB(box, "GET") == VALKEYMODULE_ERR);
    MUST(SUB(box, "no|name") == VALKEYMODULE_ERR);
    MUST(SUB(ValkeyModule_GetCommand(ctx, "c.echo"), "get") == VALKEYMODULE_ERR);
    ValkeyModuleCommand *box_get = ValkeyModule_GetCommand(ctx, "c.box|get");
    MUST(box_get != NULL && SUB(box_get, "deeper") == VALKEYMODULE_ERR);
    ValkeyModuleCommandInfo sub_info = {.version = VALKEYMODULE_COMMAND_INFO_VERSION, .summary = "Gets.", .arity = 3};
    MUST(ValkeyModule_SetCommandInfo(box_get, &sub_info) == VALKEYMODULE_OK);

    errno = 0;
    MUST(ValkeyModule_AddACLCategory(ctx, "no good") == VALKEYMODULE_ERR && errno == EINVAL);
    errno = 0;
    MUST(ValkeyModule_AddACLCategory(ctx, "read") == VALKEYMODULE_ERR && errno == EBUSY);
    MUST(ValkeyModule_AddACLCategory(ctx, "boxes") == VALKEYMODULE_OK);
    MUST(ValkeyModule_SetCommandACLCategories(ValkeyModule_GetCommand(ctx, "c.echo"), "boxes READ fast") == VALKEYMODULE_OK);
    MUST(ValkeyModule_SetCommandACLCategories(box_get, "boxes") == VALKEYMODULE_OK);
    MUST(ValkeyModule_SetCommandACLCategories(box_get, "boxes nonsense") == VALKEYMODULE_ERR);

    ValkeyModuleCommand *full = ValkeyModule_GetCommand(ctx, "c.full");
    if (invalid_infos(ctx, full) != VALKEYMODULE_OK) return VALKEYMODULE_ERR;
    MUST(ValkeyModule_SetCommandInfo(full, &full_info) == VALKEYMODULE_OK);
    errno = 0;
    MUST(ValkeyModule_SetCommandInfo(full, &full_info) == VALKEYMODULE_ERR && errno == EEXIST);
    late = ValkeyModule_GetCommand(ctx, "c.told");
    return argc > 0 ? VALKEYMODULE_ERR : VALKEYMODULE_OK;
}
