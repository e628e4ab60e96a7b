// The substreams of a card of snd-aloop (sound/core/pcm_native.c, sound/drivers/aloop.c): rings, pointers,
// states, and the cables between them, which a userspace-driven timer clocks.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fake.h"

#define RING (4U << 20)
#define COMPAT_BOUNDARY (1ULL << 30)

struct substream {
  struct file *file;
  int device, number;
  bool playback;
  long owner;
  int state;
  bool prepared_once;
  unsigned access, format, channels, rate, period, buffer, frame_bytes;
  uint64_t avail_min, start_threshold, stop_threshold, silence_size, boundary;
  uint64_t written, moved;  // pointers of the application and of the hardware, in frames
  unsigned char *ring;
};

static struct substream substreams[DEVICES][2][SUBSTREAMS];  // [device][capture, playback]
static struct cable {
  bool open;
  bool clocked;  // by a utimer, not by jiffies, with which nothing moves here
  bool playback_opened;
  int timer;
  unsigned generation;
} cables[DEVICES][SUBSTREAMS];  // by the device of its playback

static struct substream *at_index(int index) {
  return &substreams[index / (2 * SUBSTREAMS)][index / SUBSTREAMS % 2][index % SUBSTREAMS];
}

static struct substream *peer_of(const struct substream *one) {
  return &substreams[1 - one->device][!one->playback][one->number];
}

static struct cable *cable_of(const struct substream *one) {
  return &cables[one->playback ? one->device : 1 - one->device][one->number];
}

static bool runs(const struct substream *one) {
  return one->file != NULL && one->state == SNDRV_PCM_STATE_RUNNING;
}

static unsigned resolution_of(const struct substream *one) {
  return one->rate == 0 ? 0 : (unsigned)(1000000000ULL * one->period / one->rate);
}

static uint64_t avail(const struct substream *one) {
  return one->playback ? one->buffer - (one->written - one->moved) : one->moved - one->written;
}

static void update_ready(struct substream *one) {
  const bool settled = one->state == SNDRV_PCM_STATE_PREPARED || one->state == SNDRV_PCM_STATE_RUNNING ||
                       one->state == SNDRV_PCM_STATE_PAUSED;
  file_set_ready(one->file, !settled || avail(one) >= one->avail_min);
}

static void timer_event(const struct substream *one, int event, unsigned value) {
  pcm_timer_event(one->device, 2 * one->number + !one->playback, event, value);
}

static void set_state(struct substream *one, int state) {
  const bool ran = runs(one);
  one->state = state;
  if (runs(one) && !ran) {
    timer_event(one, SNDRV_TIMER_EVENT_MSTART, resolution_of(one));
  } else if (ran && !runs(one)) {
    timer_event(one, SNDRV_TIMER_EVENT_MSTOP, 0);
  }
  if (one->playback && ran != runs(one)) {
    control_announce(1 - one->device, one->number);
  }
  update_ready(one);
}

// Which timer the next cable gets: timer_source of the card. 0, or a negated errno.
static int bind_cable(struct cable *cable) {
  char path[4096];
  char text[128];
  snprintf(path, sizeof path, "%s/proc/card0/timer_source", fake_folder());
  const int descriptor = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
  const long length = descriptor < 0 ? 0 : syscall(SYS_read, descriptor, text, sizeof text - 1);
  if (descriptor >= 0) {
    syscall(SYS_close, descriptor);
  }
  text[length > 0 ? length : 0] = '\0';
  const char *source = text;
  for (const char *c = text; *c != '\0'; ++c) {
    if (*c == ':') {
      source = c + 1;
      break;
    }
  }
  cable->clocked = *source != '\0' && *source != '\n';
  if (!cable->clocked) {
    return 0;
  }
  int id = -1;
  if (sscanf(source, "-1%*1[.,]4%*1[.,]%d", &id) != 1) {
    return -EINVAL;
  }
  cable->timer = id;
  cable->generation = utimer_generation(id);
  return cable->generation == 0 ? -ENODEV : 0;
}

int pcm_open(int device, bool playback, int flags) {
  struct substream *const all = substreams[device][playback];
  files_sweep();
  int number = control_preferred_substream();
  for (int free = 0; number < 0; ++free) {
    if (free == SUBSTREAMS) {
      return -EAGAIN;
    }
    number = all[free].file == NULL ? free : -1;
  }
  if (number >= SUBSTREAMS) {
    return -EINVAL;
  }
  struct substream *const one = &all[number];
  if (one->file != NULL) {
    return (flags & O_NONBLOCK) != 0 ? -EBUSY : -EINTR;
  }
  unsigned char *const ring = one->ring;
  fill_bytes(one, 0, sizeof *one);
  one->ring = ring;
  one->device = device;
  one->number = number;
  one->playback = playback;
  one->owner = syscall(SYS_gettid);
  one->state = SNDRV_PCM_STATE_OPEN;
  if (one->ring == NULL) {
    one->ring = (unsigned char *)syscall(SYS_mmap, NULL, (size_t)RING, PROT_READ | PROT_WRITE,
                                         MAP_PRIVATE | MAP_ANONYMOUS, -1, (off_t)0);
  }
  struct cable *const cable = cable_of(one);
  if (!cable->open) {
    const int error = bind_cable(cable);
    if (error != 0) {
      return error;
    }
    cable->open = true;
    cable->playback_opened = playback;
  }
  const int result = file_open(PCM, (device * 2 + playback) * SUBSTREAMS + number, flags, &one->file);
  cable->open = one->file != NULL || peer_of(one)->file != NULL;
  if (result >= 0 && playback) {
    file_set_writes(one->file, result);
  }
  return result;
}

void pcm_release(struct file *file) {
  struct substream *const one = at_index(file->index);
  set_state(one, SNDRV_PCM_STATE_OPEN);
  one->file = NULL;
  one->rate = 0;
  cable_of(one)->open = peer_of(one)->file != NULL;
}

unsigned pcm_timer_resolution(int device, int subdevice) {
  return resolution_of(&substreams[device][subdevice % 2 == 0][subdevice / 2]);
}

unsigned cables_on(int id, unsigned generation, bool running) {
  unsigned count = 0;
  for (int device = 0; device < DEVICES; ++device) {
    for (int number = 0; number < SUBSTREAMS; ++number) {
      const struct cable *const cable = &cables[device][number];
      const struct substream *const playback = &substreams[device][1][number];
      const struct substream *const capture = &substreams[1 - device][0][number];
      count += cable->open && cable->clocked && cable->timer == id && cable->generation == generation &&
               (!running || runs(playback) || runs(capture));
    }
  }
  return count;
}

// ---- the stream

static struct limits limits_of(const struct substream *one) {
  const struct substream *const peer = peer_of(one);
  if (peer->file == NULL || !peer->prepared_once) {
    return (struct limits){0};
  }
  return (struct limits){peer->format + 1, peer->channels, peer->rate, peer->period};
}

static int refine(const struct substream *one, void *argument) {
  static struct snd_pcm_hw_params space;
  const struct limits limits = limits_of(one);
  copy_from_user(&space, argument, sizeof space);
  const int error = hw_refine(&space, &limits);
  copy_to_user(argument, &space, sizeof space);
  return error;
}

static int set_hardware(struct substream *one, void *argument) {
  static struct snd_pcm_hw_params space;
  const struct limits limits = limits_of(one);
  copy_from_user(&space, argument, sizeof space);
  if (one->state != SNDRV_PCM_STATE_OPEN && one->state != SNDRV_PCM_STATE_SETUP &&
      one->state != SNDRV_PCM_STATE_PREPARED) {
    return -EBADFD;
  }
  const int error = hw_choose(&space, &limits);
  const int most = fault("frame bits");
  if (error == 0 && most != 0) {
    // An answer that no kernel should give: from 8 bits to so many.
    struct snd_interval *const bits =
        &space.intervals[SNDRV_PCM_HW_PARAM_FRAME_BITS - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL];
    bits->min = 8;
    bits->max = (unsigned)most;
  }
  copy_to_user(argument, &space, sizeof space);
  if (error != 0) {
    return error;
  }
  const struct snd_mask *const masks = space.masks;
  for (unsigned bit = 0; bit < 64; ++bit) {
    if ((masks[SNDRV_PCM_HW_PARAM_FORMAT].bits[bit / 32] >> bit % 32 & 1) != 0) {
      one->format = bit;
    }
    if (bit < 32 && (masks[SNDRV_PCM_HW_PARAM_ACCESS].bits[0] >> bit & 1) != 0) {
      one->access = bit;
    }
  }
  one->channels = hw_value(&space, SNDRV_PCM_HW_PARAM_CHANNELS);
  one->rate = hw_value(&space, SNDRV_PCM_HW_PARAM_RATE);
  one->period = hw_value(&space, SNDRV_PCM_HW_PARAM_PERIOD_SIZE);
  one->buffer = hw_value(&space, SNDRV_PCM_HW_PARAM_BUFFER_SIZE);
  one->frame_bytes = format_bytes(one->format) * one->channels;
  one->avail_min = one->period;
  one->start_threshold = 1;
  one->stop_threshold = one->buffer;
  one->boundary = one->buffer;
  while (one->boundary * 2 <= (uint64_t)INT64_MAX - one->buffer) {
    one->boundary *= 2;
  }
  one->prepared_once = false;
  one->written = one->moved = 0;
  set_state(one, SNDRV_PCM_STATE_SETUP);
  return 0;
}

static int set_software(struct substream *one, void *argument) {
  struct snd_pcm_sw_params wanted;
  copy_from_user(&wanted, argument, sizeof wanted);
  if (wanted.avail_min == 0 ||
      (wanted.silence_size >= one->boundary ? wanted.silence_threshold != 0
                                            : wanted.silence_size > wanted.silence_threshold)) {
    return -EINVAL;
  }
  one->avail_min = wanted.avail_min;
  one->start_threshold = wanted.start_threshold;
  one->stop_threshold = wanted.stop_threshold;
  one->silence_size = wanted.silence_size;
  wanted.boundary = one->boundary;
  copy_to_user(argument, &wanted, sizeof wanted);
  update_ready(one);
  return 0;
}

static int prepare(struct substream *one) {
  if (one->state == SNDRV_PCM_STATE_RUNNING) {
    return -EBUSY;
  }
  one->written = one->moved = 0;
  one->prepared_once = true;
  if (!one->playback) {
    fill_bytes(one->ring, 0, (size_t)one->buffer * one->frame_bytes);
  }
  set_state(one, SNDRV_PCM_STATE_PREPARED);
  return 0;
}

static bool interleaved(const struct substream *one) {
  return one->access == SNDRV_PCM_ACCESS_RW_INTERLEAVED || one->access == SNDRV_PCM_ACCESS_MMAP_INTERLEAVED;
}

// START, RESUME and the end of a pause: 0, 1 (nothing was started) or a negated errno.
static int start(struct substream *one) {
  struct cable *const cable = cable_of(one);
  const struct substream *const peer = peer_of(one);
  if (peer->file != NULL && peer->prepared_once &&
      (peer->format != one->format || peer->rate != one->rate || peer->channels != one->channels ||
       interleaved(peer) != interleaved(one))) {
    return -EIO;
  }
  if (cable->clocked && !runs(peer)) {
    if (utimer_generation(cable->timer) != cable->generation || utimer_resolution(cable->timer) < 100000) {
      return -EINVAL;
    }
    if (utimer_has_runner(cable->timer) || cables_on(cable->timer, cable->generation, true) > 0) {
      return 1;
    }
  }
  set_state(one, SNDRV_PCM_STATE_RUNNING);
  return 0;
}

static void move_period(struct substream *playback, struct substream *capture) {
  for (unsigned i = 0; i < capture->period; ++i) {
    unsigned char *const to =
        capture->ring + (capture->moved + i) % capture->buffer * (size_t)capture->frame_bytes;
    if (runs(playback)) {
      copy_bytes(to,
                 playback->ring + (playback->moved + i) % playback->buffer * (size_t)playback->frame_bytes,
                 capture->frame_bytes);
    } else {
      fill_bytes(to, 0, capture->frame_bytes);
    }
  }
}

static void advance(struct substream *one) {
  if (one->playback && one->silence_size >= one->boundary) {
    for (unsigned i = 0; i < one->period; ++i) {
      fill_bytes(one->ring + (one->moved + i) % one->buffer * (size_t)one->frame_bytes, 0, one->frame_bytes);
    }
  }
  one->moved += one->period;
  timer_event(one, SNDRV_TIMER_EVENT_TICK, resolution_of(one));
  if (avail(one) >= one->stop_threshold) {
    set_state(one, SNDRV_PCM_STATE_XRUN);
  }
  update_ready(one);
}

void cables_tick(int id, unsigned generation) {
  for (int device = 0; device < DEVICES; ++device) {
    for (int number = 0; number < SUBSTREAMS; ++number) {
      const struct cable *const cable = &cables[device][number];
      struct substream *const playback = &substreams[device][1][number];
      struct substream *const capture = &substreams[1 - device][0][number];
      if (!cable->open || !cable->clocked || cable->timer != id || cable->generation != generation) {
        continue;
      }
      const struct substream *const measured = runs(playback) ? playback : capture;
      const bool fits = runs(measured) && resolution_of(measured) == utimer_resolution(id);
      if (runs(capture) && fits) {
        move_period(playback, capture);
      }
      for (int i = 0; i < 2; ++i) {
        struct substream *const one = i == 0 ? playback : capture;
        if (runs(one) && fits) {
          advance(one);
        } else if (runs(one)) {
          set_state(one, SNDRV_PCM_STATE_XRUN);
        }
      }
    }
  }
}

// Frames between the caller's memory and the ring. `planes`: one pointer a channel, or NULL for interleaved
// ones.
static void transfer(struct substream *one, char *data, char *const *planes, uint64_t frames) {
  const size_t sample = format_bytes(one->format);
  // For the proof that the sanitizers find what they are to find.
  frames += fault("TRANSFER_BEYOND") != 0;
  if (fault("RACE") != 0) {
    race();
  }
  for (uint64_t i = 0; i < frames; ++i) {
    unsigned char *const frame = one->ring + (one->written + i) % one->buffer * (size_t)one->frame_bytes;
    for (unsigned channel = 0; channel < one->channels; ++channel) {
      char *const user =
          planes != NULL ? planes[channel] + i * sample : data + i * one->frame_bytes + channel * sample;
      if (one->playback) {
        copy_from_user(frame + channel * sample, user, sample);
      } else {
        copy_to_user(user, frame + channel * sample, sample);
      }
    }
  }
}

static int state_error(const struct substream *one) {
  switch (one->state) {
    case SNDRV_PCM_STATE_PREPARED:
    case SNDRV_PCM_STATE_RUNNING:
    case SNDRV_PCM_STATE_PAUSED:
      return 0;
    case SNDRV_PCM_STATE_XRUN:
      return -EPIPE;
    case SNDRV_PCM_STATE_SUSPENDED:
      return -ESTRPIPE;
    case SNDRV_PCM_STATE_DISCONNECTED:
      return -ENODEV;
    default:
      return -EBADFD;
  }
}

// READI, WRITEI, READN and WRITEN: struct snd_xferi and struct snd_xfern have one layout.
static int move_frames(struct substream *one, void *argument, bool planar) {
  struct snd_xferi wanted;
  char *planes[32];
  copy_from_user(&wanted, argument, sizeof wanted);
  if (planar == interleaved(one)) {
    return -EINVAL;
  }
  const int broken = state_error(one);
  if (broken != 0) {
    return broken;
  }
  if (wanted.buf == NULL && wanted.frames > 0) {
    return -EFAULT;
  }
  if (planar) {
    copy_from_user(planes, wanted.buf, one->channels * sizeof planes[0]);
  }
  if (!one->playback && one->state == SNDRV_PCM_STATE_PREPARED && wanted.frames >= one->start_threshold) {
    const int started = start(one);
    if (started < 0) {
      return started;
    }
  }
  const uint64_t room = avail(one);
  if (room == 0 && wanted.frames > 0) {
    return -EAGAIN;
  }
  const uint64_t frames = wanted.frames < room ? wanted.frames : room;
  transfer(one, wanted.buf, planar ? planes : NULL, frames);
  one->written += frames;
  wanted.result = (snd_pcm_sframes_t)frames;
  copy_to_user(argument, &wanted, sizeof wanted);
  if (one->playback && one->state == SNDRV_PCM_STATE_PREPARED &&
      one->written - one->moved >= one->start_threshold) {
    start(one);
  }
  update_ready(one);
  return 0;
}

// A transfer of fewer frames than there is room for, where a test wants one.
static int transfer_frames(struct substream *one, void *argument, bool planar, const char *name) {
  struct snd_xferi wanted;
  copy_from_user(&wanted, argument, sizeof wanted);
  int failed = 0;
  const snd_pcm_uframes_t whole = wanted.frames;
  wanted.frames = fault_frames(name, whole, &failed);
  if (failed != 0) {
    return -failed;
  }
  copy_to_user(argument, &wanted, sizeof wanted);
  const int result = move_frames(one, argument, planar);
  copy_from_user(&wanted, argument, sizeof wanted);
  wanted.frames = whole;
  copy_to_user(argument, &wanted, sizeof wanted);
  return result;
}

// Frames of the playback that are not played yet (sound/core/pcm_native.c: snd_pcm_rewind).
static int rewind_frames(struct substream *one, void *argument) {
  snd_pcm_uframes_t frames = 0;
  copy_from_user(&frames, argument, sizeof frames);
  const int broken = state_error(one);
  const uint64_t queued = one->playback ? one->written - one->moved : 0;
  frames = broken != 0 ? (snd_pcm_uframes_t)broken : frames < queued ? frames : queued;
  copy_to_user(argument, &frames, sizeof frames);
  if (broken == 0) {
    one->written -= frames;
    update_ready(one);
  }
  return broken;
}

static int tell_status(const struct substream *one, void *argument) {
  struct snd_pcm_status status;
  fill_bytes(&status, 0, sizeof status);
  status.state = one->state;
  status.appl_ptr = one->written;
  status.hw_ptr = one->moved;
  status.avail = avail(one);
  status.delay = (snd_pcm_sframes_t)(one->playback ? one->written - one->moved : avail(one));
  copy_to_user(argument, &status, sizeof status);
  return 0;
}

static int tell_info(const struct substream *one, void *argument) {
  struct snd_pcm_info info;
  fill_bytes(&info, 0, sizeof info);
  info.device = (unsigned)one->device;
  info.subdevice = (unsigned)one->number;
  info.stream = one->playback ? SNDRV_PCM_STREAM_PLAYBACK : SNDRV_PCM_STREAM_CAPTURE;
  copy_to_user(argument, &info, sizeof info);
  return 0;
}

static const char *name_of(unsigned long request) {
  switch (request) {
    case SNDRV_PCM_IOCTL_INFO:
      return "PCM_INFO";
    case SNDRV_PCM_IOCTL_HW_REFINE:
      return "HW_REFINE";
    case SNDRV_PCM_IOCTL_HW_PARAMS:
      return "HW_PARAMS";
    case SNDRV_PCM_IOCTL_SW_PARAMS:
      return "SW_PARAMS";
    case SNDRV_PCM_IOCTL_STATUS:
      return "STATUS";
    case SNDRV_PCM_IOCTL_PREPARE:
      return "PREPARE";
    case SNDRV_PCM_IOCTL_START:
      return "START";
    case SNDRV_PCM_IOCTL_RESUME:
      return "RESUME";
    case SNDRV_PCM_IOCTL_DROP:
      return "DROP";
    case SNDRV_PCM_IOCTL_PAUSE:
      return "PAUSE";
    case SNDRV_PCM_IOCTL_REWIND:
      return "REWIND";
    default:
      return "PCM";
  }
}

static int dispatch(struct substream *one, unsigned long request, void *argument) {
  switch (request) {
    case SNDRV_PCM_IOCTL_WRITEI_FRAMES:
      return one->playback ? transfer_frames(one, argument, false, "WRITEI") : -EINVAL;
    case SNDRV_PCM_IOCTL_WRITEN_FRAMES:
      return one->playback ? transfer_frames(one, argument, true, "WRITEN") : -EINVAL;
    case SNDRV_PCM_IOCTL_READI_FRAMES:
      return one->playback ? -EINVAL : transfer_frames(one, argument, false, "READI");
    case SNDRV_PCM_IOCTL_READN_FRAMES:
      return one->playback ? -EINVAL : transfer_frames(one, argument, true, "READN");
  }
  const int failed = fault(name_of(request));
  if (failed != 0) {
    return -failed;
  }
  switch (request) {
    case SNDRV_PCM_IOCTL_INFO:
      return tell_info(one, argument);
    case SNDRV_PCM_IOCTL_HW_REFINE:
      return refine(one, argument);
    case SNDRV_PCM_IOCTL_HW_PARAMS:
      return set_hardware(one, argument);
    case SNDRV_PCM_IOCTL_STATUS:
      return tell_status(one, argument);
  }
  if (one->state == SNDRV_PCM_STATE_OPEN || one->state == SNDRV_PCM_STATE_DISCONNECTED) {
    return one->state == SNDRV_PCM_STATE_OPEN ? -EBADFD : -ENODEV;
  }
  switch (request) {
    case SNDRV_PCM_IOCTL_SW_PARAMS:
      return set_software(one, argument);
    case SNDRV_PCM_IOCTL_PREPARE:
      return prepare(one);
    case SNDRV_PCM_IOCTL_START:
      if (one->playback && one->written == one->moved) {
        return -EPIPE;
      }
      return one->state == SNDRV_PCM_STATE_PREPARED ? start(one) : -EBADFD;
    case SNDRV_PCM_IOCTL_RESUME:
      return one->state == SNDRV_PCM_STATE_SUSPENDED ? start(one) : -EBADFD;
    case SNDRV_PCM_IOCTL_PAUSE:
      if (one->state != (argument != NULL ? SNDRV_PCM_STATE_RUNNING : SNDRV_PCM_STATE_PAUSED)) {
        return -EBADFD;
      }
      if (argument == NULL) {
        return start(one);
      }
      set_state(one, SNDRV_PCM_STATE_PAUSED);
      return 0;
    case SNDRV_PCM_IOCTL_REWIND:
      return rewind_frames(one, argument);
    case SNDRV_PCM_IOCTL_DROP:
      one->written = one->moved;
      set_state(one, SNDRV_PCM_STATE_SETUP);
      return 0;
    default:
      return -ENOTTY;
  }
}

int pcm_ioctl(struct file *file, unsigned long request, void *argument) {
  struct substream *const one = at_index(file->index);
  const int result = dispatch(one, request, argument);
  // What a test makes a call say is so: an xrun, a suspend, a card that was pulled out.
  if (result == -EPIPE && request != SNDRV_PCM_IOCTL_START) {
    set_state(one, SNDRV_PCM_STATE_XRUN);
  } else if (result == -ESTRPIPE) {
    set_state(one, SNDRV_PCM_STATE_SUSPENDED);
  } else if (result == -ENODEV) {
    set_state(one, SNDRV_PCM_STATE_DISCONNECTED);
  }
  return result;
}

// ---- what /proc/asound and the controls tell

static const char *state_name(int state) {
  static const char *const names[] = {"OPEN",     "SETUP",  "PREPARED",  "RUNNING",     "XRUN",
                                      "DRAINING", "PAUSED", "SUSPENDED", "DISCONNECTED"};
  return names[state];
}

static const char *format_name(unsigned format) {
  return format == SNDRV_PCM_FORMAT_S16_LE   ? "S16_LE"
         : format == SNDRV_PCM_FORMAT_S32_LE ? "S32_LE"
         : format == SNDRV_PCM_FORMAT_S24_LE ? "S24_LE"
                                             : "FLOAT_LE";
}

size_t pcm_text(char *text, size_t size, int device, bool playback, int number, const char *name) {
  files_sweep();
  const struct substream *const one = &substreams[device][playback][number];
  const bool status = name[0] == 's';
  if (one->file == NULL) {
    return (size_t)snprintf(text, size, "closed\n");
  }
  if (status) {
    // As those of a 32-bit program, which begin anew after so many frames.
    const uint64_t frames = (uint64_t)fault("wrap");
    const uint64_t start = frames == 0 ? 0 : COMPAT_BOUNDARY - frames;
    return (size_t)snprintf(
        text, size,
        "state: %s\nowner_pid   : %ld\ntrigger_time: 0.000000000\ntstamp      : 0.000000000\n"
        "delay       : %ld\navail       : %ld\navail_max   : %ld\n-----\nhw_ptr      : %ld\n"
        "appl_ptr    : %ld\n",
        state_name(one->state), one->owner, (long)(one->playback ? one->written - one->moved : avail(one)),
        (long)avail(one), (long)avail(one), (long)((start + one->moved) % COMPAT_BOUNDARY),
        (long)((start + one->written) % COMPAT_BOUNDARY));
  }
  if (one->rate == 0) {
    return (size_t)snprintf(text, size, "no setup\n");
  }
  return (size_t)snprintf(text, size,
                          "access: %s\nformat: %s\nsubformat: STD\nchannels: %u\nrate: %u (%u/1)\n"
                          "period_size: %u\nbuffer_size: %u\n",
                          interleaved(one) ? "RW_INTERLEAVED" : "RW_NONINTERLEAVED", format_name(one->format),
                          one->channels, one->rate, one->rate, one->period, one->buffer);
}

static size_t side_text(char *text, size_t size, const char *name, const struct substream *one,
                        const struct cable *cable) {
  if (one->file == NULL) {
    return (size_t)snprintf(text, size, "  %s\n    inactive\n", name);
  }
  const unsigned bytes = one->frame_bytes;
  const unsigned position = one->buffer == 0 ? 0 : (unsigned)(one->moved % one->buffer);
  size_t used = (size_t)snprintf(text, size,
                                 "  %s\n    buffer_size:\t%u\n    buffer_pos:\t\t%u\n    silent_size:\t0\n"
                                 "    period_size:\t%u\n    bytes_per_sec:\t%u\n    sample_align:\t%u\n"
                                 "    rate_shift:\t\t0\n",
                                 name, one->buffer * bytes, position * bytes, one->period * bytes,
                                 one->rate * bytes, bytes);
  if (cable->clocked) {
    used +=
        (size_t)snprintf(text + used, size - used, "    sound timer:\thw:-1,4,%d\n    timer open:\t\t%s\n",
                         cable->timer, cable->playback_opened ? "Playback" : "Capture");
  }
  return used;
}

size_t cable_text(char *text, size_t size, int device) {
  files_sweep();
  size_t used = 0;
  for (int number = 0; number < SUBSTREAMS; ++number) {
    const struct substream *const playback = &substreams[device][1][number];
    const struct substream *const capture = &substreams[1 - device][0][number];
    const struct cable *const cable = &cables[device][number];
    used += (size_t)snprintf(text + used, size - used, "Cable %d substream %d:\n", device, number);
    if (!cable->open) {
      used += (size_t)snprintf(text + used, size - used, "  inactive\n");
      continue;
    }
    const int paused =
        (playback->state == SNDRV_PCM_STATE_PAUSED) + 2 * (capture->state == SNDRV_PCM_STATE_PAUSED);
    used += (size_t)snprintf(text + used, size - used, "  valid: %d\n  running: %d\n  pause: %d\n",
                             (playback->file != NULL && playback->prepared_once) +
                                 2 * (capture->file != NULL && capture->prepared_once),
                             (runs(playback) + 2 * runs(capture)) | paused, paused);
    used += side_text(text + used, size - used, "Playback", playback, cable);
    used += side_text(text + used, size - used, "Capture", capture, cable);
  }
  return used;
}

long pcm_slave_value(int device, int number, int which) {
  const struct substream *const one = &substreams[1 - device][1][number];
  switch (which) {
    case 0:
      return runs(one);
    case 1:
      return one->file != NULL && one->rate != 0 ? (long)one->format : SNDRV_PCM_FORMAT_S16_LE;
    case 2:
      return one->file != NULL && one->rate != 0 ? (long)one->rate : 48000;
    default:
      return one->file != NULL && one->rate != 0 ? (long)one->channels : 2;
  }
}
