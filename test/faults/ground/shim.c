/* Faults of the disk and of the clock, for LD_PRELOAD. The file named by FRACTAL_FAULTS_SHIM holds a fault a line:
     eio PREFIX       opening, linking, renaming, removing and syncing below PREFIX fails with EIO, in every process
     hide PART        in Node, files whose path holds PART are not there yet
     clock SECONDS    in Node, the wall clock is off by so much                                                   */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static __thread int inside = 0;

static int in_node(void) {
  static int known = -1;
  if (known == -1) {
    char exe[4096];
    ssize_t n = syscall(SYS_readlink, "/proc/self/exe", exe, sizeof exe - 1);
    exe[n > 0 ? n : 0] = 0;
    known = n > 5 && strcmp(exe + n - 5, "/node") == 0;
  }
  return known;
}

/* The text after WORD in the line that begins with it, by `match`; system calls alone, so that nothing here comes back. */
static int control(const char *word, int (*match)(const char *, const void *), const void *what) {
  const char *file = getenv("FRACTAL_FAULTS_SHIM");
  if (!file || inside) return 0;
  char text[4096];
  int fd = syscall(SYS_openat, AT_FDCWD, file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t n = syscall(SYS_read, fd, text, sizeof text - 1);
  syscall(SYS_close, fd);
  if (n <= 0) return 0;
  text[n] = 0;
  for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
    size_t length = strlen(word);
    if (strncmp(line, word, length) == 0 && line[length] == ' ' && match(line + length + 1, what)) return 1;
  }
  return 0;
}

static int is_below(const char *prefix, const void *path) { return strncmp(path, prefix, strlen(prefix)) == 0; }
static int is_part(const char *part, const void *path) { return strstr(path, part) != NULL; }

static int error_of(const char *path) {
  if (!path || path[0] != '/') return 0;
  if (control("eio", is_below, path)) return EIO;
  if (in_node() && control("hide", is_part, path)) return ENOENT;
  return 0;
}

static int error_of_fd(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = syscall(SYS_readlink, link, path, sizeof path - 1);
  if (n <= 0) return 0;
  path[n] = 0;
  return error_of(path);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAIL_WITH(problem)  \
  do {                      \
    int fault = problem;    \
    if (fault) {            \
      errno = fault;        \
      return -1;            \
    }                       \
  } while (0)

#define MODE                                \
  va_list rest;                             \
  va_start(rest, flags);                    \
  mode_t mode = va_arg(rest, mode_t);       \
  va_end(rest)

int open(const char *path, int flags, ...) { MODE; FAIL_WITH(error_of(path)); return REAL(open)(path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE; FAIL_WITH(error_of(path)); return REAL(open64)(path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE; FAIL_WITH(error_of(path)); return REAL(openat)(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE; FAIL_WITH(error_of(path)); return REAL(openat64)(at, path, flags, mode); }
int link(const char *from, const char *to) { FAIL_WITH(error_of(to)); return REAL(link)(from, to); }
int rename(const char *from, const char *to) { FAIL_WITH(error_of(to)); return REAL(rename)(from, to); }
int unlink(const char *path) { FAIL_WITH(error_of(path)); return REAL(unlink)(path); }
int mkdir(const char *path, mode_t mode) { FAIL_WITH(error_of(path)); return REAL(mkdir)(path, mode); }
int fsync(int fd) { FAIL_WITH(error_of_fd(fd)); return REAL(fsync)(fd); }
int fdatasync(int fd) { FAIL_WITH(error_of_fd(fd)); return REAL(fdatasync)(fd); }

int scandir64(const char *folder, struct dirent64 ***names, int (*filter)(const struct dirent64 *),
              int (*compare)(const struct dirent64 **, const struct dirent64 **)) {
  int found = REAL(scandir64)(folder, names, filter, compare), kept = 0;
  for (int i = 0; i < found; i += 1) {
    struct dirent64 *entry = (*names)[i];
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    if (in_node() && control("hide", is_part, path)) free(entry);
    else (*names)[kept++] = entry;
  }
  return found < 0 ? found : kept;
}

static int offset(const char *text, const void *seconds) {
  *(long *)seconds = atol(text);
  return 1;
}

/* Looked up ten times a second at most: programs ask for the time more often than for files. */
static long jump(void) {
  static long seconds = 0, looked = -1;
  struct timespec now;
  if (!in_node()) return 0;
  syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  long tenths = now.tv_sec * 10 + now.tv_nsec / 100000000;
  if (tenths != looked) {
    long found = 0;
    control("clock", offset, &found);
    seconds = found;
    looked = tenths;
  }
  return seconds;
}

int clock_gettime(clockid_t id, struct timespec *at) {
  int status = syscall(SYS_clock_gettime, id, at);
  if (status == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) at->tv_sec += jump();
  return status;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
  int status = syscall(SYS_gettimeofday, at, zone);
  if (status == 0) at->tv_sec += jump();
  return status;
}

time_t time(time_t *at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at) *at = now.tv_sec;
  return now.tv_sec;
}
