// A fake of ALSA in the process under test: a preloaded library that stands in for /dev/snd/timer, one card
// of snd-aloop, /proc/asound and one PTP clock. It keeps the rules of the kernel that the addon relies on,
// and moves audio for real, so that a sanitizer sees each byte of the caller's memory that the kernel would
// touch.
//
// Nothing here may order the caller's threads for ThreadSanitizer, which would hide races: system calls are
// made directly, the lock is of atomics, and neither malloc nor a libc function writes to memory that threads
// share.
#pragma once

#include <linux/ioctl.h>
#include <sound/asound.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// ---- files.c: open files of the fake. Each is a FIFO of $FAKE_ALSA/open, so that an event loop can wait for
// it, and so that it lives until its last descriptor is closed, duplicates included. All below are called
// with the lock held.
enum kind { FREE, TIMER, UTIMER, PCM, CONTROL, PTP };

struct file {
  enum kind kind;
  unsigned number;  // of its FIFO
  ino_t inode;
  bool ready;
  bool writes;  // an event loop waits for room, not for something to read
  int index;    // of the utimer, substream or control that it belongs to; of timers: of the instance
};

#define FILES 1024
void fake_lock(void);
void fake_unlock(void);
// Whether this thread has the lock: a sanitizer that reports from within the fake reads files.
bool fake_held(void);
const char *fake_folder(void);
// A descriptor, or a negated errno.
int file_open(enum kind kind, int index, int flags, struct file **opened);
struct file *file_of(int descriptor);
// Whether an event loop finds something to read, or room to write.
void file_set_ready(struct file *file, bool ready);
// From here on the readiness of a file that was just opened is room to write: there is none at first.
void file_set_writes(struct file *file, int descriptor);
// Lets go of files whose last descriptor is closed.
void files_sweep(void);

// ---- faults.c: what a test wants to go wrong: the file $FAKE_ALSA/faults/NAME with "AFTER TIMES ERROR":
// after so many calls, so many times, with this errno. 0, or the errno.
int fault(const char *name);
// Of a short transfer, "AFTER TIMES -FRAMES": at most so many frames.
unsigned long fault_frames(const char *name, unsigned long frames, int *error);

// ---- user_memory.c: the caller's memory as copy_from_user() and copy_to_user() touch it. The only
// instrumented part.
void copy_from_user(void *to, const void *user, size_t size);
void copy_to_user(void *user, const void *from, size_t size);
// Two threads write one variable at the same time: for the proof that this is found.
void race(void);
// Without the sanitizers.
void copy_bytes(void *to, const void *from, size_t size);
void fill_bytes(void *to, int byte, size_t size);

// ---- timer.c: /dev/snd/timer and userspace-driven timers.
#define UTIMERS 128
int timer_open(int flags);
int timer_ioctl(struct file *file, unsigned long request, void *argument);
ssize_t timer_read(struct file *file, void *data, size_t size);
void timer_release(struct file *file);
int utimer_ioctl(struct file *file, unsigned long request);
void utimer_release(struct file *file);
// Which life of utimer `id` this is, 0 while there is none: a cable keeps a dead one.
unsigned utimer_generation(int id);
unsigned utimer_resolution(int id);
bool utimer_has_runner(int id);  // of instances that listen
// Tells instances of the timer of a substream.
void pcm_timer_event(int device, int subdevice, int event, unsigned value);

// ---- pcm.c: the substreams of the card.
#define DEVICES 2
#define SUBSTREAMS 8
int pcm_open(int device, bool playback, int flags);
int pcm_ioctl(struct file *file, unsigned long request, void *argument);
void pcm_release(struct file *file);
// Moves a period through each cable that this timer clocks.
void cables_tick(int id, unsigned generation);
unsigned cables_on(int id, unsigned generation, bool running);
// Nanoseconds of a period, of the substream whose timer is `subdevice`; 0 until it is known.
unsigned pcm_timer_resolution(int device, int subdevice);
// The text of /proc/asound/card0/...
size_t pcm_text(char *text, size_t size, int device, bool playback, int substream, const char *name);
size_t cable_text(char *text, size_t size, int cable);
// What the PCM Slave controls of a capture tell: 0 active, 1 format, 2 rate, 3 channels.
long pcm_slave_value(int device, int substream, int which);

// ---- hw_params.c: the space of configurations.
struct limits {  // of the other side of the cable; 0 where it leaves the choice
  unsigned format_plus_one, channels, rate, period_frames;
};
// Narrows as SNDRV_PCM_IOCTL_HW_REFINE. 0 or -EINVAL.
int hw_refine(struct snd_pcm_hw_params *space, const struct limits *limits);
// Leaves one value of each, as SNDRV_PCM_IOCTL_HW_PARAMS.
int hw_choose(struct snd_pcm_hw_params *space, const struct limits *limits);
unsigned hw_value(const struct snd_pcm_hw_params *space, int parameter);
unsigned format_bytes(unsigned format);

// ---- control.c: /dev/snd/controlC0.
int control_open(int flags);
int control_ioctl(struct file *file, unsigned long request, void *argument);
ssize_t control_read(struct file *file, void *data, size_t size);
int control_flock(struct file *file, int operation);
void control_release(struct file *file);
void control_announce(int device, int substream);
int control_preferred_substream(void);

// ---- ptp.c: /dev/ptp0.
int ptp_open(int flags);
int ptp_ioctl(unsigned long request, void *argument);

// ---- proc.c: /proc/asound, whose files are rendered when they are opened, and when they are read anew
// (fs/seq_file.c: seq_read_iter).
void proc_make(void);
// A descriptor, or -1 where there is no such rendered file.
int proc_open(const char *path, int flags);
// The path of a descriptor that is such a file, in `memory`, or NULL.
const char *proc_path(int descriptor, char *memory, size_t size);
// Renders it again.
void proc_renew(int descriptor, const char *path);
// As for the lock of a PCM that somebody has (sound/core/pcm.c: snd_pcm_substream_proc_status_read): waits
// while a test keeps the FIFO $FAKE_ALSA/faults/proc open. Without the lock of the fake.
void proc_wait(void);
