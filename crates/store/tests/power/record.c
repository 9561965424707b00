/* Loaded before the C library (LD_PRELOAD): does what is asked and keeps a record of every change of a file below the
 * folder BRIX_RECORD_FOLDER, in the order in which they happened, in the file BRIX_RECORD.
 *
 * A record: what (1 byte: w write, t truncate, s sync, u unlink), length of the path (16 bits), offset or new length (64), length of
 * the data (64), the path, the data; numbers as the machine has them.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static int record = -1;
static char folder[PATH_MAX];

__attribute__((constructor)) static void begin(void) {
    const char *file = getenv("BRIX_RECORD"), *below = getenv("BRIX_RECORD_FOLDER");
    if (!file || !below) return;
    snprintf(folder, sizeof folder, "%s", below);
    record = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void put(const void *bytes, size_t length) {
    const char *at = bytes;
    while (length > 0) {
        long written = syscall(SYS_write, record, at, length);
        if (written <= 0) abort();
        at += written;
        length -= written;
    }
}

static void keep(char what, const char *path, uint64_t place, const void *data, uint64_t length) {
    uint16_t path_length = strlen(path);
    put(&what, 1);
    put(&path_length, 2);
    put(&place, 8);
    put(&length, 8);
    put(path, path_length);
    put(data, length);
}

static int is_meant(const char *path) {
    size_t length = strlen(path);
    /* The index of the write-ahead file is made again on opening. */
    return record >= 0 && strncmp(path, folder, strlen(folder)) == 0 && !(length > 4 && !strcmp(path + length - 4, "-shm"));
}

static int path_of(int file, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length > 0 ? length : 0] = 0;
    return is_meant(path);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* Does the call and keeps it, with nobody in between. */
#define RECORDED(type, call, file, what, place, data, length, is_done)     \
    char path[PATH_MAX];                                                   \
    if (!path_of(file, path)) return call;                                 \
    pthread_mutex_lock(&order);                                            \
    uint64_t at = place;                                                   \
    type result = call;                                                    \
    if (is_done) keep(what, path, at, data, length);                       \
    pthread_mutex_unlock(&order);                                          \
    return result;

ssize_t write(int file, const void *data, size_t length) {
    RECORDED(ssize_t, NEXT(write)(file, data, length), file, 'w', lseek(file, 0, SEEK_CUR), data, result, result > 0)
}

ssize_t pwrite(int file, const void *data, size_t length, off_t offset) {
    RECORDED(ssize_t, NEXT(pwrite)(file, data, length, offset), file, 'w', offset, data, result, result > 0)
}

ssize_t pwrite64(int file, const void *data, size_t length, off64_t offset) {
    RECORDED(ssize_t, NEXT(pwrite64)(file, data, length, offset), file, 'w', offset, data, result, result > 0)
}

int ftruncate(int file, off_t length) {
    RECORDED(int, NEXT(ftruncate)(file, length), file, 't', length, "", 0, result == 0)
}

int ftruncate64(int file, off64_t length) {
    RECORDED(int, NEXT(ftruncate64)(file, length), file, 't', length, "", 0, result == 0)
}

int fsync(int file) {
    RECORDED(int, NEXT(fsync)(file), file, 's', 0, "", 0, result == 0)
}

int fdatasync(int file) {
    RECORDED(int, NEXT(fdatasync)(file), file, 's', 0, "", 0, result == 0)
}

int unlink(const char *path) {
    if (!is_meant(path)) return NEXT(unlink)(path);
    pthread_mutex_lock(&order);
    int result = NEXT(unlink)(path);
    if (result == 0) keep('u', path, 0, "", 0);
    pthread_mutex_unlock(&order);
    return result;
}
