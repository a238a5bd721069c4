/* The contract between the C shim and Rust.
 *
 * Stable Rust can define neither variadic functions nor such that take or return long double. The fourteen API functions
 * that do are written here in C, as valkore_shim_<Name>; src/abi/table.rs hands out their addresses. Each turns what Rust
 * can't read into what it can, calls one Rust function, and returns its answer. The shim decides nothing else: it checks
 * no key, no command and no context, and where it can't make sense of a format it says so to Rust.
 *
 * What Rust is handed is alive during the call only. errno is as Rust left it when the module gets its answer. The shim
 * holds no lock and has no state: any thread may call it at any time.
 *
 * Rust declares its side with api!{ shim "valkore_<Name>_<form>" fn <Name>(...) }; the names, types and order of the
 * arguments are below, and src/abi/shim.rs repeats the structs and numbers. tests/shim.rs runs all of it. */

#ifndef VALKORE_SHIM_H
#define VALKORE_SHIM_H

#include <stddef.h>
#include <stdint.h>

typedef struct ValkeyModuleCtx ValkeyModuleCtx;
typedef struct ValkeyModuleKey ValkeyModuleKey;
typedef struct ValkeyModuleString ValkeyModuleString;
typedef struct ValkeyModuleCallReply ValkeyModuleCallReply;
typedef struct ValkeyModuleIO ValkeyModuleIO;

/* ---- Form `text`: printf-like. The finished text: `len` bytes and a zero byte that isn't counted. It can be empty, and
 * hold no other zero byte. A text that memory doesn't suffice for is cut to its first VALKORE_TEXT_ROOM - 1 bytes. */

#define VALKORE_TEXT_ROOM 1024 /* bytes formatted on the stack; longer texts take one malloc */

ValkeyModuleString *valkore_CreateStringPrintf_text(ValkeyModuleCtx *ctx, const char *text, size_t len);
int valkore_ReplyWithErrorFormat_text(ValkeyModuleCtx *ctx, const char *text, size_t len);
void valkore_Log_text(ValkeyModuleCtx *ctx, const char *levelstr, const char *text, size_t len);
void valkore_LogIOError_text(ValkeyModuleIO *io, const char *levelstr, const char *text, size_t len);

/* ---- Form `args`: a command's arguments, after its name.
 *
 * letters that take arguments                letters that set a flag
 *   c  char *, zero-terminated   -> BYTES      !  REPLICATE       C  AS_USER       D  DRY_RUN and ERRORS
 *   b  char *, size_t            -> BYTES      A  NOT_TO_AOF      S  SCRIPT_MODE   K  MAY_BLOCK
 *   s  ValkeyModuleString *      -> STRING     R  NOT_TO_REPLICAS W  NO_WRITES     X  EXACT (Valkey 9)
 *   l  long long                 -> INTEGER    3  RESP3           M  RESPECT_OOM
 *   v  ValkeyModuleString **,                  0  RESP_AUTO       E  ERRORS
 *      size_t                    -> that many STRINGs
 *
 * Any other letter: flags is VALKORE_FMT_BAD alone and argc is 0. cmdname and fmt are passed on as they came. */

enum {
    VALKORE_ARG_BYTES = 0,   /* ptr, and value bytes there */
    VALKORE_ARG_STRING = 1,  /* ptr is a ValkeyModuleString *, value is 0 */
    VALKORE_ARG_INTEGER = 2, /* value; ptr is NULL */
};

typedef struct {
    uint32_t kind;
    uint32_t unused; /* 0 */
    const void *ptr;
    int64_t value;
} valkore_arg;

#define VALKORE_FMT_REPLICATE (1u << 0)
#define VALKORE_FMT_NOT_TO_AOF (1u << 1)
#define VALKORE_FMT_NOT_TO_REPLICAS (1u << 2)
#define VALKORE_FMT_RESP3 (1u << 3)
#define VALKORE_FMT_RESP_AUTO (1u << 4)
#define VALKORE_FMT_AS_USER (1u << 5)
#define VALKORE_FMT_SCRIPT_MODE (1u << 6)
#define VALKORE_FMT_NO_WRITES (1u << 7)
#define VALKORE_FMT_RESPECT_OOM (1u << 8)
#define VALKORE_FMT_ERRORS (1u << 9)
#define VALKORE_FMT_DRY_RUN (1u << 10)
#define VALKORE_FMT_MAY_BLOCK (1u << 11)
#define VALKORE_FMT_EXACT (1u << 12)
#define VALKORE_FMT_BAD (1u << 31)

#define VALKORE_ARGS_ROOM 32 /* arguments collected on the stack; more take mallocs */

ValkeyModuleCallReply *valkore_Call_args(ValkeyModuleCtx *ctx, const char *cmdname, const char *fmt, unsigned flags, const valkore_arg *argv, size_t argc);
int valkore_Replicate_args(ValkeyModuleCtx *ctx, const char *cmdname, const char *fmt, unsigned flags, const valkore_arg *argv, size_t argc);
void valkore_EmitAOF_args(ValkeyModuleIO *io, const char *cmdname, const char *fmt, unsigned flags, const valkore_arg *argv, size_t argc);

/* ---- Form `pairs`: fields of a hash, up to the NULL that ends them.
 *
 * HashSet: other is the new ValkeyModuleString *, or (void *)1 to delete the field.
 * HashGet: other is a ValkeyModuleString ** to set, or with VALKEYMODULE_HASH_EXISTS an int * to set. */

typedef struct {
    const void *field; /* a ValkeyModuleString *; with VALKEYMODULE_HASH_CFIELDS a char * */
    size_t field_len;  /* of a char *; else 0 */
    void *other;
} valkore_pair;

#define VALKORE_HASH_CFIELDS (1 << 2) /* VALKEYMODULE_HASH_CFIELDS */
#define VALKORE_PAIRS_ROOM 16         /* pairs collected on the stack; more take mallocs */

int valkore_HashSet_pairs(ValkeyModuleKey *key, int flags, const valkore_pair *pairs, size_t count);
int valkore_HashGet_pairs(ValkeyModuleKey *key, int flags, const valkore_pair *pairs, size_t count);

/* ---- long double travels as text.
 *
 * CreateStringFromLongDouble, ReplyWithLongDouble: as the server prints numbers, "%.17Lf" without trailing zeros, or
 * "%.17Lg" if not humanfriendly; "inf", "-inf", "nan". SaveLongDouble: "%La", which is exact.
 *
 * The other two ask Rust for text and read it with strtold. All of the text must be one number that a long double can
 * hold, without a space before it, and not NaN; hexadecimal and "inf" will do. */

#define VALKORE_NUMBER_ROOM (5 * 1024) /* bytes of text; the longest "%.17Lf" takes 4,952 */

ValkeyModuleString *valkore_CreateStringFromLongDouble_text(ValkeyModuleCtx *ctx, int humanfriendly, const char *text, size_t len);
int valkore_ReplyWithLongDouble_text(ValkeyModuleCtx *ctx, const char *text, size_t len);
void valkore_SaveLongDouble_text(ValkeyModuleIO *io, const char *text, size_t len);

/* Sets where the string's bytes are, and how many. Not 0: there are none, and that is the module's answer. */
int valkore_StringToLongDouble_bytes(const ValkeyModuleString *str, const char **text, size_t *len);
/* Copies the next saved text to `room`. Answers its length: 0 if there is none, more than room_len if it doesn't fit. */
size_t valkore_LoadLongDouble_copy(ValkeyModuleIO *io, char *room, size_t room_len);

#endif
