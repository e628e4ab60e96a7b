// What the C sides of the benchmarks share: a userspace-driven timer, one end of a loopback cable, and the
// clock.
#pragma once

#include <fcntl.h>
#include <sound/asound.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>

struct uinfo {
  uint64_t resolution;
  int32_t fd;
  uint32_t id;
  uint8_t reserved[16];
};
#define UTIMER_CREATE _IOWR('T', 0xa5, struct uinfo)
#define UTIMER_TRIGGER _IO('T', 0xa6)

static inline void check(int result, const char *what) {
  if (result < 0) {
    perror(what);
    exit(1);
  }
}

static inline int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

// Of all threads, in user mode and in the kernel, ns.
static inline int64_t processor(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000LL +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000LL;
}

static inline void sleep_until(int64_t end) {
  const struct timespec time = {.tv_sec = end / 1000000000LL, .tv_nsec = end % 1000000000LL};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

// Creates a timer, prints its id, and returns its descriptor.
static inline int create_timer(const char *resolution) {
  struct uinfo info = {.resolution = strtoull(resolution, NULL, 10)};
  const int control = open("/dev/snd/timer", O_RDONLY | O_CLOEXEC);
  check(control, "/dev/snd/timer");
  check(ioctl(control, UTIMER_CREATE, &info), "CREATE");
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("%u\n", info.id);
  return info.fd;
}

static inline void set_mask(struct snd_pcm_hw_params *params, int name, unsigned value) {
  struct snd_mask *mask = &params->masks[name - SNDRV_PCM_HW_PARAM_FIRST_MASK];
  memset(mask->bits, 0, sizeof mask->bits);
  mask->bits[value / 32] = 1U << (value % 32);
}

static inline void set_interval(struct snd_pcm_hw_params *params, int name, unsigned value) {
  struct snd_interval *interval = &params->intervals[name - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL];
  memset(interval, 0, sizeof *interval);
  interval->min = interval->max = value;
  interval->integer = 1;
}

// S16_LE, stereo, 48 kHz, four periods, explicit start, prepared. An empty buffer is no xrun; with `endless`
// nothing is.
static inline int open_pcm(int card, const char *device, unsigned period, int endless) {
  char path[64];
  snprintf(path, sizeof path, "/dev/snd/pcmC%d%s", card, device);
  const int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  check(fd, path);
  struct snd_pcm_hw_params hardware;
  memset(&hardware, 0, sizeof hardware);
  for (unsigned i = 0; i < sizeof hardware.masks / sizeof *hardware.masks; ++i) {
    memset(hardware.masks[i].bits, 0xff, sizeof hardware.masks[i].bits);
  }
  for (unsigned i = 0; i < sizeof hardware.intervals / sizeof *hardware.intervals; ++i) {
    hardware.intervals[i].max = ~0U;
  }
  hardware.rmask = ~0U;
  set_mask(&hardware, SNDRV_PCM_HW_PARAM_ACCESS, (unsigned)SNDRV_PCM_ACCESS_RW_INTERLEAVED);
  set_mask(&hardware, SNDRV_PCM_HW_PARAM_FORMAT, (unsigned)SNDRV_PCM_FORMAT_S16_LE);
  set_interval(&hardware, SNDRV_PCM_HW_PARAM_CHANNELS, 2);
  set_interval(&hardware, SNDRV_PCM_HW_PARAM_RATE, 48000);
  set_interval(&hardware, SNDRV_PCM_HW_PARAM_PERIOD_SIZE, period);
  set_interval(&hardware, SNDRV_PCM_HW_PARAM_PERIODS, 4);
  check(ioctl(fd, SNDRV_PCM_IOCTL_HW_PARAMS, &hardware), "HW_PARAMS");
  struct snd_pcm_sw_params software;
  memset(&software, 0, sizeof software);
  software.tstamp_mode = SNDRV_PCM_TSTAMP_ENABLE;
  software.period_step = 1;
  software.avail_min = period;
  software.stop_threshold = 4UL * period + 1;
  // The first call tells the boundary, at which a threshold is never reached.
  check(ioctl(fd, SNDRV_PCM_IOCTL_SW_PARAMS, &software), "SW_PARAMS");
  software.start_threshold = software.boundary;
  if (endless) {
    software.stop_threshold = software.boundary;
  }
  check(ioctl(fd, SNDRV_PCM_IOCTL_SW_PARAMS, &software), "SW_PARAMS");
  check(ioctl(fd, SNDRV_PCM_IOCTL_PREPARE), "PREPARE");
  return fd;
}

// START, which must return 0: 1 means that nothing was started.
static inline void start_pcm(int fd) {
  if (ioctl(fd, SNDRV_PCM_IOCTL_START) != 0) {
    perror("START");
    exit(1);
  }
}
