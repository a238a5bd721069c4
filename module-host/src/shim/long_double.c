/* The five functions that take or return long double. See shim.h. */

#include "shim.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Writes to `room`, answers the length. */
static size_t print(char room[VALKORE_NUMBER_ROOM], const char *fmt, long double value) {
    if (isnan(value)) value = NAN; /* no sign */
    int len = snprintf(room, VALKORE_NUMBER_ROOM, fmt, value);
    return len < 0 || len >= VALKORE_NUMBER_ROOM ? 0 : (size_t)len;
}

static size_t print_plain(char room[VALKORE_NUMBER_ROOM], long double value) {
    size_t len = print(room, "%.17Lf", value);
    if (memchr(room, '.', len) != NULL) {
        while (room[len - 1] == '0') len--;
        if (room[len - 1] == '.') len--;
    }
    if (len == 2 && memcmp(room, "-0", 2) == 0) {
        room[0] = '0';
        len = 1;
    }
    room[len] = '\0';
    return len;
}

/* Answers 1 and sets *value if all of the text is one number. */
static int parse(const char *text, size_t len, long double *value) {
    char room[VALKORE_NUMBER_ROOM];
    if (len == 0 || len >= sizeof room || isspace((unsigned char)text[0])) return 0;
    memcpy(room, text, len);
    room[len] = '\0';
    char *end;
    int kept = errno;
    errno = 0;
    long double parsed = strtold(room, &end);
    int failed = errno != 0;
    errno = kept;
    if (end != room + len || isnan(parsed)) return 0;
    if (failed && (isinf(parsed) || parsed == 0)) return 0;
    *value = parsed;
    return 1;
}

ValkeyModuleString *valkore_shim_CreateStringFromLongDouble(ValkeyModuleCtx *ctx, long double ld, int humanfriendly) {
    char room[VALKORE_NUMBER_ROOM];
    size_t len = humanfriendly ? print_plain(room, ld) : print(room, "%.17Lg", ld);
    return valkore_CreateStringFromLongDouble_text(ctx, humanfriendly, room, len);
}

int valkore_shim_ReplyWithLongDouble(ValkeyModuleCtx *ctx, long double ld) {
    char room[VALKORE_NUMBER_ROOM];
    size_t len = print_plain(room, ld);
    return valkore_ReplyWithLongDouble_text(ctx, room, len);
}

void valkore_shim_SaveLongDouble(ValkeyModuleIO *io, long double value) {
    char room[VALKORE_NUMBER_ROOM];
    size_t len = print(room, "%La", value);
    valkore_SaveLongDouble_text(io, room, len);
}

int valkore_shim_StringToLongDouble(const ValkeyModuleString *str, long double *ld) {
    const char *text = NULL;
    size_t len = 0;
    int answer = valkore_StringToLongDouble_bytes(str, &text, &len);
    if (answer != 0) return answer;
    return parse(text, len, ld) ? 0 : 1;
}

long double valkore_shim_LoadLongDouble(ValkeyModuleIO *io) {
    char room[VALKORE_NUMBER_ROOM];
    long double value = 0;
    size_t len = valkore_LoadLongDouble_copy(io, room, sizeof room);
    if (len > sizeof room || !parse(room, len, &value)) return 0;
    return value;
}
