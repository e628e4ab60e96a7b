// The functions of libc that the fake takes the place of. What is not its own goes on to libc, or to a
// sanitizer before it.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "fake.h"

#define EXPORTED __attribute__((visibility("default")))

// The function that this one hides.
#define NEXT(name)                                        \
  ({                                                      \
    static __typeof__(&name) known;                       \
    if (known == NULL) {                                  \
      known = (__typeof__(&name))dlsym(RTLD_NEXT, #name); \
    }                                                     \
    known;                                                \
  })

static int finish(long result) {
  if (result < 0) {
    errno = (int)-result;
    return -1;
  }
  return (int)result;
}

// A descriptor or a negated errno of what stands for a node of /dev/snd.
static int open_node(const char *name, int flags) {
  const int failed = fault("open");
  if (failed != 0) {
    return -failed;
  }
  int card = 0;
  int device = 0;
  char direction = 0;
  if (strcmp(name, "timer") == 0) {
    return timer_open(flags);
  }
  if (strcmp(name, "controlC0") == 0) {
    return control_open(flags);
  }
  if (sscanf(name, "pcmC%dD%d%c", &card, &device, &direction) == 3 && card == 0 && device >= 0 &&
      device < DEVICES && (direction == 'p' || direction == 'c')) {
    return pcm_open(device, direction == 'p', flags);
  }
  return -ENOENT;
}

// The place of /proc/asound/... in the folder of the fake.
static const char *moved(const char *path, char *place, size_t size) {
  static const char proc[] = "/proc/asound/";
  if (strncmp(path, proc, sizeof proc - 1) != 0) {
    return path;
  }
  snprintf(place, size, "%s/proc/%s", fake_folder(), path + sizeof proc - 1);
  return place;
}

static int open_path(const char *path, int flags, mode_t mode) {
  static const char nodes[] = "/dev/snd/";
  if (fake_held()) {
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
  }
  const bool is_ptp = strcmp(path, "/dev/ptp0") == 0;
  if (is_ptp || strncmp(path, nodes, sizeof nodes - 1) == 0) {
    fake_lock();
    const int result = is_ptp ? ptp_open(flags) : open_node(path + sizeof nodes - 1, flags);
    fake_unlock();
    return finish(result);
  }
  char place[4096];
  path = moved(path, place, sizeof place);
  if (strncmp(path, fake_folder(), strlen(fake_folder())) == 0) {
    fake_lock();
    const int rendered = proc_open(path + strlen(fake_folder()), flags);
    fake_unlock();
    if (rendered >= 0) {
      return rendered;
    }
  }
  return NEXT(open64)(path, flags, mode);
}

EXPORTED int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return open_path(path, flags, mode);
}

EXPORTED int open64(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return open_path(path, flags, mode);
}

EXPORTED int access(const char *path, int mode) {
  char place[4096];
  if (strncmp(path, "/dev/snd", 8) == 0) {
    return 0;
  }
  return NEXT(access)(moved(path, place, sizeof place), mode);
}

EXPORTED int close(int descriptor) {
  if (fake_held()) {
    return (int)syscall(SYS_close, descriptor);
  }
  fake_lock();
  const bool ours = file_of(descriptor) != NULL;
  int result = 0;
  if (ours) {
    result = (int)syscall(SYS_close, descriptor);
    files_sweep();
  }
  fake_unlock();
  return ours ? result : NEXT(close)(descriptor);
}

EXPORTED ssize_t read(int descriptor, void *data, size_t size) {
  if (fake_held()) {
    return syscall(SYS_read, descriptor, data, size);
  }
  fake_lock();
  struct file *const file = file_of(descriptor);
  ssize_t result = -ENOSYS;
  if (file != NULL) {
    const int failed = fault("read");
    result = failed != 0             ? -failed
             : file->kind == TIMER   ? timer_read(file, data, size)
             : file->kind == CONTROL ? control_read(file, data, size)
                                     : -EINVAL;
  }
  fake_unlock();
  if (file == NULL) {
    return NEXT(read)(descriptor, data, size);
  }
  if (result < 0) {
    errno = (int)-result;
    return -1;
  }
  return result;
}

// Of sockets none are the fake's, but their sending can fail.
EXPORTED int sendmmsg(int descriptor, struct mmsghdr *messages, unsigned count, int flags) {
  fake_lock();
  const int failed = fault("sendmmsg");
  fake_unlock();
  if (failed != 0) {
    return finish(-failed);
  }
  return NEXT(sendmmsg)(descriptor, messages, count, flags);
}

// The thread is interrupted before it has the time.
EXPORTED int clock_gettime(clockid_t clock, struct timespec *time) {
  if (clock == CLOCK_REALTIME && fault("CLOCK_REALTIME") != 0) {
    usleep(20000);
  }
  return NEXT(clock_gettime)(clock, time);
}

EXPORTED ssize_t __read_chk(int descriptor, void *data, size_t size, size_t room) {
  (void)room;
  return read(descriptor, data, size);
}

static ssize_t read_at(int descriptor, void *data, size_t size, off64_t offset) {
  char memory[256];
  const char *const path = offset == 0 && !fake_held() ? proc_path(descriptor, memory, sizeof memory) : NULL;
  if (path != NULL) {
    proc_wait();
    fake_lock();
    proc_renew(descriptor, path);
    fake_unlock();
  }
  return NEXT(pread64)(descriptor, data, size, offset);
}

EXPORTED ssize_t pread(int descriptor, void *data, size_t size, off_t offset) {
  return read_at(descriptor, data, size, offset);
}

EXPORTED ssize_t pread64(int descriptor, void *data, size_t size, off64_t offset) {
  return read_at(descriptor, data, size, offset);
}

EXPORTED ssize_t __pread_chk(int descriptor, void *data, size_t size, off_t offset, size_t room) {
  (void)room;
  return read_at(descriptor, data, size, offset);
}

EXPORTED ssize_t __pread64_chk(int descriptor, void *data, size_t size, off64_t offset, size_t room) {
  (void)room;
  return read_at(descriptor, data, size, offset);
}

EXPORTED int poll(struct pollfd *polled, nfds_t count, int timeout) {
  int failed = 0;
  bool broken = false;
  if (count == 1) {
    fake_lock();
    const bool ours = file_of(polled->fd) != NULL;
    failed = ours ? fault("poll") : 0;
    broken = ours && failed == 0 && fault("POLLERR") != 0;
    fake_unlock();
  }
  if (failed != 0) {
    return finish(-failed);
  }
  if (broken) {
    polled->revents = POLLERR;
    return 1;
  }
  return NEXT(poll)(polled, count, timeout);
}

EXPORTED int __poll_chk(struct pollfd *polled, nfds_t count, int timeout, size_t room) {
  (void)room;
  return poll(polled, count, timeout);
}

EXPORTED int flock(int descriptor, int operation) {
  fake_lock();
  struct file *const file = file_of(descriptor);
  const int result = file != NULL && file->kind == CONTROL ? control_flock(file, operation) : 1;
  fake_unlock();
  return result == 1 ? NEXT(flock)(descriptor, operation) : finish(result);
}

EXPORTED int ioctl(int descriptor, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void *const argument = va_arg(arguments, void *);
  va_end(arguments);
  const unsigned type = _IOC_TYPE(request);
  if ((type != 'A' && type != 'T' && type != 'U' && type != '=') || request == 0x5421 /* FIONBIO */) {
    return NEXT(ioctl)(descriptor, request, argument);
  }
  fake_lock();
  struct file *const file = file_of(descriptor);
  int result = 0;
  if (file != NULL) {
    switch (file->kind) {
      case TIMER:
        result = timer_ioctl(file, request, argument);
        break;
      case UTIMER:
        result = utimer_ioctl(file, request);
        break;
      case PCM:
        result = pcm_ioctl(file, request, argument);
        break;
      case PTP:
        result = ptp_ioctl(request, argument);
        break;
      default:
        result = control_ioctl(file, request, argument);
        break;
    }
  }
  fake_unlock();
  return file == NULL ? NEXT(ioctl)(descriptor, request, argument) : finish(result);
}
