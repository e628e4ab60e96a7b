#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fake.h"

// The value of a fault that is due, or 0. Its file counts down.
static int due(const char *name) {
  char path[4096];
  char text[64];
  snprintf(path, sizeof path, "%s/faults/%s", fake_folder(), name);
  const int descriptor = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
  if (descriptor < 0) {
    return 0;
  }
  const long length = syscall(SYS_read, descriptor, text, sizeof text - 1);
  text[length > 0 ? length : 0] = '\0';
  int after = 0;
  int times = 0;
  int value = 0;
  int result = 0;
  if (sscanf(text, "%d %d %d", &after, &times, &value) == 3 && (after > 0 || times > 0)) {
    if (after > 0) {
      --after;
    } else {
      --times;
      result = value;
    }
    const int size = snprintf(text, sizeof text, "%d %d %d\n", after, times, value);
    syscall(SYS_ftruncate, descriptor, 0);
    syscall(SYS_pwrite64, descriptor, text, (size_t)size, 0);
  }
  syscall(SYS_close, descriptor);
  return result;
}

int fault(const char *name) {
  const int value = due(name);
  return value > 0 ? value : 0;
}

unsigned long fault_frames(const char *name, unsigned long frames, int *error) {
  const int value = due(name);
  *error = value > 0 ? value : 0;
  return value < 0 && (unsigned long)-value < frames ? (unsigned long)-value : frames;
}
