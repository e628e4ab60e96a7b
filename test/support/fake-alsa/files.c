#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fake.h"

static struct file files[FILES];
static unsigned opened_files;
static dev_t device_of_fifos;
static char locked;
static __thread bool held;

void fake_lock(void) {
  while (__atomic_test_and_set(&locked, __ATOMIC_ACQUIRE)) {
    sched_yield();
  }
  held = true;
}

void fake_unlock(void) {
  held = false;
  __atomic_clear(&locked, __ATOMIC_RELEASE);
}

bool fake_held(void) { return held; }

void copy_bytes(void *to, const void *from, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    ((char *)to)[i] = ((const char *)from)[i];
  }
}

void fill_bytes(void *to, int byte, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    ((char *)to)[i] = (char)byte;
  }
}

const char *fake_folder(void) {
  static const char *folder;
  if (folder == NULL) {
    folder = getenv("FAKE_ALSA");
    if (folder == NULL) {
      static const char message[] = "fake-alsa: FAKE_ALSA must name a folder\n";
      syscall(SYS_write, 2, message, sizeof message - 1);
      abort();
    }
    char path[4096];
    for (const char *const *name = (const char *[]){"", "/open", "/faults", "/proc", NULL}; *name; ++name) {
      snprintf(path, sizeof path, "%s%s", folder, *name);
      mkdir(path, 0700);
    }
    proc_make();
  }
  return folder;
}

static const char *path_of(const struct file *file, char *path, size_t size) {
  static const char *const names[] = {"", "timer", "utimer", "pcm", "control", "ptp"};
  snprintf(path, size, "%s/open/%s-%d-%u", fake_folder(), names[file->kind], (int)getpid(), file->number);
  return path;
}

static int open_end(const struct file *file, int flags) {
  char path[4096];
  return (int)syscall(SYS_openat, AT_FDCWD, path_of(file, path, sizeof path), flags | O_CLOEXEC | O_NONBLOCK);
}

int file_open(enum kind kind, int index, int flags, struct file **opened) {
  files_sweep();
  struct file *file = files;
  while (file->kind != FREE) {
    if (++file == files + FILES) {
      return -ENFILE;
    }
  }
  file->kind = kind;
  file->index = index;
  file->number = ++opened_files;
  file->ready = false;
  file->writes = false;
  char path[4096];
  path_of(file, path, sizeof path);
  int error = 0;
  long descriptor = -1;
  struct stat status;
  if (syscall(SYS_mknodat, AT_FDCWD, path, S_IFIFO | 0600, 0) < 0 ||
      (descriptor = syscall(SYS_openat, AT_FDCWD, path, (flags & (O_NONBLOCK | O_CLOEXEC)) | O_RDWR)) < 0) {
    error = errno;
  } else {
    syscall(SYS_fstat, descriptor, &status);
    file->inode = status.st_ino;
    device_of_fifos = status.st_dev;
  }
  if (error != 0) {
    file->kind = FREE;
    return -error;
  }
  *opened = file;
  return (int)descriptor;
}

struct file *file_of(int descriptor) {
  struct stat status;
  const int before = errno;
  const bool found = opened_files > 0 && syscall(SYS_fstat, descriptor, &status) == 0 &&
                     S_ISFIFO(status.st_mode) && status.st_dev == device_of_fifos;
  errno = before;
  for (struct file *file = files; found && file < files + FILES; ++file) {
    if (file->kind != FREE && file->inode == status.st_ino) {
      return file;
    }
  }
  return NULL;
}

void file_set_ready(struct file *file, bool ready) {
  if (file->ready == ready) {
    return;
  }
  // A FIFO of one page has no room once it holds a byte.
  const bool full = ready != file->writes;
  const int end = open_end(file, full ? O_WRONLY : O_RDONLY);
  if (end < 0) {
    return;  // nobody has it open any more
  }
  char byte = 0;
  syscall(full ? SYS_write : SYS_read, end, &byte, sizeof byte);
  syscall(SYS_close, end);
  file->ready = ready;
}

void file_set_writes(struct file *file, int descriptor) {
  const char byte = 0;
  syscall(SYS_fcntl, descriptor, F_SETPIPE_SZ, 1);
  syscall(SYS_write, descriptor, &byte, sizeof byte);
  file->writes = true;
}

void files_sweep(void) {
  for (struct file *file = files; file < files + FILES; ++file) {
    if (file->kind == FREE) {
      continue;
    }
    const int end = open_end(file, O_WRONLY);
    if (end >= 0) {
      syscall(SYS_close, end);
      continue;
    }
    if (errno != ENXIO && errno != ENOENT) {
      continue;
    }
    char path[4096];
    syscall(SYS_unlinkat, AT_FDCWD, path_of(file, path, sizeof path), 0);
    switch (file->kind) {
      case TIMER:
        timer_release(file);
        break;
      case UTIMER:
        utimer_release(file);
        break;
      case PCM:
        pcm_release(file);
        break;
      case CONTROL:
        control_release(file);
        break;
      default:
        break;
    }
    file->kind = FREE;
  }
}
