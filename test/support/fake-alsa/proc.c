// /proc/asound, in the folder "proc" of the fake: what changes is rendered when it is opened, and again when
// it is read from its beginning with pread(2).
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fake.h"

static void make_file(const char *path, const char *text) {
  const int descriptor =
      (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor >= 0) {
    syscall(SYS_write, descriptor, text, strlen(text));
    syscall(SYS_close, descriptor);
  }
}

void proc_make(void) {
  char path[4096];
  const char *const folder = fake_folder();
  snprintf(path, sizeof path, "%s/proc/card0", folder);
  mkdir(path, 0700);
  for (int i = 0; i < 2 * DEVICES; ++i) {
    snprintf(path, sizeof path, "%s/proc/card0/pcm%d%c", folder, i / 2, "cp"[i % 2]);
    mkdir(path, 0700);
    for (int number = 0; number < SUBSTREAMS; ++number) {
      snprintf(path, sizeof path, "%s/proc/card0/pcm%d%c/sub%d", folder, i / 2, "cp"[i % 2], number);
      mkdir(path, 0700);
      snprintf(path, sizeof path, "%s/proc/card0/pcm%d%c/sub%d/status", folder, i / 2, "cp"[i % 2], number);
      make_file(path, "closed\n");
      snprintf(path, sizeof path, "%s/proc/card0/pcm%d%c/sub%d/hw_params", folder, i / 2, "cp"[i % 2],
               number);
      make_file(path, "closed\n");
    }
  }
  for (int cable = 0; cable < 2; ++cable) {
    snprintf(path, sizeof path, "%s/proc/card0/cable#%d", folder, cable);
    make_file(path, "");
  }
  snprintf(path, sizeof path, "%s/proc/card0/timer_source", folder);
  make_file(path, "\n");
  snprintf(path, sizeof path, "%s/proc/cards", folder);
  make_file(path, " 0 [Loopback       ]: Loopback - Loopback\n                      Loopback 1\n");
}

// Begins the name of the memory that stands for a file; the path of the file is the rest.
static const char kName[] = "fake-alsa:";

// The text of a file that is rendered, or -1.
static long render(const char *path, char *text, size_t size) {
  int device = 0;
  int number = 0;
  char direction = 0;
  char name[16] = "";
  if (sscanf(path, "/proc/card0/pcm%d%c/sub%d/%15s", &device, &direction, &number, name) == 4 &&
      device >= 0 && device < DEVICES && number >= 0 && number < SUBSTREAMS &&
      (strcmp(name, "status") == 0 || strcmp(name, "hw_params") == 0)) {
    return (long)pcm_text(text, size, device, direction == 'p', number, name);
  }
  if (sscanf(path, "/proc/card0/cable#%d", &number) == 1 && number >= 0 && number < DEVICES) {
    return (long)cable_text(text, size, number);
  }
  return -1;
}

int proc_open(const char *path, int flags) {
  char text[1 << 14];
  if ((flags & O_ACCMODE) != O_RDONLY) {
    return -1;
  }
  const long length = render(path, text, sizeof text);
  if (length < 0) {
    return -1;
  }
  char name[128];
  snprintf(name, sizeof name, "%s%s", kName, path);
  const int descriptor = (int)syscall(SYS_memfd_create, name, (flags & O_CLOEXEC) != 0 ? 1 : 0);
  if (descriptor >= 0) {
    syscall(SYS_pwrite64, descriptor, text, (size_t)length, (off_t)0);
  }
  return descriptor;
}

const char *proc_path(int descriptor, char *memory, size_t size) {
  static const char begin[] = "/memfd:";
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const long length = syscall(SYS_readlinkat, AT_FDCWD, link, memory, size - 1);
  memory[length > 0 ? length : 0] = '\0';
  const size_t named = sizeof begin - 1 + sizeof kName - 1;
  if (strncmp(memory, begin, sizeof begin - 1) != 0 ||
      strncmp(memory + sizeof begin - 1, kName, sizeof kName - 1) != 0) {
    return NULL;
  }
  char *const deleted = strstr(memory + named, " (deleted)");
  if (deleted != NULL) {
    *deleted = '\0';
  }
  return memory + named;
}

void proc_renew(int descriptor, const char *path) {
  char text[1 << 14];
  const long length = render(path, text, sizeof text);
  if (length >= 0) {
    syscall(SYS_ftruncate, descriptor, (off_t)0);
    syscall(SYS_pwrite64, descriptor, text, (size_t)length, (off_t)0);
  }
}

void proc_wait(void) {
  char path[4096];
  char bytes[64];
  snprintf(path, sizeof path, "%s/faults/proc", fake_folder());
  const int descriptor = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
  if (descriptor >= 0) {
    while (syscall(SYS_read, descriptor, bytes, sizeof bytes) > 0) {
    }
    syscall(SYS_close, descriptor);
  }
}
