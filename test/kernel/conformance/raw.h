// The timer interface of the kernel as the conformance cases speak it: no library in between, and the
// structures in their native layout, so that the same source is the 64-bit and the 32-bit caller.
// <sound/asound.h> is left out: it has userspace-driven timers only since Linux 6.12.
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/types.h>

// Of one program: crowd() has the most.
enum { MAX_DESCRIPTORS = 1200 };
enum { CLASS_NONE = -1, CLASS_GLOBAL = 1, DEVICE_UDRIVEN = 4, PARAMS_AUTO = 1, EVENT_TICK = 1 };

struct timer_id {
  int dev_class, dev_sclass, card, device, subdevice;
};

struct timer_uinfo {
  uint64_t resolution;
  int fd;
  unsigned id;
  unsigned char reserved[16];
};

struct timer_select {
  struct timer_id id;
  unsigned char reserved[32];
};

struct timer_params {
  unsigned flags, ticks, queue_size, reserved0, filter;
  unsigned char reserved[60];
};

struct timer_ginfo {
  struct timer_id tid;
  unsigned flags;
  int card;
  char id[64], name[80];
  unsigned long reserved0, resolution, resolution_min, resolution_max;
  unsigned clients;
  unsigned char reserved[32];
};

struct timer_gparams {
  struct timer_id tid;
  unsigned long period_num, period_den;
  unsigned char reserved[32];
};

struct timer_gstatus {
  struct timer_id tid;
  unsigned long resolution, resolution_num, resolution_den;
  unsigned char reserved[32];
};

struct timer_info {
  unsigned flags;
  int card;
  char id[64], name[80];
  unsigned long reserved0, resolution;
  unsigned char reserved[64];
};

struct timer_status {
  long tstamp_sec, tstamp_nsec;
  unsigned resolution, lost, overrun, queue;
  unsigned char reserved[64];
};

struct timer_read {
  unsigned resolution, ticks;
};

struct timer_tread {
  int event;
  long tstamp_sec, tstamp_nsec;
  unsigned val;
};

#define IOCTL_PVERSION _IOR('T', 0x00, int)
#define IOCTL_NEXT_DEVICE _IOWR('T', 0x01, struct timer_id)
#define IOCTL_TREAD_OLD _IOW('T', 0x02, int)
#define IOCTL_GINFO _IOWR('T', 0x03, struct timer_ginfo)
#define IOCTL_GPARAMS _IOW('T', 0x04, struct timer_gparams)
#define IOCTL_GSTATUS _IOWR('T', 0x05, struct timer_gstatus)
#define IOCTL_SELECT _IOW('T', 0x10, struct timer_select)
#define IOCTL_INFO _IOR('T', 0x11, struct timer_info)
#define IOCTL_PARAMS _IOW('T', 0x12, struct timer_params)
#define IOCTL_STATUS _IOR('T', 0x14, struct timer_status)
#define IOCTL_START _IO('T', 0xa0)
#define IOCTL_STOP _IO('T', 0xa1)
#define IOCTL_CONTINUE _IO('T', 0xa2)
#define IOCTL_PAUSE _IO('T', 0xa3)
#define IOCTL_TREAD64 _IOW('T', 0xa4, int)
#define IOCTL_CREATE _IOWR('T', 0xa5, struct timer_uinfo)
#define IOCTL_TRIGGER _IO('T', 0xa6)

// What was observed: one line of JSON, of which these add one member each.
void put_number(const char *key, long long value);
void put_decimal(const char *key, unsigned long long value);  // as a string: it may be above 2^53
void put_text(const char *key, const char *value);
void put_result(const char *key, long result);  // "ok", or the name of errno if the result is negative

const char *error_name(int number);  // "EINVAL"

// Ends the program with a message: what a case builds on did not work.
void need(bool holds, const char *what);

int open_control(int mode);
// A timer of 10 ms; fails the program.
struct timer_uinfo create_timer(int control);
int create_result(int control, uint64_t resolution);  // of CREATE; a timer made stays until the program ends

struct timer_ginfo ginfo_of(unsigned id);
int ginfo(int control, struct timer_ginfo *info);
// Of GINFO of the timer: negative, with ENODEV, when it is gone.
int lookup(int control, unsigned id);

int open_listener(unsigned id);     // selected, not started, does not block
void start_listener(int listener);  // one tick a trigger
long read_ticks(int listener);      // all that have come

// Lines of /proc/asound/timers that are userspace-driven timers, and descriptors of this process that are.
int count_lines(void);
int count_descriptors(void);

pid_t fork_child(void);
void put_byte(int fd);
void get_byte(int fd);
void await_end(int fd);  // of input
int wait_for(pid_t child);

pthread_t begin_thread(void *(*body)(void *), void *argument);
void end_thread(pthread_t thread);  // waits for it
// `count` triggers of each thread; in turn: one at a time.
void trigger_from_threads(int timer, int threads, int count, bool in_turn);

struct raw_case {
  const char *name;
  void (*run)(char **arguments);  // ends with NULL
};
extern const struct raw_case creation_cases[], descriptor_cases[], information_cases[], conversation_cases[],
    stream_cases[], thread_cases[];
