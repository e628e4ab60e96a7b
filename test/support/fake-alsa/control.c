// /dev/snd/controlC0 (sound/core/control.c) with the elements of snd-aloop that tell of a writer.
#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fake.h"

#define CONTROLS 64
#define PER_SUBSTREAM 7
#define FIRST_SLAVE 2  // of the elements of a substream, "PCM Slave Active"
#define SLAVES 4
#define ELEMENTS (DEVICES * SUBSTREAMS * PER_SUBSTREAM)

static const char *const slave_names[SLAVES] = {"PCM Slave Active", "PCM Slave Format", "PCM Slave Rate",
                                                "PCM Slave Channels"};

static struct control {
  struct file *file;
  bool subscribed;
  bool announced[ELEMENTS + 1];
  long thread;
  int preferred;
} controls[CONTROLS];
static struct file *holder_of_lock;

int control_open(int flags) {
  for (struct control *one = controls; one < controls + CONTROLS; ++one) {
    if (one->file == NULL) {
      fill_bytes(one, 0, sizeof *one);
      one->preferred = -1;
      one->thread = syscall(SYS_gettid);
      return file_open(CONTROL, (int)(one - controls), flags, &one->file);
    }
  }
  return -ENFILE;
}

void control_release(struct file *file) {
  controls[file->index].file = NULL;
  if (holder_of_lock == file) {
    holder_of_lock = NULL;
  }
}

// One of the thread that opens a PCM, as in the kernel: not of its process.
int control_preferred_substream(void) {
  const long thread = syscall(SYS_gettid);
  for (const struct control *one = controls; one < controls + CONTROLS; ++one) {
    if (one->file != NULL && one->thread == thread && one->preferred >= 0) {
      return one->preferred;
    }
  }
  return -1;
}

int control_flock(struct file *file, int operation) {
  if ((operation & LOCK_UN) != 0) {
    holder_of_lock = holder_of_lock == file ? NULL : holder_of_lock;
    return 0;
  }
  if (holder_of_lock != NULL && holder_of_lock != file) {
    return -EWOULDBLOCK;
  }
  holder_of_lock = file;
  return 0;
}

void control_announce(int device, int substream) {
  for (struct control *one = controls; one < controls + CONTROLS; ++one) {
    if (one->file != NULL && one->subscribed) {
      for (int k = 0; k < SLAVES; ++k) {
        one->announced[PER_SUBSTREAM * (device * SUBSTREAMS + substream) + FIRST_SLAVE + k + 1] = true;
      }
      file_set_ready(one->file, true);
    }
  }
}

static int element_info(void *argument) {
  struct snd_ctl_elem_info info;
  copy_from_user(&info, argument, sizeof info);
  info.id.name[sizeof info.id.name - 1] = '\0';
  for (int k = 0; k < SLAVES; ++k) {
    if (strcmp((const char *)info.id.name, slave_names[k]) == 0 && info.id.device < DEVICES &&
        info.id.subdevice < SUBSTREAMS && info.id.iface == SNDRV_CTL_ELEM_IFACE_PCM) {
      info.id.numid =
          PER_SUBSTREAM * (info.id.device * SUBSTREAMS + info.id.subdevice) + FIRST_SLAVE + (unsigned)k + 1;
      info.count = 1;
      copy_to_user(argument, &info, sizeof info);
      return 0;
    }
  }
  return -ENOENT;
}

static int element_read(void *argument) {
  struct snd_ctl_elem_value value;
  copy_from_user(&value, argument, sizeof value);
  const unsigned at = value.id.numid - 1;
  const unsigned k = at % PER_SUBSTREAM;
  if (at >= ELEMENTS || k < FIRST_SLAVE || k >= FIRST_SLAVE + SLAVES) {
    return -ENOENT;
  }
  const int which = (int)(at / PER_SUBSTREAM);
  value.value.integer.value[0] =
      pcm_slave_value(which / SUBSTREAMS, which % SUBSTREAMS, (int)k - FIRST_SLAVE);
  copy_to_user(argument, &value, sizeof value);
  return 0;
}

int control_ioctl(struct file *file, unsigned long request, void *argument) {
  struct control *const one = &controls[file->index];
  const int failed = fault(request == SNDRV_CTL_IOCTL_ELEM_INFO   ? "ELEM_INFO"
                           : request == SNDRV_CTL_IOCTL_ELEM_READ ? "ELEM_READ"
                                                                  : "CONTROL");
  if (failed != 0) {
    return -failed;
  }
  int number = 0;
  switch (request) {
    case SNDRV_CTL_IOCTL_PCM_PREFER_SUBDEVICE:
      copy_from_user(&one->preferred, argument, sizeof one->preferred);
      return 0;
    case SNDRV_CTL_IOCTL_SUBSCRIBE_EVENTS:
      copy_from_user(&number, argument, sizeof number);
      one->subscribed = number != 0;
      return 0;
    case SNDRV_CTL_IOCTL_ELEM_INFO:
      return element_info(argument);
    case SNDRV_CTL_IOCTL_ELEM_READ:
      return element_read(argument);
    default:
      return -ENOTTY;
  }
}

ssize_t control_read(struct file *file, void *data, size_t size) {
  struct control *const one = &controls[file->index];
  size_t taken = 0;
  bool left = false;
  if (!one->subscribed) {
    return -EBADFD;
  }
  for (unsigned number = 1; number <= ELEMENTS; ++number) {
    if (!one->announced[number]) {
      continue;
    }
    struct snd_ctl_event event;
    if (size - taken < sizeof event) {
      left = true;
      break;
    }
    fill_bytes(&event, 0, sizeof event);
    event.type = SNDRV_CTL_EVENT_ELEM;
    event.data.elem.mask = SNDRV_CTL_EVENT_MASK_VALUE;
    event.data.elem.id.numid = number;
    copy_to_user((char *)data + taken, &event, sizeof event);
    one->announced[number] = false;
    taken += sizeof event;
  }
  file_set_ready(file, left);
  return taken > 0 ? (ssize_t)taken : -EAGAIN;
}
