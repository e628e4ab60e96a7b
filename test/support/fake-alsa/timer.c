// /dev/snd/timer and userspace-driven timers (sound/core/timer.c). There are utimers, the timers of the
// card's substreams, and the system timer, which never ticks here.
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "fake.h"

// What headers before Linux 6.12 lack.
struct timer_uinfo {
  uint64_t resolution;
  int32_t fd;
  uint32_t id;
  uint8_t reserved[16];
};
#define IOCTL_CREATE _IOWR('T', 0xa5, struct timer_uinfo)
#define IOCTL_TRIGGER _IO('T', 0xa6)
#define IOCTL_TREAD64 _IOW('T', 0xa4, int32_t)
#define DEVICE_UDRIVEN 4

struct record64 {
  int32_t event;
  int32_t pad1;
  int64_t seconds;
  int64_t nanoseconds;
  uint32_t value;
  int32_t pad2;
};

#define INSTANCES 256
#define QUEUE 1024
#define DEFAULT_QUEUE 128

struct instance {
  struct file *file;
  bool tread;
  bool selected;
  bool dead;
  bool running;
  bool paused;
  int timer_class, card, device, subdevice;
  unsigned generation;
  unsigned ticks, queue_size, filter, flags;
  unsigned head, used, overrun;
  struct timespec changed;
  struct {
    int event;
    unsigned value, resolution;
    struct timespec time;
  } queue[QUEUE];
};

static struct instance instances[INSTANCES];
static struct utimer {
  bool alive;
  unsigned generation;
  uint64_t resolution;
} utimers[UTIMERS];
static unsigned generations;

static bool is_utimer(const struct instance *one, int id) {
  return one->timer_class == SNDRV_TIMER_CLASS_GLOBAL && one->device == DEVICE_UDRIVEN &&
         one->subdevice == id;
}

unsigned utimer_generation(int id) {
  return id >= 0 && id < UTIMERS && utimers[id].alive ? utimers[id].generation : 0;
}

unsigned utimer_resolution(int id) { return (unsigned)utimers[id].resolution; }

bool utimer_has_runner(int id) {
  for (const struct instance *one = instances; one < instances + INSTANCES; ++one) {
    if (one->file != NULL && one->selected && !one->dead && one->running && is_utimer(one, id)) {
      return true;
    }
  }
  return false;
}

// Whether there is such a timer, and its resolution in ns.
static bool find(const struct snd_timer_id *id, uint64_t *resolution) {
  const int device = (int)id->device;
  const int subdevice = (int)id->subdevice;
  if (id->dev_class == SNDRV_TIMER_CLASS_GLOBAL && device == DEVICE_UDRIVEN) {
    *resolution = utimer_generation(subdevice) != 0 ? utimers[subdevice].resolution : 0;
    return utimer_generation(subdevice) != 0;
  }
  if (id->dev_class == SNDRV_TIMER_CLASS_PCM) {
    *resolution = 0;
    if (id->card != 0 || device < 0 || device >= DEVICES || subdevice < 0 || subdevice >= 2 * SUBSTREAMS) {
      return false;
    }
    *resolution = pcm_timer_resolution(device, subdevice);
    return true;
  }
  *resolution = 4000000;
  return id->dev_class == SNDRV_TIMER_CLASS_GLOBAL && device == SNDRV_TIMER_GLOBAL_SYSTEM && subdevice == 0;
}

int timer_open(int flags) {
  for (struct instance *one = instances; one < instances + INSTANCES; ++one) {
    if (one->file == NULL) {
      fill_bytes(one, 0, offsetof(struct instance, queue));
      one->ticks = 1;
      one->queue_size = DEFAULT_QUEUE;
      one->filter = 1U << SNDRV_TIMER_EVENT_RESOLUTION | 1U << SNDRV_TIMER_EVENT_TICK;
      return file_open(TIMER, (int)(one - instances), flags, &one->file);
    }
  }
  return -ENFILE;
}

void timer_release(struct file *file) { instances[file->index].file = NULL; }

static void append(struct instance *one, int event, unsigned value, unsigned resolution) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  const unsigned last = (one->head + one->used - 1) % QUEUE;
  if (event == SNDRV_TIMER_EVENT_TICK && one->used > 0 && one->queue[last].event == event &&
      (one->tread || one->queue[last].resolution == resolution)) {
    one->queue[last].value += value;
    one->queue[last].time = now;
  } else if (one->used >= one->queue_size) {
    ++one->overrun;
  } else {
    const unsigned next = (one->head + one->used++) % QUEUE;
    one->queue[next].event = event;
    one->queue[next].value = value;
    one->queue[next].resolution = resolution;
    one->queue[next].time = now;
  }
  file_set_ready(one->file, one->used > 0);
}

static void tell(struct instance *one, int event, unsigned value) {
  if (event >= SNDRV_TIMER_EVENT_START && event <= SNDRV_TIMER_EVENT_PAUSE) {
    clock_gettime(CLOCK_MONOTONIC, &one->changed);
  }
  if (one->tread && (one->filter & 1U << event) != 0) {
    append(one, event, value, 0);
  }
}

static void tick(struct instance *one, unsigned resolution) {
  if (!one->tread || (one->filter & 1U << SNDRV_TIMER_EVENT_TICK) != 0) {
    append(one, SNDRV_TIMER_EVENT_TICK, one->ticks, resolution);
  }
  if ((one->flags & SNDRV_TIMER_PSFLG_AUTO) == 0) {
    one->running = false;
  }
}

void pcm_timer_event(int device, int subdevice, int event, unsigned value) {
  for (struct instance *one = instances; one < instances + INSTANCES; ++one) {
    if (one->file != NULL && one->running && one->timer_class == SNDRV_TIMER_CLASS_PCM &&
        one->device == device && one->subdevice == subdevice) {
      if (event == SNDRV_TIMER_EVENT_TICK) {
        tick(one, value);
      } else {
        tell(one, event, value);
      }
    }
  }
}

static int create(void *argument) {
  struct timer_uinfo info;
  copy_from_user(&info, argument, sizeof info);
  if (info.resolution == 0) {
    return -EINVAL;
  }
  int id = 0;
  while (utimers[id].alive) {
    if (++id == UTIMERS) {
      return -ENOSPC;
    }
  }
  struct file *file = NULL;
  const int descriptor = file_open(UTIMER, id, 02000000 /* O_CLOEXEC */, &file);
  if (descriptor < 0) {
    return descriptor;
  }
  utimers[id].alive = true;
  utimers[id].generation = ++generations;
  utimers[id].resolution = info.resolution;
  info.fd = descriptor;
  info.id = (uint32_t)id;
  copy_to_user(argument, &info, sizeof info);
  return 0;
}

void utimer_release(struct file *file) {
  for (struct instance *one = instances; one < instances + INSTANCES; ++one) {
    if (one->file != NULL && one->selected && !one->dead && is_utimer(one, file->index)) {
      if (one->running) {
        tell(one, SNDRV_TIMER_EVENT_STOP, 0);
      }
      one->running = false;
      one->dead = true;
    }
  }
  utimers[file->index].alive = false;
}

int utimer_ioctl(struct file *file, unsigned long request) {
  if (request != IOCTL_TRIGGER) {
    return -ENOTTY;
  }
  const int failed = fault("TRIGGER");
  if (failed != 0) {
    return -failed;
  }
  const int id = file->index;
  for (struct instance *one = instances; one < instances + INSTANCES; ++one) {
    if (one->file != NULL && one->running && !one->dead && is_utimer(one, id)) {
      tick(one, (unsigned)utimers[id].resolution);
    }
  }
  cables_tick(id, utimers[id].generation);
  return 0;
}

static int ginfo(void *argument) {
  struct snd_timer_ginfo info;
  copy_from_user(&info, argument, sizeof info);
  uint64_t resolution = 0;
  if (!find(&info.tid, &resolution)) {
    return -ENODEV;
  }
  const bool user = info.tid.dev_class == SNDRV_TIMER_CLASS_GLOBAL && info.tid.device == DEVICE_UDRIVEN;
  const int id = (int)info.tid.subdevice;
  fill_bytes(info.id, 0, sizeof info.id);
  fill_bytes(info.name, 0, sizeof info.name);
  snprintf((char *)info.id, sizeof info.id, user ? "snd-utimer%d" : "timer%d", id);
  info.flags = info.tid.dev_class == SNDRV_TIMER_CLASS_PCM ? SNDRV_TIMER_FLG_SLAVE : 0;
  info.card = info.tid.dev_class == SNDRV_TIMER_CLASS_PCM ? info.tid.card : -1;
  info.resolution = (unsigned long)resolution;
  info.resolution_min = info.resolution_max = 0;
  info.clients = user ? cables_on(id, utimers[id].generation, false) : 0;
  for (const struct instance *one = instances; one < instances + INSTANCES; ++one) {
    info.clients += one->file != NULL && one->selected && !one->dead &&
                    one->timer_class == info.tid.dev_class && one->device == (int)info.tid.device &&
                    one->subdevice == id;
  }
  copy_to_user(argument, &info, sizeof info);
  return 0;
}

static int gstatus(void *argument) {
  struct snd_timer_gstatus status;
  copy_from_user(&status, argument, sizeof status);
  uint64_t resolution = 0;
  if (!find(&status.tid, &resolution)) {
    return -ENODEV;
  }
  status.resolution = status.resolution_num = (unsigned long)resolution;
  status.resolution_den = 1000000000;
  copy_to_user(argument, &status, sizeof status);
  return 0;
}

static int next_device(void *argument) {
  struct snd_timer_id id;
  copy_from_user(&id, argument, sizeof id);
  int lowest = 0;
  while (lowest < UTIMERS && !utimers[lowest].alive) {
    ++lowest;
  }
  if (id.dev_class < SNDRV_TIMER_CLASS_GLOBAL) {
    id.dev_class = SNDRV_TIMER_CLASS_GLOBAL;
    id.card = -1;
    id.device = id.subdevice = 0;
  } else if (id.dev_class == SNDRV_TIMER_CLASS_GLOBAL && id.device < DEVICE_UDRIVEN && lowest < UTIMERS) {
    id.device = DEVICE_UDRIVEN;
    id.subdevice = (unsigned)lowest;
  } else {
    id.dev_class = -1;
    id.card = 0;
    id.device = id.subdevice = 0;
  }
  copy_to_user(argument, &id, sizeof id);
  return 0;
}

static int select_timer(struct instance *one, void *argument) {
  struct snd_timer_select wanted;
  copy_from_user(&wanted, argument, sizeof wanted);
  uint64_t resolution = 0;
  one->selected = one->running = one->dead = one->paused = false;
  if (!find(&wanted.id, &resolution)) {
    return -ENODEV;
  }
  one->selected = true;
  one->timer_class = wanted.id.dev_class;
  one->card = wanted.id.card;
  one->device = (int)wanted.id.device;
  one->subdevice = (int)wanted.id.subdevice;
  one->head = one->used = one->overrun = 0;
  file_set_ready(one->file, false);
  return 0;
}

static uint64_t resolution_of(const struct instance *one) {
  const struct snd_timer_id id = {.dev_class = one->timer_class,
                                  .card = one->card,
                                  .device = (unsigned)one->device,
                                  .subdevice = (unsigned)one->subdevice};
  uint64_t resolution = 0;
  find(&id, &resolution);
  return resolution;
}

static int set_parameters(struct instance *one, void *argument) {
  struct snd_timer_params wanted;
  copy_from_user(&wanted, argument, sizeof wanted);
  if (one->timer_class != SNDRV_TIMER_CLASS_PCM && wanted.ticks < 1) {
    return -EINVAL;
  }
  if (wanted.queue_size != 0 && (wanted.queue_size < 32 || wanted.queue_size > QUEUE)) {
    return -EINVAL;
  }
  if ((wanted.filter & ~0x6f1bfU) != 0) {
    return -EINVAL;
  }
  one->running = false;
  one->flags = wanted.flags;
  one->ticks = wanted.ticks > 0 ? wanted.ticks : 1;
  one->queue_size = wanted.queue_size != 0 ? wanted.queue_size : one->queue_size;
  one->filter = wanted.filter;
  one->head = one->used = one->overrun = 0;
  file_set_ready(one->file, false);
  return 0;
}

static int run(struct instance *one, int event, bool running) {
  if (one->dead) {
    return -EINVAL;
  }
  const uint64_t resolution = resolution_of(one);
  if (running && one->timer_class != SNDRV_TIMER_CLASS_PCM && resolution * one->ticks < 100000) {
    return -EINVAL;
  }
  if (one->running == running) {
    return -EBUSY;
  }
  one->running = running;
  tell(one, event, running ? (unsigned)resolution : 0);
  return 0;
}

static int info(const struct instance *one, void *argument) {
  struct snd_timer_info told;
  fill_bytes(&told, 0, sizeof told);
  const bool pcm = one->timer_class == SNDRV_TIMER_CLASS_PCM;
  told.flags = pcm ? SNDRV_TIMER_FLG_SLAVE : 0;
  told.card = pcm ? one->card : -1;
  snprintf((char *)told.id, sizeof told.id, pcm ? "timer%d" : "snd-utimer%d", one->subdevice);
  told.resolution = (unsigned long)resolution_of(one);
  copy_to_user(argument, &told, sizeof told);
  return 0;
}

static int status(const struct instance *one, void *argument) {
  struct snd_timer_status told;
  fill_bytes(&told, 0, sizeof told);
  told.tstamp = one->changed;
  told.resolution = (unsigned)resolution_of(one);
  told.overrun = one->overrun;
  told.queue = one->used;
  copy_to_user(argument, &told, sizeof told);
  return 0;
}

// The names of faults.
static const char *name_of(unsigned long request) {
  switch (request) {
    case IOCTL_CREATE:
      return "CREATE";
    case SNDRV_TIMER_IOCTL_GINFO:
      return "GINFO";
    case SNDRV_TIMER_IOCTL_SELECT:
      return "SELECT";
    case SNDRV_TIMER_IOCTL_INFO:
      return "TIMER_INFO";
    case SNDRV_TIMER_IOCTL_PARAMS:
      return "PARAMS";
    case SNDRV_TIMER_IOCTL_START:
      return "TIMER_START";
    case SNDRV_TIMER_IOCTL_STOP:
      return "TIMER_STOP";
    default:
      return "TIMER";
  }
}

int timer_ioctl(struct file *file, unsigned long request, void *argument) {
  struct instance *const one = &instances[file->index];
  const int failed = fault(name_of(request));
  if (failed != 0) {
    return -failed;
  }
  switch (request) {
    case IOCTL_CREATE:
      return create(argument);
    case SNDRV_TIMER_IOCTL_GINFO:
      return ginfo(argument);
    case SNDRV_TIMER_IOCTL_GSTATUS:
      return gstatus(argument);
    case SNDRV_TIMER_IOCTL_GPARAMS:
      return -ENOSYS;
    case SNDRV_TIMER_IOCTL_NEXT_DEVICE:
      return next_device(argument);
    case SNDRV_TIMER_IOCTL_SELECT:
      return select_timer(one, argument);
    case IOCTL_TREAD64:
      one->tread = true;
      return one->selected ? -EBUSY : 0;
  }
  if (!one->selected || (one->dead && request == SNDRV_TIMER_IOCTL_INFO)) {
    return -EBADFD;
  }
  switch (request) {
    case SNDRV_TIMER_IOCTL_PARAMS:
      return set_parameters(one, argument);
    case SNDRV_TIMER_IOCTL_INFO:
      return info(one, argument);
    case SNDRV_TIMER_IOCTL_STATUS:
      return status(one, argument);
    case SNDRV_TIMER_IOCTL_START:
      return run(one, SNDRV_TIMER_EVENT_START, true);
    case SNDRV_TIMER_IOCTL_STOP:
      return run(one, SNDRV_TIMER_EVENT_STOP, false);
    case SNDRV_TIMER_IOCTL_CONTINUE:
      return run(one, SNDRV_TIMER_EVENT_CONTINUE, true);
    case SNDRV_TIMER_IOCTL_PAUSE:
      return run(one, SNDRV_TIMER_EVENT_PAUSE, false);
    default:
      return -ENOTTY;
  }
}

ssize_t timer_read(struct file *file, void *data, size_t size) {
  struct instance *const one = &instances[file->index];
  const size_t record = one->tread ? sizeof(struct record64) : 2 * sizeof(uint32_t);
  size_t taken = 0;
  if (one->used == 0) {
    return -EAGAIN;
  }
  while (one->used > 0 && size - taken >= record) {
    const unsigned head = one->head;
    if (one->tread) {
      const struct record64 full = {.event = one->queue[head].event,
                                    .seconds = one->queue[head].time.tv_sec,
                                    .nanoseconds = one->queue[head].time.tv_nsec,
                                    .value = one->queue[head].value};
      copy_to_user((char *)data + taken, &full, sizeof full);
    } else {
      const uint32_t plain[2] = {one->queue[head].resolution, one->queue[head].value};
      copy_to_user((char *)data + taken, plain, sizeof plain);
    }
    one->head = (head + 1) % QUEUE;
    --one->used;
    taken += record;
  }
  file_set_ready(file, one->used > 0);
  return (ssize_t)taken;
}
