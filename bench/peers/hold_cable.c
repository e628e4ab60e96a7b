// Holds both ends of a loopback cable running, whatever is triggered: xruns are switched off. Prints
// "running", and ends when its stdin does. For measurements of a trigger that moves a period.
#include <fcntl.h>
#include <sound/asound.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void check(int result, const char *what) {
  if (result < 0) {
    fprintf(stderr, "hold_cable: ");
    perror(what);
    exit(1);
  }
}

static void set_mask(struct snd_pcm_hw_params *params, int name, unsigned value) {
  struct snd_mask *mask = &params->masks[name - SNDRV_PCM_HW_PARAM_FIRST_MASK];
  memset(mask->bits, 0, sizeof mask->bits);
  mask->bits[value / 32] = 1U << (value % 32);
}

static void set_interval(struct snd_pcm_hw_params *params, int name, unsigned value) {
  struct snd_interval *interval = &params->intervals[name - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL];
  memset(interval, 0, sizeof *interval);
  interval->min = interval->max = value;
  interval->integer = 1;
}

static int open_pcm(const char *path, unsigned period) {
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
  software.period_step = 1;
  software.avail_min = software.start_threshold = period;
  software.stop_threshold = 4UL * period + 1;
  check(ioctl(fd, SNDRV_PCM_IOCTL_SW_PARAMS, &software), "SW_PARAMS");
  software.stop_threshold = software.boundary;
  check(ioctl(fd, SNDRV_PCM_IOCTL_SW_PARAMS, &software), "SW_PARAMS");
  check(ioctl(fd, SNDRV_PCM_IOCTL_PREPARE), "PREPARE");
  if (ioctl(fd, SNDRV_PCM_IOCTL_START) != 0) {
    perror("hold_cable: START");
    exit(1);
  }
  return fd;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: hold_cable CARD PERIOD_FRAMES\n");
    return 2;
  }
  char path[64];
  const unsigned period = (unsigned)atoi(argv[2]);
  snprintf(path, sizeof path, "/dev/snd/pcmC%dD1c", atoi(argv[1]));
  open_pcm(path, period);
  snprintf(path, sizeof path, "/dev/snd/pcmC%dD0p", atoi(argv[1]));
  open_pcm(path, period);
  puts("running");
  fflush(stdout);
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  return 0;
}
