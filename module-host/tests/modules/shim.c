/* Plays both neighbours of the shim: the module that calls it, and Rust, which prints what it is handed. */

#include "shim.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define STRING(n) ((ValkeyModuleString *)(uintptr_t)(n))
#define HERE ((void *)0x10)

/* ---- The functions under test. */

ValkeyModuleString *valkore_shim_CreateStringPrintf(ValkeyModuleCtx *ctx, const char *fmt, ...);
int valkore_shim_ReplyWithErrorFormat(ValkeyModuleCtx *ctx, const char *fmt, ...);
void valkore_shim_Log(ValkeyModuleCtx *ctx, const char *levelstr, const char *fmt, ...);
void valkore_shim_LogIOError(ValkeyModuleIO *io, const char *levelstr, const char *fmt, ...);
ValkeyModuleCallReply *valkore_shim_Call(ValkeyModuleCtx *ctx, const char *cmdname, const char *fmt, ...);
int valkore_shim_Replicate(ValkeyModuleCtx *ctx, const char *cmdname, const char *fmt, ...);
void valkore_shim_EmitAOF(ValkeyModuleIO *io, const char *cmdname, const char *fmt, ...);
int valkore_shim_HashSet(ValkeyModuleKey *key, int flags, ...);
int valkore_shim_HashGet(ValkeyModuleKey *key, int flags, ...);
ValkeyModuleString *valkore_shim_CreateStringFromLongDouble(ValkeyModuleCtx *ctx, long double ld, int humanfriendly);
int valkore_shim_ReplyWithLongDouble(ValkeyModuleCtx *ctx, long double ld);
void valkore_shim_SaveLongDouble(ValkeyModuleIO *io, long double value);
int valkore_shim_StringToLongDouble(const ValkeyModuleString *str, long double *ld);
long double valkore_shim_LoadLongDouble(ValkeyModuleIO *io);

/* ---- Rust. */

static void show_text(const char *who, const char *text, size_t len) {
    if (strlen(text) != len) printf("WRONG LENGTH ");
    if (len > 60)
        printf("%s %zu bytes %.4s...%s\n", who, len, text, text + len - 4);
    else
        printf("%s '%s'\n", who, text);
    errno = 77; /* must reach the module */
}

ValkeyModuleString *valkore_CreateStringPrintf_text(ValkeyModuleCtx *ctx, const char *text, size_t len) {
    show_text(ctx == HERE ? "printf" : "printf?", text, len);
    return STRING(5);
}
int valkore_ReplyWithErrorFormat_text(ValkeyModuleCtx *ctx, const char *text, size_t len) {
    show_text(ctx == HERE ? "error" : "error?", text, len);
    return 6;
}
void valkore_Log_text(ValkeyModuleCtx *ctx, const char *levelstr, const char *text, size_t len) {
    show_text(ctx == HERE ? levelstr : "?", text, len);
}
void valkore_LogIOError_text(ValkeyModuleIO *io, const char *levelstr, const char *text, size_t len) {
    show_text(io == HERE ? levelstr : "?", text, len);
}

static void show_args(const char *who, const char *cmdname, const char *fmt, unsigned flags, const valkore_arg *argv, size_t argc) {
    printf("%s %s [%s] flags %x args %zu:", who, cmdname, fmt, flags, argc);
    for (size_t i = 0; i < argc && i < 6; i++) {
        if (argv[i].unused != 0) printf(" UNUSED");
        if (argv[i].kind == VALKORE_ARG_BYTES) printf(" '%.*s'", (int)argv[i].value, (const char *)argv[i].ptr);
        if (argv[i].kind == VALKORE_ARG_STRING) printf(" s%zu", (size_t)argv[i].ptr);
        if (argv[i].kind == VALKORE_ARG_INTEGER) printf(" %lld", (long long)argv[i].value);
    }
    if (argc > 6) printf(" ... s%zu", (size_t)argv[argc - 1].ptr);
    printf("\n");
    errno = 77;
}

ValkeyModuleCallReply *valkore_Call_args(ValkeyModuleCtx *ctx, const char *cmdname, const char *fmt, unsigned flags, const valkore_arg *argv, size_t argc) {
    show_args(ctx == HERE ? "call" : "call?", cmdname, fmt, flags, argv, argc);
    return (ValkeyModuleCallReply *)7;
}
int valkore_Replicate_args(ValkeyModuleCtx *ctx, const char *cmdname, const char *fmt, unsigned flags, const valkore_arg *argv, size_t argc) {
    show_args(ctx == HERE ? "replicate" : "replicate?", cmdname, fmt, flags, argv, argc);
    return 8;
}
void valkore_EmitAOF_args(ValkeyModuleIO *io, const char *cmdname, const char *fmt, unsigned flags, const valkore_arg *argv, size_t argc) {
    show_args(io == HERE ? "emit" : "emit?", cmdname, fmt, flags, argv, argc);
}

static int show_pairs(const char *who, int flags, const valkore_pair *pairs, size_t count) {
    printf("%s flags %x pairs %zu:", who, flags, count);
    for (size_t i = 0; i < count && i < 3; i++) {
        if (pairs[i].field_len > 0)
            printf(" '%.*s'=%zu", (int)pairs[i].field_len, (const char *)pairs[i].field, (size_t)pairs[i].other);
        else
            printf(" s%zu=%zu", (size_t)pairs[i].field, (size_t)pairs[i].other);
    }
    if (count > 3) printf(" ... s%zu=%zu", (size_t)pairs[count - 1].field, (size_t)pairs[count - 1].other);
    printf("\n");
    errno = 77;
    return 9;
}

int valkore_HashSet_pairs(ValkeyModuleKey *key, int flags, const valkore_pair *pairs, size_t count) {
    return show_pairs(key == HERE ? "set" : "set?", flags, pairs, count);
}
int valkore_HashGet_pairs(ValkeyModuleKey *key, int flags, const valkore_pair *pairs, size_t count) {
    return show_pairs(key == HERE ? "get" : "get?", flags, pairs, count);
}

static char saved[VALKORE_NUMBER_ROOM];
static size_t saved_len;

static void save(const char *text, size_t len) {
    memcpy(saved, text, len);
    saved_len = len;
}

ValkeyModuleString *valkore_CreateStringFromLongDouble_text(ValkeyModuleCtx *ctx, int humanfriendly, const char *text, size_t len) {
    (void)ctx;
    show_text(humanfriendly ? "human" : "plain", text, len);
    save(text, len);
    return STRING(5);
}
int valkore_ReplyWithLongDouble_text(ValkeyModuleCtx *ctx, const char *text, size_t len) {
    (void)ctx;
    show_text("reply", text, len);
    return 6;
}
void valkore_SaveLongDouble_text(ValkeyModuleIO *io, const char *text, size_t len) {
    (void)io;
    save(text, len);
}
int valkore_StringToLongDouble_bytes(const ValkeyModuleString *str, const char **text, size_t *len) {
    if (str == NULL) return 1;
    *text = (const char *)str;
    *len = strlen(*text);
    return 0;
}
size_t valkore_LoadLongDouble_copy(ValkeyModuleIO *io, char *room, size_t room_len) {
    if (io == NULL) return room_len + 1;
    memcpy(room, saved, saved_len);
    return saved_len;
}

/* ---- The module. */

static void expect(int condition, const char *what) {
    if (!condition) printf("WRONG: %s\n", what);
    if (errno != 77) printf("WRONG: errno after %s\n", what);
    errno = 0;
}

static void texts(void) {
    static char long_text[5000];
    memset(long_text, 'x', sizeof long_text - 1);
    expect(valkore_shim_CreateStringPrintf(HERE, "%s-%d-%5.2f", "a", -3, 2.5) == STRING(5), "printf");
    expect(valkore_shim_CreateStringPrintf(HERE, "%s", "") == STRING(5), "empty");
    expect(valkore_shim_CreateStringPrintf(HERE, "%.*s", 1023, long_text) == STRING(5), "just fits");
    expect(valkore_shim_CreateStringPrintf(HERE, "%.*s", 1024, long_text) == STRING(5), "just not");
    expect(valkore_shim_ReplyWithErrorFormat(HERE, "a %s z %d", long_text, 12) == 6, "long");
    valkore_shim_Log(HERE, "notice", "%zu", (size_t)9);
    expect(1, "log");
    valkore_shim_LogIOError(HERE, "warning", "%%");
    expect(1, "io log");
}

static void arguments(void) {
    static ValkeyModuleString *vector[100];
    for (size_t i = 0; i < 100; i++) vector[i] = STRING(i + 1);
    expect(valkore_shim_Call(HERE, "SET", "cbsl", "key", "value!", (size_t)5, STRING(3), -4LL) == (void *)7, "call");
    expect(valkore_shim_Call(HERE, "PING", "") == (void *)7, "no arguments");
    expect(valkore_shim_Call(HERE, "X", "!AR30CSWMEDKX") == (void *)7, "all flags");
    expect(valkore_shim_Call(HERE, "X", "D") == (void *)7, "D implies E");
    expect(valkore_shim_Call(HERE, "DEL", "vc!v", vector, (size_t)3, "mid", vector, (size_t)1) == (void *)7, "vectors");
    expect(valkore_shim_Call(HERE, "DEL", "v", vector, (size_t)0) == (void *)7, "empty vector");
    expect(valkore_shim_Call(HERE, "DEL", "cv", "first", vector, (size_t)32) == (void *)7, "one past the room");
    expect(valkore_shim_Call(HERE, "DEL", "vv", vector, (size_t)100, vector, (size_t)100) == (void *)7, "grows twice");
    expect(valkore_shim_Call(HERE, "SET", "cq!", "key") == (void *)7, "unknown letter");
    expect(valkore_shim_Replicate(HERE, "INCRBY", "cl", "key", 1LL << 62) == 8, "replicate");
    valkore_shim_EmitAOF(HERE, "SADD", "sv", STRING(9), vector, (size_t)2);
    expect(1, "emit");
}

static void hashes(void) {
    expect(valkore_shim_HashSet(HERE, 0, STRING(1), STRING(2), NULL) == 9, "one");
    expect(valkore_shim_HashSet(HERE, 0, NULL) == 9, "none");
    expect(valkore_shim_HashSet(HERE, 4, "field", (void *)1, "other", STRING(3), NULL) == 9, "names");
#define FIVE STRING(1), STRING(2), STRING(3), STRING(4), STRING(5), STRING(6), STRING(7), STRING(8), STRING(9), STRING(10)
    expect(valkore_shim_HashSet(HERE, 0, FIVE, FIVE, FIVE, STRING(3), NULL, NULL) == 9, "no value is a value");
    expect(valkore_shim_HashGet(HERE, 8, FIVE, FIVE, FIVE, FIVE, FIVE, FIVE, FIVE, FIVE, NULL) == 9, "forty");
}

static void same(long double value) {
    valkore_shim_SaveLongDouble(NULL, value);
    long double loaded = valkore_shim_LoadLongDouble(HERE);
    if (loaded != value || signbit(loaded) != signbit(value)) printf("WRONG: %.*s reads as %La\n", (int)saved_len, saved, loaded);
}

static void parses(const char *text, int wanted, long double value) {
    long double ld = -1;
    errno = 33;
    int ok = valkore_shim_StringToLongDouble((const ValkeyModuleString *)text, &ld) == 0;
    if (ok != wanted || (ok && ld != value) || (!ok && ld != -1)) printf("WRONG: '%s' is %d, %La\n", text ? text : "NULL", ok, ld);
    if (errno != 33) printf("WRONG: errno after '%s'\n", text);
}

static void numbers(void) {
    const long double values[] = {0.0L, -0.0L, 1.5L, -1e15L, 3.14159265358979323846L, 0.1L, 1e-20L, INFINITY, -INFINITY, NAN};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        expect(valkore_shim_CreateStringFromLongDouble(HERE, values[i], 1) == STRING(5), "human");
        expect(valkore_shim_CreateStringFromLongDouble(HERE, values[i], 0) == STRING(5), "plain");
        expect(valkore_shim_ReplyWithLongDouble(HERE, values[i]) == 6, "reply");
    }
    expect(valkore_shim_ReplyWithLongDouble(HERE, LDBL_MAX) == 6, "longest");

    const long double exact[] = {0.0L, -0.0L, 0.1L, 1.0L / 3, LDBL_MAX, -LDBL_MAX, LDBL_MIN, LDBL_MIN / 8, LDBL_EPSILON, INFINITY, -INFINITY};
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++) same(exact[i]);
    if (valkore_shim_LoadLongDouble(NULL) != 0) printf("WRONG: too long a text\n");

    parses("1.5", 1, 1.5L);
    parses("-3e4", 1, -3e4L);
    parses("0x1.8p1", 1, 3.0L);
    parses("inf", 1, INFINITY);
    parses("3.14159265358979323846", 1, 3.14159265358979323846L);
    parses("", 0, 0);
    parses(" 1", 0, 0);
    parses("1 ", 0, 0);
    parses("1x", 0, 0);
    parses("nan", 0, 0);
    parses("1e99999", 0, 0);
    parses("1e-99999", 0, 0);
    parses(NULL, 0, 0);
}

int main(void) {
    texts();
    arguments();
    hashes();
    numbers();
    return 0;
}
