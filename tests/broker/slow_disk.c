// For LD_PRELOAD: a disk that crawls. While there is a file DIR/slow, each write and sync of a file
// below DIR/data/tasks takes kDelayMs longer, and leaves one byte in DIR/slow, which says how many
// there were. Everything else passes through. Thread-safe: it has no state.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { kDelayMs = 200, kPathBytes = 4096 };

static void crawl(int fd) {
  char link[32];
  char path[kPathBytes];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return;
  path[length] = '\0';
  char* below = strstr(path, "/data/tasks/");
  if (below == NULL) return;
  strcpy(below, "/slow");
  const int flag = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
  if (flag < 0) return;
  syscall(SYS_write, flag, ".", 1);
  close(flag);
  const struct timespec pause = {.tv_sec = 0, .tv_nsec = kDelayMs * 1000000L};
  nanosleep(&pause, NULL);
}

ssize_t write(int fd, const void* bytes, size_t count) {
  crawl(fd);
  return syscall(SYS_write, fd, bytes, count);
}

ssize_t pwrite(int fd, const void* bytes, size_t count, off_t offset) {
  crawl(fd);
  return syscall(SYS_pwrite64, fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void* bytes, size_t count, off64_t offset) {
  crawl(fd);
  return syscall(SYS_pwrite64, fd, bytes, count, offset);
}

int fsync(int fd) {
  crawl(fd);
  return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
  crawl(fd);
  return (int)syscall(SYS_fdatasync, fd);
}
