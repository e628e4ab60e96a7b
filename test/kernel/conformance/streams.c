// Conversations with cables of snd-aloop: substreams and controls by raw ioctls. Frame number n carries n in
// its first four bytes and a pattern of n in the others, so that what arrives tells where it was.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sound/asound.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "conversation.h"

enum { CLASS_PCM = 3, MAX_CHANNELS = 32, MAX_BYTES = 2 << 20, RACE_ROUNDS = 5000 };

struct stream {
  bool playback, interleaved, mapped;
  int device, substream;
  size_t frame_bytes, sample_bytes;
  unsigned channels;
  unsigned long period, buffer, boundary;
  unsigned char *area;                                // mapped
  const volatile struct snd_pcm_mmap_status *status;  // NULL where the kernel lets nobody map it
  uint32_t written;                                   // the number of the last frame
};

static struct stream streams[26];
static int card, control = -1;
static struct timespec began;

static struct stream *stream_of(char **words) {
  struct stream *const stream = party(words[1])->stream;
  need(stream != NULL, "the name of a stream");
  return stream;
}

static int fd_of(char **words) { return party(words[1])->fd; }

static unsigned long number(const char *word) {
  need(word != NULL, "a number");
  return strtoul(word, NULL, 0);
}

static void say_number(long long value) { sprintf(answer, "%lld", value); }

// START and RELEASE return 1 where nothing was started.
static void say_started(long result) {
  if (result > 0) {
    say_number(result);
  } else {
    say_result(result);
  }
}

static void do_card(char **words) { card = (int)number(words[1]); }

// A timer clocks the cables that are opened from now on.
static void do_source(char **words) {
  char path[64], source[32];
  sprintf(path, "/proc/asound/card%d/timer_source", card);
  const int length = sprintf(source, "-1.4.%u\n", party(words[1])->timer);
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  need(file >= 0 && write(file, source, (size_t)length) == length && close(file) == 0, "write timer_source");
}

// [device=] [substream=] [waits=1]: its calls wait. A stream keeps what it was opened with.
static void open_stream(char **words, bool playback) {
  struct stream *const stream = &streams[party(words[1]) - party("a")];
  *stream = (struct stream){.playback = playback, .device = playback ? 0 : 1};
  int waits = 0;
  for (char **word = words + 2; *word; word += 1) {
    const int value = (int)number(value_of(*word));
    int *const field = strcmp(*word, "device") == 0      ? &stream->device
                       : strcmp(*word, "substream") == 0 ? &stream->substream
                       : strcmp(*word, "waits") == 0     ? &waits
                                                         : NULL;
    need(field != NULL, "what to open");
    *field = value;
  }
  if (control < 0) {
    char path[64];
    sprintf(path, "/dev/snd/controlC%d", card);
    control = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  }
  int wanted = stream->substream;
  need(ioctl(control, SNDRV_CTL_IOCTL_PCM_PREFER_SUBDEVICE, &wanted) == 0, "choose the substream");
  char path[64];
  sprintf(path, "/dev/snd/pcmC%dD%d%c", card, stream->device, playback ? 'p' : 'c');
  const int fd = open(path, O_RDWR | O_CLOEXEC | (waits ? 0 : O_NONBLOCK));
  *party(words[1]) = (struct party){.fd = fd, .stream = stream};
  say_result(fd);
}

static void do_playback(char **words) { open_stream(words, true); }

static void do_capture(char **words) { open_stream(words, false); }

static void do_close(char **words) {
  const struct stream *const stream = stream_of(words);
  // A mapping holds the file.
  if (stream->area) munmap(stream->area, stream->buffer * stream->frame_bytes);
  if (stream->status) munmap((void *)stream->status, (size_t)sysconf(_SC_PAGESIZE));
  say_result(close(fd_of(words)));
}

static void free_params(struct snd_pcm_hw_params *params) {
  memset(params, 0, sizeof *params);
  memset(params->masks, 0xff, sizeof params->masks);
  const size_t intervals = sizeof params->intervals / sizeof *params->intervals;
  for (size_t i = 0; i < intervals; i += 1) params->intervals[i].max = UINT_MAX;
  params->rmask = params->info = UINT_MAX;
}

static struct snd_interval *interval(struct snd_pcm_hw_params *params, int which) {
  return &params->intervals[which - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL];
}

static struct snd_mask *mask(struct snd_pcm_hw_params *params, int which) {
  return &params->masks[which - SNDRV_PCM_HW_PARAM_FIRST_MASK];
}

static void only(struct snd_pcm_hw_params *params, int which, unsigned long value) {
  if (which < SNDRV_PCM_HW_PARAM_FIRST_INTERVAL) {
    memset(mask(params, which), 0, sizeof(struct snd_mask));
    mask(params, which)->bits[value / 32] = 1u << value % 32;
  } else {
    *interval(params, which) =
        (struct snd_interval){.min = (unsigned)value, .max = (unsigned)value, .integer = 1};
  }
}

// NAME=NUMBER for what is not 4 periods of 480 frames of S16_LE stereo at 48 kHz, interleaved
static long set_params(char **words) {
  struct stream *const stream = stream_of(words);
  struct {
    const char *name;
    int which;
    unsigned long value;
  } settings[] = {
      {"access", SNDRV_PCM_HW_PARAM_ACCESS, 3},        {"format", SNDRV_PCM_HW_PARAM_FORMAT, 2},
      {"channels", SNDRV_PCM_HW_PARAM_CHANNELS, 2},    {"rate", SNDRV_PCM_HW_PARAM_RATE, 48000},
      {"period", SNDRV_PCM_HW_PARAM_PERIOD_SIZE, 480}, {"periods", SNDRV_PCM_HW_PARAM_PERIODS, 4},
  };
  const size_t count = sizeof settings / sizeof *settings;
  for (char **word = words + 2; *word; word += 1) {
    const char *const value = value_of(*word);
    bool known = false;
    for (size_t i = 0; i < count; i += 1) {
      if (strcmp(settings[i].name, *word) != 0) continue;
      settings[i].value = number(value);
      known = true;
    }
    need(known, "a parameter");
  }
  struct snd_pcm_hw_params params;
  free_params(&params);
  for (size_t i = 0; i < count; i += 1) only(&params, settings[i].which, settings[i].value);
  const long result = ioctl(fd_of(words), SNDRV_PCM_IOCTL_HW_PARAMS, &params);
  if (result < 0) return result;
  stream->interleaved = settings[0].value != 1 && settings[0].value != 4;
  stream->mapped = settings[0].value < 3;
  stream->channels = (unsigned)settings[2].value;
  stream->period = settings[4].value;
  stream->buffer = interval(&params, SNDRV_PCM_HW_PARAM_BUFFER_SIZE)->min;
  stream->frame_bytes = interval(&params, SNDRV_PCM_HW_PARAM_FRAME_BITS)->min / 8;
  stream->sample_bytes = stream->frame_bytes / stream->channels;
  need(stream->frame_bytes >= sizeof(uint32_t), "frames with room for their number");
  stream->boundary = stream->buffer;
  while (stream->boundary * 2 <= LONG_MAX - stream->buffer) stream->boundary *= 2;
  if (stream->mapped) {
    const int protection = stream->playback ? PROT_READ | PROT_WRITE : PROT_READ;
    stream->area = mmap(NULL, stream->buffer * stream->frame_bytes, protection, MAP_SHARED, fd_of(words),
                        SNDRV_PCM_MMAP_OFFSET_DATA);
    stream->status = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED, fd_of(words),
                          (off_t)SNDRV_PCM_MMAP_OFFSET_STATUS);
    // sound/core/pcm_native.c maps status and control on x86, PowerPC and Alpha alone.
    if (stream->status == MAP_FAILED && errno == ENXIO) stream->status = NULL;
    need(stream->area != MAP_FAILED && stream->status != MAP_FAILED, "map the stream");
  }
  return 0;
}

// NAME=NUMBER, NAME=boundary or NAME=buffer for what is not an explicit start and a buffer that may run empty
static long set_thresholds(const struct stream *stream, int fd, char **settings) {
  struct snd_pcm_sw_params params = {
      .period_step = 1,
      .avail_min = stream->period,
      .start_threshold = stream->boundary,
      .stop_threshold = stream->buffer + 1,
  };
  for (char **word = settings; *word; word += 1) {
    const char *const value = value_of(*word);
    snd_pcm_uframes_t *const field = strcmp(*word, "start") == 0               ? &params.start_threshold
                                     : strcmp(*word, "stop") == 0              ? &params.stop_threshold
                                     : strcmp(*word, "avail_min") == 0         ? &params.avail_min
                                     : strcmp(*word, "silence_size") == 0      ? &params.silence_size
                                     : strcmp(*word, "silence_threshold") == 0 ? &params.silence_threshold
                                                                               : NULL;
    need(field != NULL, "a threshold");
    *field = strcmp(value, "boundary") == 0 ? stream->boundary
             : strcmp(value, "buffer") == 0 ? stream->buffer
                                            : number(value);
  }
  return ioctl(fd, SNDRV_PCM_IOCTL_SW_PARAMS, &params);
}

static void do_hw(char **words) { say_result(set_params(words)); }

static void do_sw(char **words) { say_result(set_thresholds(stream_of(words), fd_of(words), words + 2)); }

static void do_prepare(char **words) { say_result(ioctl(fd_of(words), SNDRV_PCM_IOCTL_PREPARE)); }

// Everything before START; takes what `hw` takes.
static void do_ready(char **words) {
  char *const no_settings[] = {NULL};
  long result = set_params(words);
  if (result == 0) result = set_thresholds(stream_of(words), fd_of(words), (char **)no_settings);
  if (result == 0) result = ioctl(fd_of(words), SNDRV_PCM_IOCTL_PREPARE);
  say_result(result);
}

// What the other side leaves open.
static void do_refine(char **words) {
  struct snd_pcm_hw_params params;
  free_params(&params);
  if (ioctl(fd_of(words), SNDRV_PCM_IOCTL_HW_REFINE, &params) < 0) {
    say_result(-1);
    return;
  }
  const struct {
    const char *name;
    int which;
  } shown[] = {
      {"rate", SNDRV_PCM_HW_PARAM_RATE},
      {"channels", SNDRV_PCM_HW_PARAM_CHANNELS},
      {"period_bytes", SNDRV_PCM_HW_PARAM_PERIOD_BYTES},
      {"buffer_bytes", SNDRV_PCM_HW_PARAM_BUFFER_BYTES},
  };
  const struct snd_mask *const format = mask(&params, SNDRV_PCM_HW_PARAM_FORMAT);
  int used = sprintf(answer, "format");
  for (unsigned i = 0; i < 64; i += 1) {
    if (format->bits[i / 32] >> i % 32 & 1) used += sprintf(answer + used, " %u", i);
  }
  for (size_t i = 0; i < sizeof shown / sizeof *shown; i += 1) {
    const struct snd_interval *const one = interval(&params, shown[i].which);
    used += sprintf(answer + used, one->min == one->max ? " %s %u" : " %s %u..%u", shown[i].name, one->min,
                    one->max);
  }
}

static void do_free(char **words) { say_result(ioctl(fd_of(words), SNDRV_PCM_IOCTL_HW_FREE)); }

static void do_start(char **words) { say_started(ioctl(fd_of(words), SNDRV_PCM_IOCTL_START)); }

static void do_drop(char **words) { say_result(ioctl(fd_of(words), SNDRV_PCM_IOCTL_DROP)); }

static void do_drain(char **words) { say_result(ioctl(fd_of(words), SNDRV_PCM_IOCTL_DRAIN)); }

static void do_pause(char **words) { say_result(ioctl(fd_of(words), SNDRV_PCM_IOCTL_PAUSE, 1)); }

static void do_release(char **words) { say_started(ioctl(fd_of(words), SNDRV_PCM_IOCTL_PAUSE, 0)); }

// another stream
static void do_link(char **words) {
  say_result(ioctl(fd_of(words), SNDRV_PCM_IOCTL_LINK, party(words[2])->fd));
}

static struct snd_pcm_status status_of(char **words) {
  struct snd_pcm_status status;
  memset(&status, 0, sizeof status);
  need(ioctl(fd_of(words), SNDRV_PCM_IOCTL_STATUS, &status) == 0, "ask for the status");
  return status;
}

static void do_state(char **words) {
  static const char *const names[] = {"open",     "setup",  "prepared",  "running",     "xrun",
                                      "draining", "paused", "suspended", "disconnected"};
  strcpy(answer, names[(int)status_of(words).state]);
}

// Frames that triggers moved since PREPARE.
static void do_position(char **words) { say_number((long long)status_of(words).hw_ptr); }

static void do_avail(char **words) { say_number((long long)status_of(words).avail); }

// The position as a mapping shows it: without a system call, or by one that moves nothing.
static void do_mapped(char **words) {
  const struct stream *const stream = stream_of(words);
  need(stream->mapped, "a mapped stream");
  struct snd_pcm_sync_ptr pointers = {.flags = SNDRV_PCM_SYNC_PTR_APPL | SNDRV_PCM_SYNC_PTR_AVAIL_MIN};
  if (!stream->status)
    need(ioctl(fd_of(words), SNDRV_PCM_IOCTL_SYNC_PTR, &pointers) == 0, "ask for the position");
  say_number((long long)(stream->status ? stream->status->hw_ptr : pointers.s.status.hw_ptr));
}

// [milliseconds]
static void do_poll(char **words) {
  struct pollfd polled = {fd_of(words), POLLIN | POLLOUT, 0};
  const int ready = poll(&polled, 1, words[2] ? atoi(words[2]) : 0);
  need(ready >= 0, "poll");
  strcpy(answer, ready == 0                 ? "idle"
                 : polled.revents & POLLERR ? "error"
                 : polled.revents & POLLOUT ? "writable"
                                            : "readable");
}

struct timer_id timer_of_stream(const struct stream *stream) {
  return (struct timer_id){CLASS_PCM, 0, card, stream->device, stream->substream << 1 | !stream->playback};
}

static unsigned char frames[MAX_BYTES], planes[MAX_BYTES];

static void make_frame(unsigned char *frame, size_t bytes, uint32_t n) {
  for (size_t i = 0; i < bytes; i += 1) frame[i] = (unsigned char)(i < 4 ? n >> 8 * i : n * 31 + i);
}

static uint32_t frame_number(const unsigned char *frame, size_t bytes, bool *whole) {
  const uint32_t n = frame[0] | (uint32_t)frame[1] << 8 | (uint32_t)frame[2] << 16 | (uint32_t)frame[3] << 24;
  unsigned char wanted[MAX_CHANNELS * 4] = {0};
  if (n != 0) make_frame(wanted, bytes, n);
  *whole = memcmp(frame, wanted, bytes) == 0;
  return n;
}

// Between frames and one plane a channel.
static void split(const struct stream *stream, unsigned long count, bool join, void *channels[]) {
  const size_t sample = stream->sample_bytes;
  for (unsigned c = 0; c < stream->channels; c += 1) {
    channels[c] = planes + c * count * sample;
    for (unsigned long i = 0; i < count; i += 1) {
      unsigned char *const in_plane = (unsigned char *)channels[c] + i * sample;
      unsigned char *const in_frame = frames + i * stream->frame_bytes + c * sample;
      memcpy(join ? in_frame : in_plane, join ? in_plane : in_frame, sample);
    }
  }
}

static long move_mapped(const struct stream *stream, int fd, unsigned long count) {
  struct snd_pcm_sync_ptr sync;
  memset(&sync, 0, sizeof sync);
  sync.flags = SNDRV_PCM_SYNC_PTR_HWSYNC | SNDRV_PCM_SYNC_PTR_APPL | SNDRV_PCM_SYNC_PTR_AVAIL_MIN;
  long result = ioctl(fd, SNDRV_PCM_IOCTL_SYNC_PTR, &sync);
  if (result < 0) return result;
  unsigned long avail = sync.s.status.hw_ptr - sync.c.control.appl_ptr;
  if (stream->playback) avail += stream->buffer;
  if (count > avail) count = avail;
  for (unsigned long i = 0; i < count; i += 1) {
    unsigned char *const in_area =
        stream->area + (sync.c.control.appl_ptr + i) % stream->buffer * stream->frame_bytes;
    unsigned char *const frame = frames + i * stream->frame_bytes;
    memcpy(stream->playback ? in_area : frame, stream->playback ? frame : in_area, stream->frame_bytes);
  }
  sync.flags = SNDRV_PCM_SYNC_PTR_AVAIL_MIN;
  sync.c.control.appl_ptr += count;
  result = ioctl(fd, SNDRV_PCM_IOCTL_SYNC_PTR, &sync);
  return result < 0 ? result : (long)count;
}

static long transfer(const struct stream *stream, int fd, unsigned long count) {
  if (stream->mapped) return move_mapped(stream, fd, count);
  if (stream->interleaved) {
    struct snd_xferi rows = {.buf = frames, .frames = count};
    const long result =
        ioctl(fd, stream->playback ? SNDRV_PCM_IOCTL_WRITEI_FRAMES : SNDRV_PCM_IOCTL_READI_FRAMES, &rows);
    return result < 0 ? result : rows.result;
  }
  void *channels[MAX_CHANNELS];
  split(stream, count, false, channels);
  struct snd_xfern columns = {.bufs = channels, .frames = count};
  const long result =
      ioctl(fd, stream->playback ? SNDRV_PCM_IOCTL_WRITEN_FRAMES : SNDRV_PCM_IOCTL_READN_FRAMES, &columns);
  if (result < 0) return result;
  if (!stream->playback) split(stream, count, true, channels);
  return columns.result;
}

static long write_frames(struct stream *stream, int fd, unsigned long count, bool silent) {
  need(count * stream->frame_bytes <= MAX_BYTES, "as many frames as there are bytes for");
  memset(frames, 0, count * stream->frame_bytes);
  for (unsigned long i = 0; i < count && !silent; i += 1) {
    make_frame(frames + i * stream->frame_bytes, stream->frame_bytes, stream->written + 1 + (uint32_t)i);
  }
  const long taken = transfer(stream, fd, count);
  if (taken > 0 && !silent) stream->written += (uint32_t)taken;
  return taken;
}

static void say_taken(long taken, unsigned long given) {
  if (taken >= 0 && (unsigned long)taken < given) {
    say_number(taken);
  } else {
    say_result(taken);
  }
}

// frames
static void do_write(char **words) {
  const unsigned long count = number(words[2]);
  say_taken(write_frames(stream_of(words), fd_of(words), count, false), count);
}

// frames of silence
static void do_pad(char **words) {
  const unsigned long count = number(words[2]);
  say_taken(write_frames(stream_of(words), fd_of(words), count, true), count);
}

// "1-480" for frames 1 to 480, "silent:480" for silence
static void say_frames(const struct stream *stream, unsigned long count) {
  size_t used = 0;
  for (unsigned long at = 0; at < count;) {
    bool whole;
    const unsigned long from = at;
    const uint32_t first = frame_number(frames + at * stream->frame_bytes, stream->frame_bytes, &whole);
    const bool first_whole = whole;
    for (at += 1; at < count; at += 1) {
      const uint32_t n = frame_number(frames + at * stream->frame_bytes, stream->frame_bytes, &whole);
      if (whole != first_whole || (whole && n != (first ? first + (at - from) : 0))) break;
    }
    if (used > sizeof answer - 64) return;
    if (used > 0) answer[used++] = ' ';
    used += (size_t)(!first_whole ? sprintf(answer + used, "broken:%lu", at - from)
                     : first == 0 ? sprintf(answer + used, "silent:%lu", at - from)
                                  : sprintf(answer + used, "%u-%lu", first, first + (at - from) - 1));
  }
}

// frames
static void do_read(char **words) {
  const struct stream *const stream = stream_of(words);
  const long got = transfer(stream, fd_of(words), number(words[2]));
  if (got > 0) {
    say_frames(stream, (unsigned long)got);
  } else if (got == 0) {
    strcpy(answer, "0 frames");
  } else {
    say_result(got);
  }
}

// a timer, a capture, periods: each is written, triggered and read; says what arrived otherwise
static void do_pass(char **words) {
  struct stream *const writer = stream_of(words);
  const struct party *const timer = party(words[2]), *const reader = party(words[3]);
  const unsigned long rounds = number(words[4]);
  for (unsigned long round = 0; round < rounds; round += 1) {
    const uint32_t first = writer->written + 1;
    if (write_frames(writer, fd_of(words), writer->period, false) != (long)writer->period) {
      say_result(-1);
      return;
    }
    if (round == 0 && strcmp((do_state(words), answer), "prepared") == 0) {
      do_start(words);
      if (strcmp(answer, "ok") != 0) return;
    }
    need(ioctl(timer->fd, IOCTL_TRIGGER) == 0, "trigger");
    // One frame more than there may be.
    const long got = transfer(reader->stream, reader->fd, writer->period + 1);
    if (got < 0) {
      say_result(got);
      return;
    }
    char wanted[64];
    sprintf(wanted, "%u-%lu", first, first + writer->period - 1);
    answer[0] = 0;
    say_frames(reader->stream, (unsigned long)got);
    if (strcmp(answer, wanted) != 0) return;
  }
  sprintf(answer, "%lu periods", rounds);
}

// milliseconds
static void do_sleep(char **words) {
  const unsigned long wanted = number(words[1]);
  const struct timespec pause = {(time_t)(wanted / 1000), (long)(wanted % 1000) * 1000000};
  nanosleep(&pause, NULL);
}

static void do_clock(char **words) {
  (void)words;
  clock_gettime(CLOCK_MONOTONIC, &began);
}

// milliseconds that have passed since `clock`, at least
static void do_elapsed(char **words) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  const long passed = (now.tv_sec - began.tv_sec) * 1000 + (now.tv_nsec - began.tv_nsec) / 1000000;
  if (passed < (long)number(words[1])) say_number(passed);
}

static const struct {
  const char *word, *name;
} elements[] = {
    {"shift", "PCM Rate Shift 100000"},  {"notify", "PCM Notify"},   {"active", "PCM Slave Active"},
    {"format", "PCM Slave Format"},      {"rate", "PCM Slave Rate"}, {"channels", "PCM Slave Channels"},
    {"access", "PCM Slave Access Mode"},
};
enum { ELEMENTS = sizeof elements / sizeof *elements };

static const char *element_word(const char *name) {
  for (int i = 0; i < ELEMENTS; i += 1) {
    if (strcmp(elements[i].name, name) == 0) return elements[i].word;
  }
  return name;
}

// a capture, an element of it, [a value for it]
static void do_control(char **words) {
  const struct stream *const stream = stream_of(words);
  struct snd_ctl_elem_value value;
  memset(&value, 0, sizeof value);
  value.id.iface = SNDRV_CTL_ELEM_IFACE_PCM;
  value.id.device = (unsigned)stream->device;
  value.id.subdevice = (unsigned)stream->substream;
  for (int i = 0; i < ELEMENTS; i += 1) {
    if (strcmp(elements[i].word, words[2]) == 0) strcpy((char *)value.id.name, elements[i].name);
  }
  if (words[3]) {
    value.value.integer.value[0] = (long)number(words[3]);
    say_result(ioctl(control, SNDRV_CTL_IOCTL_ELEM_WRITE, &value));
    return;
  }
  const long result = ioctl(control, SNDRV_CTL_IOCTL_ELEM_READ, &value);
  if (result < 0) {
    say_result(result);
  } else if (strcmp(words[2], "access") == 0) {
    say_number(value.value.enumerated.item[0]);
  } else {
    say_number(value.value.integer.value[0]);
  }
}

static void do_subscribe(char **words) {
  (void)words;
  int on = 1;
  say_result(ioctl(control, SNDRV_CTL_IOCTL_SUBSCRIBE_EVENTS, &on));
}

// The elements that changed since the last time; one that changed twice in between is told once.
static void do_events(char **words) {
  (void)words;
  struct snd_ctl_event event;
  answer[0] = 0;
  while (read(control, &event, sizeof event) == sizeof event) {
    if (answer[0]) strcat(answer, " ");
    strcat(answer, element_word((const char *)event.data.elem.id.name));
  }
  if (!answer[0]) strcpy(answer, "none");
}

// of a card: the numbers of its elements
static void list_elements(char **arguments) {
  need(arguments[0], "a card");
  char path[64];
  sprintf(path, "/dev/snd/controlC%s", arguments[0]);
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  static struct snd_ctl_elem_id ids[1024];
  struct snd_ctl_elem_list list = {.space = sizeof ids / sizeof *ids, .pids = ids};
  need(file >= 0 && ioctl(file, SNDRV_CTL_IOCTL_ELEM_LIST, &list) == 0, "list the elements");
  for (unsigned i = 0; i < list.used; i += 1) {
    char key[16], text[128];
    sprintf(key, "%u", ids[i].numid);
    sprintf(text, "%u,%u %s", ids[i].device, ids[i].subdevice, ids[i].name);
    put_text(key, text);
  }
}

// a timer, triggers: of each of two threads, and [in turn] of one at a time
static void do_storm(char **words) {
  trigger_from_threads(party(words[1])->fd, 2, (int)number(words[2]), words[3] != NULL);
}

struct race {
  int fd;
  _Atomic bool over;
};

static void *prepare_again(void *argument) {
  struct race *const race = argument;
  while (!race->over) {
    ioctl(race->fd, SNDRV_PCM_IOCTL_DROP);
    ioctl(race->fd, SNDRV_PCM_IOCTL_PREPARE);
  }
  return NULL;
}

// START while another thread stops and prepares: everything that it answered
static void do_race(char **words) {
  struct race race = {.fd = fd_of(words)};
  const pthread_t thread = begin_thread(prepare_again, &race);
  char seen[sizeof answer] = "";
  // Either answer comes soon; both must.
  for (int round = 0; round < RACE_ROUNDS || (round < 100 * RACE_ROUNDS && !strchr(seen, ' ')); round += 1) {
    do_start(words);
    if (strstr(seen, answer) || strlen(seen) > 100) continue;
    if (*seen) strcat(seen, " ");
    strcat(seen, answer);
  }
  race.over = true;
  end_thread(thread);
  strcpy(answer, seen);
}

const struct verb cable_verbs[] = {
    {"card", do_card},       {"source", do_source}, {"playback", do_playback},
    {"capture", do_capture}, {"sleep", do_sleep},   {"clock", do_clock},
    {"elapsed", do_elapsed}, {"storm", do_storm},   {"subscribe", do_subscribe},
    {"events", do_events},   {NULL, NULL},
};

const struct verb stream_verbs[] = {
    {"close", do_close},
    {"hw", do_hw},
    {"sw", do_sw},
    {"prepare", do_prepare},
    {"ready", do_ready},
    {"refine", do_refine},
    {"free", do_free},
    {"start", do_start},
    {"drop", do_drop},
    {"drain", do_drain},
    {"pause", do_pause},
    {"release", do_release},
    {"link", do_link},
    {"state", do_state},
    {"position", do_position},
    {"avail", do_avail},
    {"mapped", do_mapped},
    {"poll", do_poll},
    {"write", do_write},
    {"pad", do_pad},
    {"read", do_read},
    {"pass", do_pass},
    {"control", do_control},
    {"race", do_race},
    {NULL, NULL},
};

const struct raw_case stream_cases[] = {{"elements", list_elements}, {NULL, NULL}};
