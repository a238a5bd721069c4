/* Prints what a module sees of a header: Valkey's, or with HEADER_REDIS a Redis one. */

#ifdef HEADER_REDIS
#include "redismodule.h"
#define T(name) RedisModule##name
#define F(name) RedisModule_##name
#define C(name) REDISMODULE_##name
#else
#include "valkeymodule.h"
#define T(name) ValkeyModule##name
#define F(name) ValkeyModule_##name
#define C(name) VALKEYMODULE_##name
#endif

#include <stddef.h>
#include <stdio.h>

/* ---- Constants: value and type. */

static void show_signed(const char *name, const char *type, long long value) { printf("%s=%lld %s\n", name, value, type); }
static void show_int(const char *name, int value) { show_signed(name, "int", value); }
static void show_long(const char *name, long value) { show_signed(name, "long", value); }
static void show_unsigned(const char *name, unsigned long long value) { printf("%s=%llu unsigned\n", name, value); }
static void show_double(const char *name, double value) { printf("%s=%a\n", name, value); }
static void show_text(const char *name, const char *value) { printf("%s='%s'\n", name, value); }
static void show_pointer(const char *name, const void *value) { printf("%s=%p\n", name, value); }

#define SHOW(value)                        \
    _Generic((value),                      \
        int: show_int,                     \
        unsigned: show_unsigned,           \
        long: show_long,                   \
        unsigned long: show_unsigned,      \
        unsigned long long: show_unsigned, \
        double: show_double,               \
        char *: show_text,                 \
        default: show_pointer)
#define CONSTANT(name) SHOW(name)(#name, name);

static void constants(void) {
#include "constants.inc"
}

/* ---- Enumerators. */

#define ENUMERATOR(name) printf("%s=%d in %zu bytes\n", #name, (int)C(name), sizeof(C(name)));

static void enumerators(void) {
    ENUMERATOR(ARG_TYPE_STRING)
    ENUMERATOR(ARG_TYPE_INTEGER)
    ENUMERATOR(ARG_TYPE_DOUBLE)
    ENUMERATOR(ARG_TYPE_KEY)
    ENUMERATOR(ARG_TYPE_PATTERN)
    ENUMERATOR(ARG_TYPE_UNIX_TIME)
    ENUMERATOR(ARG_TYPE_PURE_TOKEN)
    ENUMERATOR(ARG_TYPE_ONEOF)
    ENUMERATOR(ARG_TYPE_BLOCK)
    ENUMERATOR(KSPEC_BS_INVALID)
    ENUMERATOR(KSPEC_BS_UNKNOWN)
    ENUMERATOR(KSPEC_BS_INDEX)
    ENUMERATOR(KSPEC_BS_KEYWORD)
    ENUMERATOR(KSPEC_FK_OMITTED)
    ENUMERATOR(KSPEC_FK_UNKNOWN)
    ENUMERATOR(KSPEC_FK_RANGE)
    ENUMERATOR(KSPEC_FK_KEYNUM)
    ENUMERATOR(ACL_LOG_AUTH)
    ENUMERATOR(ACL_LOG_CMD)
    ENUMERATOR(ACL_LOG_KEY)
    ENUMERATOR(ACL_LOG_CHANNEL)
#ifndef HEADER_REDIS
    printf("%d %d %d %d %d\n", VMSE_EVAL, VMSE_FUNCTION, VMSE_ALL, VMSE_STATE_EXECUTING, VMSE_STATE_KILLED);
#endif
}

/* ---- Structs. */

#define STRUCT(name) printf("\nstruct %s %zu", #name, sizeof(T(name)));
#define MEMBER(name, member) printf(" %s=%zu", #member, offsetof(T(name), member));

static void structs(void) {
    STRUCT(StreamID) MEMBER(StreamID, ms) MEMBER(StreamID, seq)
    STRUCT(Event) MEMBER(Event, id) MEMBER(Event, dataver)
    STRUCT(TimerID)
    STRUCT(ACLLogEntryReason)
    STRUCT(CommandArgType)
    STRUCT(CommandArg)
    MEMBER(CommandArg, name) MEMBER(CommandArg, type) MEMBER(CommandArg, key_spec_index) MEMBER(CommandArg, token)
    MEMBER(CommandArg, summary) MEMBER(CommandArg, since) MEMBER(CommandArg, flags) MEMBER(CommandArg, deprecated_since)
    MEMBER(CommandArg, subargs) MEMBER(CommandArg, display_text)
    STRUCT(CommandHistoryEntry) MEMBER(CommandHistoryEntry, since) MEMBER(CommandHistoryEntry, changes)
    STRUCT(CommandKeySpec)
    MEMBER(CommandKeySpec, notes) MEMBER(CommandKeySpec, flags) MEMBER(CommandKeySpec, begin_search_type)
    MEMBER(CommandKeySpec, bs) MEMBER(CommandKeySpec, find_keys_type) MEMBER(CommandKeySpec, fk)
    printf("\nkey spec");
    MEMBER(CommandKeySpec, bs.index.pos) MEMBER(CommandKeySpec, bs.keyword.keyword) MEMBER(CommandKeySpec, bs.keyword.startfrom)
    MEMBER(CommandKeySpec, fk.range.lastkey) MEMBER(CommandKeySpec, fk.range.keystep) MEMBER(CommandKeySpec, fk.range.limit)
    MEMBER(CommandKeySpec, fk.keynum.keynumidx) MEMBER(CommandKeySpec, fk.keynum.firstkey) MEMBER(CommandKeySpec, fk.keynum.keystep)
    STRUCT(CommandInfoVersion)
    MEMBER(CommandInfoVersion, version) MEMBER(CommandInfoVersion, sizeof_historyentry)
    MEMBER(CommandInfoVersion, sizeof_keyspec) MEMBER(CommandInfoVersion, sizeof_arg)
    STRUCT(CommandInfo)
    MEMBER(CommandInfo, version) MEMBER(CommandInfo, summary) MEMBER(CommandInfo, complexity) MEMBER(CommandInfo, since)
    MEMBER(CommandInfo, history) MEMBER(CommandInfo, tips) MEMBER(CommandInfo, arity) MEMBER(CommandInfo, key_specs)
    MEMBER(CommandInfo, args)
    printf("\ncommand info version %d %zu %zu %zu", C(COMMAND_INFO_VERSION)->version, C(COMMAND_INFO_VERSION)->sizeof_historyentry,
           C(COMMAND_INFO_VERSION)->sizeof_keyspec, C(COMMAND_INFO_VERSION)->sizeof_arg);
    STRUCT(TypeMethods)
    MEMBER(TypeMethods, version) MEMBER(TypeMethods, rdb_load) MEMBER(TypeMethods, rdb_save) MEMBER(TypeMethods, aof_rewrite)
    MEMBER(TypeMethods, mem_usage) MEMBER(TypeMethods, digest) MEMBER(TypeMethods, free) MEMBER(TypeMethods, aux_load)
    MEMBER(TypeMethods, aux_save) MEMBER(TypeMethods, aux_save_triggers) MEMBER(TypeMethods, free_effort)
    MEMBER(TypeMethods, unlink) MEMBER(TypeMethods, copy) MEMBER(TypeMethods, defrag) MEMBER(TypeMethods, mem_usage2)
    MEMBER(TypeMethods, free_effort2) MEMBER(TypeMethods, unlink2) MEMBER(TypeMethods, copy2) MEMBER(TypeMethods, aux_save2)
}

static void event_structs(void) {
    STRUCT(ClientInfo)
    MEMBER(ClientInfo, version) MEMBER(ClientInfo, flags) MEMBER(ClientInfo, id) MEMBER(ClientInfo, addr)
    MEMBER(ClientInfo, port) MEMBER(ClientInfo, db)
    STRUCT(ReplicationInfo)
#ifdef HEADER_REDIS
    MEMBER(ReplicationInfo, version) MEMBER(ReplicationInfo, master) MEMBER(ReplicationInfo, masterhost)
    MEMBER(ReplicationInfo, masterport)
#else
    MEMBER(ReplicationInfo, version) MEMBER(ReplicationInfo, primary) MEMBER(ReplicationInfo, primary_host)
    MEMBER(ReplicationInfo, primary_port)
#endif
    MEMBER(ReplicationInfo, replid1) MEMBER(ReplicationInfo, replid2) MEMBER(ReplicationInfo, repl1_offset)
    MEMBER(ReplicationInfo, repl2_offset)
    STRUCT(FlushInfo) MEMBER(FlushInfo, version) MEMBER(FlushInfo, sync) MEMBER(FlushInfo, dbnum)
    STRUCT(ModuleChange) MEMBER(ModuleChange, version) MEMBER(ModuleChange, module_name) MEMBER(ModuleChange, module_version)
    STRUCT(ConfigChange) MEMBER(ConfigChange, version) MEMBER(ConfigChange, num_changes) MEMBER(ConfigChange, config_names)
    STRUCT(CronLoop) MEMBER(CronLoop, version) MEMBER(CronLoop, hz)
    STRUCT(LoadingProgress) MEMBER(LoadingProgress, version) MEMBER(LoadingProgress, hz) MEMBER(LoadingProgress, progress)
    STRUCT(SwapDbInfo) MEMBER(SwapDbInfo, version) MEMBER(SwapDbInfo, dbnum_first) MEMBER(SwapDbInfo, dbnum_second)
    STRUCT(KeyInfo) MEMBER(KeyInfo, version) MEMBER(KeyInfo, key)
    T(ClientInfo) client = C(CLIENTINFO_INITIALIZER_V1);
    printf("\nclient info version %d\n", (int)client.version);
}

static void scripting_structs(void) {
#ifndef HEADER_REDIS
    STRUCT(ScriptingEngineSubsystemType)
    STRUCT(ScriptingEngineCompiledFunction)
    MEMBER(ScriptingEngineCompiledFunction, version) MEMBER(ScriptingEngineCompiledFunction, name)
    MEMBER(ScriptingEngineCompiledFunction, function) MEMBER(ScriptingEngineCompiledFunction, desc)
    MEMBER(ScriptingEngineCompiledFunction, f_flags)
    STRUCT(ScriptingEngineMemoryInfo)
    MEMBER(ScriptingEngineMemoryInfo, version) MEMBER(ScriptingEngineMemoryInfo, used_memory)
    MEMBER(ScriptingEngineMemoryInfo, engine_memory_overhead)
    STRUCT(ScriptingEngineCallableLazyEvalReset)
    MEMBER(ScriptingEngineCallableLazyEvalReset, context) MEMBER(ScriptingEngineCallableLazyEvalReset, engineLazyEvalResetCallback)
    STRUCT(ScriptingEngineMethods)
    MEMBER(ScriptingEngineMethods, version) MEMBER(ScriptingEngineMethods, compile_code)
    MEMBER(ScriptingEngineMethods, free_function) MEMBER(ScriptingEngineMethods, call_function)
    MEMBER(ScriptingEngineMethods, get_function_memory_overhead) MEMBER(ScriptingEngineMethods, reset_eval_env)
    MEMBER(ScriptingEngineMethods, get_memory_info)
    printf("\n");
#endif
}

/* ---- Events. */

#define EVENT(name) printf("event %s %llu %llu\n", #name, (unsigned long long)T(Event_##name).id, (unsigned long long)T(Event_##name).dataver);

static void events(void) {
    EVENT(ReplicationRoleChanged)
    EVENT(Persistence)
    EVENT(FlushDB)
    EVENT(Loading)
    EVENT(ClientChange)
    EVENT(Shutdown)
    EVENT(ReplicaChange)
    EVENT(CronLoop)
    EVENT(ModuleChange)
    EVENT(LoadingProgress)
    EVENT(SwapDB)
    EVENT(ForkChild)
    EVENT(ReplAsyncLoad)
    EVENT(EventLoop)
    EVENT(Config)
    EVENT(Key)
#ifdef HEADER_REDIS
    EVENT(MasterLinkChange)
    EVENT(ReplBackup)
#else
    EVENT(PrimaryLinkChange)
#endif
}

/* ---- Functions: is the pointer of the type that functions.tsv says? */

#define FUNCTION(name, ...) \
    printf("function %s %s\n", #name, __builtin_types_compatible_p(__typeof__(F(name)), __VA_ARGS__) ? "as in functions.tsv" : "DIFFERS");

#define CALLBACK(name, ...) printf("callback %s %d\n", #name, __builtin_types_compatible_p(T(name), __VA_ARGS__));

/* Those that no function takes. */
static void callbacks(void) {
    CALLBACK(TypeLoadFunc, void *(*)(T(IO) *, int))
    CALLBACK(TypeSaveFunc, void (*)(T(IO) *, void *))
    CALLBACK(TypeAuxLoadFunc, int (*)(T(IO) *, int, int))
    CALLBACK(TypeAuxSaveFunc, void (*)(T(IO) *, int))
    CALLBACK(TypeRewriteFunc, void (*)(T(IO) *, T(String) *, void *))
    CALLBACK(TypeMemUsageFunc, size_t (*)(const void *))
    CALLBACK(TypeMemUsageFunc2, size_t (*)(T(KeyOptCtx) *, const void *, size_t))
    CALLBACK(TypeDigestFunc, void (*)(T(Digest) *, void *))
    CALLBACK(TypeFreeFunc, void (*)(void *))
    CALLBACK(TypeFreeEffortFunc, size_t (*)(T(String) *, const void *))
    CALLBACK(TypeFreeEffortFunc2, size_t (*)(T(KeyOptCtx) *, const void *))
    CALLBACK(TypeUnlinkFunc, void (*)(T(String) *, const void *))
    CALLBACK(TypeUnlinkFunc2, void (*)(T(KeyOptCtx) *, const void *))
    CALLBACK(TypeCopyFunc, void *(*)(T(String) *, T(String) *, const void *))
    CALLBACK(TypeCopyFunc2, void *(*)(T(KeyOptCtx) *, const void *))
    CALLBACK(TypeDefragFunc, int (*)(T(DefragCtx) *, T(String) *, void **))
}

static void functions(void) {
#include "functions.inc"
}

int main(void) {
    constants();
    enumerators();
    structs();
    event_structs();
    scripting_structs();
    events();
    callbacks();
    functions();
    printf("%s\n", C(ERRORMSG_WRONGTYPE));
    return F(IsAOFClient)(UINT64_MAX) ? 0 : 1;
}
