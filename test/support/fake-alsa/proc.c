// /proc/asound, in the folder "proc" of the fake: what changes is rendered when it is opened, as in the
// kernel.
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

int proc_open(const char *path, int flags) {
  char text[1 << 14];
  int device = 0;
  int number = 0;
  char direction = 0;
  char name[16] = "";
  size_t length = 0;
  if ((flags & O_ACCMODE) != O_RDONLY) {
    return -1;
  }
  if (sscanf(path, "/proc/card0/pcm%d%c/sub%d/%15s", &device, &direction, &number, name) == 4 &&
      device >= 0 && device < DEVICES && number >= 0 && number < SUBSTREAMS &&
      (strcmp(name, "status") == 0 || strcmp(name, "hw_params") == 0)) {
    length = pcm_text(text, sizeof text, device, direction == 'p', number, name);
  } else if (sscanf(path, "/proc/card0/cable#%d", &number) == 1 && number >= 0 && number < DEVICES) {
    length = cable_text(text, sizeof text, number);
  } else {
    return -1;
  }
  const int descriptor = (int)syscall(SYS_memfd_create, "fake-alsa", (flags & O_CLOEXEC) != 0 ? 1 : 0);
  if (descriptor >= 0) {
    syscall(SYS_pwrite64, descriptor, text, length, (off_t)0);
  }
  return descriptor;
}
