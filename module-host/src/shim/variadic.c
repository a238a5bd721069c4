/* The nine variadic functions. See shim.h. */

#include "shim.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Texts. */

typedef struct {
    char *ptr;
    size_t len;
    char room[VALKORE_TEXT_ROOM];
} text;

static void text_format(text *t, const char *fmt, va_list ap) {
    va_list again;
    va_copy(again, ap);
    t->ptr = t->room;
    t->len = 0;
    int needed = vsnprintf(t->room, sizeof t->room, fmt, ap);
    if (needed < 0) {
        t->room[0] = '\0';
    } else if ((size_t)needed < sizeof t->room) {
        t->len = (size_t)needed;
    } else {
        char *longer = malloc((size_t)needed + 1);
        if (longer != NULL && vsnprintf(longer, (size_t)needed + 1, fmt, again) == needed) {
            t->ptr = longer;
            t->len = (size_t)needed;
        } else {
            free(longer);
            t->len = sizeof t->room - 1;
        }
    }
    va_end(again);
}

/* Frees memory and leaves errno as it is. */
static void release(void *memory, const void *unless) {
    if (memory == unless) return;
    int kept = errno;
    free(memory);
    errno = kept;
}

__attribute__((format(printf, 2, 3))) ValkeyModuleString *valkore_shim_CreateStringPrintf(ValkeyModuleCtx *ctx, const char *fmt, ...) {
    text t;
    va_list ap;
    va_start(ap, fmt);
    text_format(&t, fmt, ap);
    va_end(ap);
    ValkeyModuleString *answer = valkore_CreateStringPrintf_text(ctx, t.ptr, t.len);
    release(t.ptr, t.room);
    return answer;
}

__attribute__((format(printf, 2, 3))) int valkore_shim_ReplyWithErrorFormat(ValkeyModuleCtx *ctx, const char *fmt, ...) {
    text t;
    va_list ap;
    va_start(ap, fmt);
    text_format(&t, fmt, ap);
    va_end(ap);
    int answer = valkore_ReplyWithErrorFormat_text(ctx, t.ptr, t.len);
    release(t.ptr, t.room);
    return answer;
}

__attribute__((format(printf, 3, 4))) void valkore_shim_Log(ValkeyModuleCtx *ctx, const char *levelstr, const char *fmt, ...) {
    text t;
    va_list ap;
    va_start(ap, fmt);
    text_format(&t, fmt, ap);
    va_end(ap);
    valkore_Log_text(ctx, levelstr, t.ptr, t.len);
    release(t.ptr, t.room);
}

__attribute__((format(printf, 3, 4))) void valkore_shim_LogIOError(ValkeyModuleIO *io, const char *levelstr, const char *fmt, ...) {
    text t;
    va_list ap;
    va_start(ap, fmt);
    text_format(&t, fmt, ap);
    va_end(ap);
    valkore_LogIOError_text(io, levelstr, t.ptr, t.len);
    release(t.ptr, t.room);
}

/* ---- Arguments. */

typedef struct {
    valkore_arg *items;
    size_t count, capacity;
    unsigned flags;
    valkore_arg room[VALKORE_ARGS_ROOM];
} args;

/* Doubles an array that began in `room`. There is no answer that means "out of memory" here, so that ends the process. */
static void *grown(void *items, const void *room, size_t *capacity, size_t item_size) {
    size_t bytes = *capacity * item_size;
    void *larger = realloc(items == room ? NULL : items, bytes * 2);
    if (larger == NULL) {
        fputs("valkore: out of memory for the arguments of a module's call\n", stderr);
        abort();
    }
    if (items == room) memcpy(larger, room, bytes);
    *capacity *= 2;
    return larger;
}

static void args_add(args *a, uint32_t kind, const void *ptr, int64_t value) {
    if (a->count == a->capacity) a->items = grown(a->items, a->room, &a->capacity, sizeof *a->items);
    a->items[a->count++] = (valkore_arg){.kind = kind, .ptr = ptr, .value = value};
}

/* The flags of a letter that takes no argument; 0 for any other. */
static unsigned flags_of(char letter) {
    switch (letter) {
    case '!': return VALKORE_FMT_REPLICATE;
    case 'A': return VALKORE_FMT_NOT_TO_AOF;
    case 'R': return VALKORE_FMT_NOT_TO_REPLICAS;
    case '3': return VALKORE_FMT_RESP3;
    case '0': return VALKORE_FMT_RESP_AUTO;
    case 'C': return VALKORE_FMT_AS_USER;
    case 'S': return VALKORE_FMT_SCRIPT_MODE;
    case 'W': return VALKORE_FMT_NO_WRITES;
    case 'M': return VALKORE_FMT_RESPECT_OOM;
    case 'E': return VALKORE_FMT_ERRORS;
    case 'D': return VALKORE_FMT_DRY_RUN | VALKORE_FMT_ERRORS;
    case 'K': return VALKORE_FMT_MAY_BLOCK;
    case 'X': return VALKORE_FMT_EXACT;
    default: return 0;
    }
}

/* A macro, since a va_list that a function has read from is undefined in its caller. */
#define ARGS_COLLECT(a, fmt, ap)                                                                      \
    do {                                                                                              \
        (a)->items = (a)->room;                                                                       \
        (a)->capacity = VALKORE_ARGS_ROOM;                                                            \
        (a)->count = 0;                                                                               \
        (a)->flags = 0;                                                                               \
        for (const char *letter = (fmt); *letter != '\0'; letter++) {                                 \
            if (*letter == 'c') {                                                                     \
                const char *bytes = va_arg(ap, const char *);                                         \
                args_add(a, VALKORE_ARG_BYTES, bytes, (int64_t)strlen(bytes));                        \
            } else if (*letter == 'b') {                                                              \
                const char *bytes = va_arg(ap, const char *);                                         \
                args_add(a, VALKORE_ARG_BYTES, bytes, (int64_t)va_arg(ap, size_t));                   \
            } else if (*letter == 's') {                                                              \
                args_add(a, VALKORE_ARG_STRING, va_arg(ap, ValkeyModuleString *), 0);                 \
            } else if (*letter == 'l') {                                                              \
                args_add(a, VALKORE_ARG_INTEGER, NULL, va_arg(ap, long long));                        \
            } else if (*letter == 'v') {                                                              \
                ValkeyModuleString **vector = va_arg(ap, ValkeyModuleString **);                      \
                size_t length = va_arg(ap, size_t);                                                   \
                for (size_t i = 0; i < length; i++) args_add(a, VALKORE_ARG_STRING, vector[i], 0);    \
            } else if (flags_of(*letter) != 0) {                                                      \
                (a)->flags |= flags_of(*letter);                                                      \
            } else {                                                                                  \
                (a)->flags = VALKORE_FMT_BAD;                                                         \
                (a)->count = 0;                                                                       \
                break;                                                                                \
            }                                                                                         \
        }                                                                                             \
    } while (0)

ValkeyModuleCallReply *valkore_shim_Call(ValkeyModuleCtx *ctx, const char *cmdname, const char *fmt, ...) {
    args a;
    va_list ap;
    va_start(ap, fmt);
    ARGS_COLLECT(&a, fmt, ap);
    va_end(ap);
    ValkeyModuleCallReply *answer = valkore_Call_args(ctx, cmdname, fmt, a.flags, a.items, a.count);
    release(a.items, a.room);
    return answer;
}

int valkore_shim_Replicate(ValkeyModuleCtx *ctx, const char *cmdname, const char *fmt, ...) {
    args a;
    va_list ap;
    va_start(ap, fmt);
    ARGS_COLLECT(&a, fmt, ap);
    va_end(ap);
    int answer = valkore_Replicate_args(ctx, cmdname, fmt, a.flags, a.items, a.count);
    release(a.items, a.room);
    return answer;
}

void valkore_shim_EmitAOF(ValkeyModuleIO *io, const char *cmdname, const char *fmt, ...) {
    args a;
    va_list ap;
    va_start(ap, fmt);
    ARGS_COLLECT(&a, fmt, ap);
    va_end(ap);
    valkore_EmitAOF_args(io, cmdname, fmt, a.flags, a.items, a.count);
    release(a.items, a.room);
}

/* ---- Pairs. */

typedef struct {
    valkore_pair *items;
    size_t count, capacity;
    valkore_pair room[VALKORE_PAIRS_ROOM];
} pairs;

static void pairs_add(pairs *p, int flags, const void *field, void *other) {
    if (p->count == p->capacity) p->items = grown(p->items, p->room, &p->capacity, sizeof *p->items);
    size_t field_len = flags & VALKORE_HASH_CFIELDS ? strlen(field) : 0;
    p->items[p->count++] = (valkore_pair){.field = field, .field_len = field_len, .other = other};
}

#define PAIRS_COLLECT(p, flags, ap)                                                              \
    do {                                                                                         \
        (p)->items = (p)->room;                                                                  \
        (p)->capacity = VALKORE_PAIRS_ROOM;                                                      \
        (p)->count = 0;                                                                          \
        for (void *field = va_arg(ap, void *); field != NULL; field = va_arg(ap, void *)) {      \
            void *other = va_arg(ap, void *);                                                    \
            pairs_add(p, flags, field, other);                                                   \
        }                                                                                        \
    } while (0)

int valkore_shim_HashSet(ValkeyModuleKey *key, int flags, ...) {
    pairs p;
    va_list ap;
    va_start(ap, flags);
    PAIRS_COLLECT(&p, flags, ap);
    va_end(ap);
    int answer = valkore_HashSet_pairs(key, flags, p.items, p.count);
    release(p.items, p.room);
    return answer;
}

int valkore_shim_HashGet(ValkeyModuleKey *key, int flags, ...) {
    pairs p;
    va_list ap;
    va_start(ap, flags);
    PAIRS_COLLECT(&p, flags, ap);
    va_end(ap);
    int answer = valkore_HashGet_pairs(key, flags, p.items, p.count);
    release(p.items, p.room);
    return answer;
}
