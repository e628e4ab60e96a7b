// Conformance cases that need what the library never does: bad pointers, foreign descriptors, other
// processes, a 32-bit caller. `raw CASE [ARGUMENT...]` prints what it observed as one line of JSON; the tests
// judge it.
#include "raw.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static char separator = '{';

static void put_key(const char *key) {
  printf("%c\"%s\":", separator, key);
  separator = ',';
}

void put_number(const char *key, long long value) {
  put_key(key);
  printf("%lld", value);
}

void put_decimal(const char *key, unsigned long long value) {
  put_key(key);
  printf("\"%llu\"", value);
}

void put_text(const char *key, const char *value) {
  put_key(key);
  putchar('"');
  for (; *value; value += 1) {
    if (*value == '\n') {
      fputs("\\n", stdout);
    } else {
      if (*value == '"' || *value == '\\') putchar('\\');
      putchar(*value);
    }
  }
  putchar('"');
}

const char *error_name(int number) {
  static const struct {
    int number;
    const char *name;
  } names[] = {
      {EACCES, "EACCES"}, {EAGAIN, "EAGAIN"}, {EBADFD, "EBADFD"}, {EBUSY, "EBUSY"},   {EFAULT, "EFAULT"},
      {EINTR, "EINTR"},   {EIO, "EIO"},       {EPIPE, "EPIPE"},   {EINVAL, "EINVAL"}, {EMFILE, "EMFILE"},
      {ENODEV, "ENODEV"}, {ENOSPC, "ENOSPC"}, {ENOSYS, "ENOSYS"}, {ENOTTY, "ENOTTY"}, {EPERM, "EPERM"},
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i += 1) {
    if (names[i].number == number) return names[i].name;
  }
  return strerror(number);
}

void put_result(const char *key, long result) { put_text(key, result < 0 ? error_name(errno) : "ok"); }

void need(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "raw: %s: %s\n", what, strerror(errno));
  _exit(1);
}

int open_control(int mode) {
  const int control = open("/dev/snd/timer", mode | O_CLOEXEC);
  need(control >= 0, "open /dev/snd/timer");
  return control;
}

struct timer_uinfo create_timer(int control) {
  struct timer_uinfo info = {.resolution = 10000000};
  need(ioctl(control, IOCTL_CREATE, &info) == 0, "create a timer");
  return info;
}

int create_result(int control, uint64_t resolution) {
  struct timer_uinfo info = {.resolution = resolution};
  return ioctl(control, IOCTL_CREATE, &info);
}

struct timer_ginfo ginfo_of(unsigned id) {
  return (struct timer_ginfo){.tid = {CLASS_GLOBAL, 0, -1, DEVICE_UDRIVEN, (int)id}};
}

int ginfo(int control, struct timer_ginfo *info) { return ioctl(control, IOCTL_GINFO, info); }

int lookup(int control, unsigned id) {
  struct timer_ginfo info = ginfo_of(id);
  return ginfo(control, &info);
}

int open_listener(unsigned id) {
  const int listener = open_control(O_RDONLY | O_NONBLOCK);
  struct timer_select select = {.id = {CLASS_GLOBAL, 0, -1, DEVICE_UDRIVEN, (int)id}};
  need(ioctl(listener, IOCTL_SELECT, &select) == 0, "select the timer");
  return listener;
}

void start_listener(int listener) {
  struct timer_params params = {.flags = PARAMS_AUTO, .ticks = 1, .filter = 1 << EVENT_TICK};
  need(ioctl(listener, IOCTL_PARAMS, &params) == 0, "set the listener's parameters");
  need(ioctl(listener, IOCTL_START) == 0, "start the listener");
}

long read_ticks(int listener) {
  long ticks = 0;
  struct timer_read record;
  ssize_t got;
  while ((got = read(listener, &record, sizeof record)) == sizeof record) ticks += record.ticks;
  need(got < 0 && errno == EAGAIN, "read ticks");
  return ticks;
}

int count_lines(void) {
  FILE *timers = fopen("/proc/asound/timers", "re");
  need(timers != NULL, "open /proc/asound/timers");
  char line[256];
  int count = 0;
  while (fgets(line, sizeof line, timers)) count += strncmp(line, "G4:", 3) == 0;
  fclose(timers);
  return count;
}

int count_descriptors(void) {
  static const char prefix[] = "anon_inode:snd-utimer";
  DIR *folder = opendir("/proc/self/fd");
  need(folder != NULL, "open /proc/self/fd");
  int count = 0;
  for (struct dirent *entry; (entry = readdir(folder));) {
    char target[sizeof prefix] = "";
    const ssize_t length = readlinkat(dirfd(folder), entry->d_name, target, sizeof target - 1);
    count += length == sizeof target - 1 && strcmp(target, prefix) == 0;
  }
  closedir(folder);
  return count;
}

pid_t fork_child(void) {
  fflush(stdout);
  const pid_t child = fork();
  need(child >= 0, "fork");
  return child;
}

void put_byte(int fd) { need(write(fd, "", 1) == 1, "tell the other process"); }

void get_byte(int fd) {
  char byte;
  need(read(fd, &byte, 1) == 1, "hear from the other process");
}

void await_end(int fd) {
  char byte;
  while (read(fd, &byte, 1) == 1) continue;
}

int wait_for(pid_t child) {
  int status;
  need(waitpid(child, &status, 0) == child, "wait for the other process");
  return status;
}

// The latest first: the kernel would close them in the order of their numbers, a timer before its listeners,
// which older kernels do not survive (CVE-2026-53193).
static void close_all(void) {
  for (int fd = MAX_DESCRIPTORS - 1; fd > STDERR_FILENO; fd -= 1) close(fd);
}

int main(int argc, char **argv) {
  // What triggers a timer until it is killed ends with whoever started it.
  need(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "end with the process that started this one");
  const struct raw_case *const groups[] = {creation_cases,     descriptor_cases, information_cases,
                                           conversation_cases, stream_cases,     thread_cases};
  for (size_t i = 0; argc > 1 && i < sizeof groups / sizeof *groups; i += 1) {
    for (const struct raw_case *one = groups[i]; one->name; one += 1) {
      if (strcmp(one->name, argv[1]) != 0) continue;
      one->run(argv + 2);
      puts(separator == '{' ? "{}" : "}");
      close_all();
      return 0;
    }
  }
  fprintf(stderr, "raw: no such case\n");
  return 2;
}
