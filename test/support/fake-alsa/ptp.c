// /dev/ptp0, a PTP clock (drivers/ptp/ptp_chardev.c) that offers each call, unless a fault has it refused. It
// is ahead of CLOCK_MONOTONIC by FAKE_PTP_AHEAD.
#include <errno.h>
#include <linux/ptp_clock.h>
#include <time.h>

#include "fake.h"

// As in test/addon/fake/ptp.test.ts.
#define FAKE_PTP_AHEAD 1000000000123456789LL

// struct ptp_sys_offset_extended as of Linux 6.12: the clock of its samples stands behind their number.
#define CLOCK_OF_SAMPLES(extended) ((int)(extended)->rsv[0])

static int64_t read_clock(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static struct ptp_clock_time at(int64_t ns) {
  return (struct ptp_clock_time){.sec = ns / 1000000000, .nsec = (unsigned)(ns % 1000000000)};
}

// Ahead of that by what it was set by: so many ms.
static int64_t device_at(int64_t monotonic) {
  return monotonic + FAKE_PTP_AHEAD + fault("PTP was set") * 1000000LL;
}

static struct ptp_clock_time device(void) { return at(device_at(read_clock(CLOCK_MONOTONIC))); }

// By how much CLOCK_REALTIME is ahead of CLOCK_MONOTONIC: of many readings the one that nothing came in
// between.
static int64_t realtime_ahead(void) {
  int64_t ahead = 0;
  int64_t least = INT64_MAX;
  for (int i = 0; i < 1000; ++i) {
    const int64_t before = read_clock(CLOCK_MONOTONIC);
    const int64_t realtime = read_clock(CLOCK_REALTIME);
    const int64_t delay = read_clock(CLOCK_MONOTONIC) - before;
    if (delay < least) {
      least = delay;
      ahead = realtime - before - delay / 2;
    }
  }
  return ahead;
}

int ptp_open(int flags) {
  struct file *file;
  return file_open(PTP, 0, flags, &file);
}

static int offset_precise(void *argument) {
  const int failed = fault("PTP_SYS_OFFSET_PRECISE");
  if (failed != 0) {
    return -failed;
  }
  const int64_t now = read_clock(CLOCK_MONOTONIC);
  const struct ptp_sys_offset_precise both = {
      .device = at(device_at(now)), .sys_realtime = at(now + realtime_ahead()), .sys_monoraw = at(now)};
  copy_to_user(argument, &both, sizeof both);
  return 0;
}

static int offset_extended(void *argument) {
  struct ptp_sys_offset_extended offsets;
  copy_from_user(&offsets, argument, sizeof offsets);
  const clockid_t clock = CLOCK_OF_SAMPLES(&offsets);
  // Before Linux 6.12 what is not 0 there is refused.
  const int failed =
      fault(clock == CLOCK_REALTIME ? "PTP_SYS_OFFSET_EXTENDED" : "PTP_SYS_OFFSET_EXTENDED of a clock");
  if (failed != 0) {
    return -failed;
  }
  if (offsets.n_samples > PTP_MAX_SAMPLES) {
    return -EINVAL;
  }
  for (unsigned i = 0; i < offsets.n_samples; ++i) {
    offsets.ts[i][0] = at(read_clock(clock));
    offsets.ts[i][1] = device();
    offsets.ts[i][2] = at(read_clock(clock));
  }
  copy_to_user(argument, &offsets, sizeof offsets);
  return 0;
}

static int offset_plain(void *argument) {
  const int failed = fault("PTP_SYS_OFFSET");
  if (failed != 0) {
    return -failed;
  }
  struct ptp_sys_offset offsets;
  copy_from_user(&offsets, argument, sizeof offsets);
  if (offsets.n_samples > PTP_MAX_SAMPLES) {
    return -EINVAL;
  }
  for (unsigned i = 0; i < offsets.n_samples; ++i) {
    offsets.ts[2 * i] = at(read_clock(CLOCK_REALTIME));
    offsets.ts[2 * i + 1] = device();
  }
  offsets.ts[2 * offsets.n_samples] = at(read_clock(CLOCK_REALTIME));
  copy_to_user(argument, &offsets, sizeof offsets);
  return 0;
}

int ptp_ioctl(unsigned long request, void *argument) {
  switch (request) {
    case PTP_SYS_OFFSET_PRECISE:
      return offset_precise(argument);
    case PTP_SYS_OFFSET_EXTENDED:
      return offset_extended(argument);
    case PTP_SYS_OFFSET:
      return offset_plain(argument);
    default:
      return -ENOTTY;
  }
}
