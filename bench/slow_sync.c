/* Loaded before the C library (LD_PRELOAD): every sync of a file takes BRIX_SYNC_US microseconds longer, as on a slower disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static void wait_a_while(void) {
    const char *text = getenv("BRIX_SYNC_US");
    if (text) usleep(atoi(text));
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int fsync(int file) {
    wait_a_while();
    return NEXT(fsync)(file);
}

int fdatasync(int file) {
    wait_a_while();
    return NEXT(fdatasync)(file);
}
