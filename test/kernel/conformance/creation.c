// The interface's numbers and layouts, and what CREATE takes and refuses.
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "raw.h"

static void pversion(char **arguments) {
  (void)arguments;
  int version = 0;
  put_result("result", ioctl(open_control(O_RDONLY), IOCTL_PVERSION, &version));
  put_number("version", version);
}

static void numbers(char **arguments) {
  (void)arguments;
#define NUMBER(name) put_number(#name, (unsigned)IOCTL_##name)
  NUMBER(PVERSION);
  NUMBER(NEXT_DEVICE);
  NUMBER(TREAD_OLD);
  NUMBER(GINFO);
  NUMBER(GPARAMS);
  NUMBER(GSTATUS);
  NUMBER(SELECT);
  NUMBER(INFO);
  NUMBER(PARAMS);
  NUMBER(STATUS);
  NUMBER(START);
  NUMBER(STOP);
  NUMBER(CONTINUE);
  NUMBER(PAUSE);
  NUMBER(TREAD64);
  NUMBER(CREATE);
  NUMBER(TRIGGER);
}

// Each number, given no argument and nothing selected: the kernel says ENOTTY only of those it does not know.
static void known(char **arguments) {
  for (; *arguments; arguments += 1) {
    const unsigned long number = strtoul(*arguments, NULL, 0);
    put_result(*arguments, ioctl(open_control(O_RDONLY), number, NULL));
  }
}

// The numbers of before 1.0.9 on a listener: what each does.
static void old_numbers(char **arguments) {
  (void)arguments;
  enum { START_OLD = 0x5420, STOP_OLD, CONTINUE_OLD, PAUSE_OLD };
  const struct timer_uinfo timer = create_timer(open_control(O_RDONLY));
  const int listener = open_listener(timer.id);
  struct timer_params params = {.flags = PARAMS_AUTO, .ticks = 1, .filter = 1 << EVENT_TICK};
  need(ioctl(listener, IOCTL_PARAMS, &params) == 0, "set the listener's parameters");
  int off = 0;
  const struct {
    const char *name;
    int number;
    int *argument;
  } steps[] = {{"START_OLD", START_OLD, NULL},
               {"PAUSE_OLD", PAUSE_OLD, NULL},
               {"CONTINUE_OLD", CONTINUE_OLD, NULL},
               {"STOP_OLD", STOP_OLD, &off}};
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i += 1) {
    char key[32];
    put_result(steps[i].name, ioctl(listener, steps[i].number, steps[i].argument));
    need(ioctl(timer.fd, IOCTL_TRIGGER) == 0, "trigger");
    if (steps[i].number == STOP_OLD) put_number("waits", (fcntl(listener, F_GETFL) & O_NONBLOCK) == 0);
    need(fcntl(listener, F_SETFL, O_NONBLOCK) == 0, "keep reads from waiting");
    sprintf(key, "ticks after %s", steps[i].name);
    put_number(key, read_ticks(listener));
  }
}

static void layout(char **arguments) {
  (void)arguments;
#define SIZE(type) put_number(#type, sizeof(struct timer_##type))
#define OFFSET(type, member) put_number(#type "." #member, offsetof(struct timer_##type, member))
  SIZE(id);
  OFFSET(id, dev_class);
  OFFSET(id, dev_sclass);
  OFFSET(id, card);
  OFFSET(id, device);
  OFFSET(id, subdevice);
  SIZE(uinfo);
  OFFSET(uinfo, resolution);
  OFFSET(uinfo, fd);
  OFFSET(uinfo, id);
  OFFSET(uinfo, reserved);
  SIZE(select);
  OFFSET(select, id);
  OFFSET(select, reserved);
  SIZE(params);
  OFFSET(params, flags);
  OFFSET(params, ticks);
  OFFSET(params, queue_size);
  OFFSET(params, reserved0);
  OFFSET(params, filter);
  OFFSET(params, reserved);
  SIZE(ginfo);
  OFFSET(ginfo, tid);
  OFFSET(ginfo, flags);
  OFFSET(ginfo, card);
  OFFSET(ginfo, id);
  OFFSET(ginfo, name);
  OFFSET(ginfo, reserved0);
  OFFSET(ginfo, resolution);
  OFFSET(ginfo, resolution_min);
  OFFSET(ginfo, resolution_max);
  OFFSET(ginfo, clients);
  OFFSET(ginfo, reserved);
  SIZE(gparams);
  OFFSET(gparams, tid);
  OFFSET(gparams, period_num);
  OFFSET(gparams, period_den);
  OFFSET(gparams, reserved);
  SIZE(gstatus);
  OFFSET(gstatus, tid);
  OFFSET(gstatus, resolution);
  OFFSET(gstatus, resolution_num);
  OFFSET(gstatus, resolution_den);
  OFFSET(gstatus, reserved);
  SIZE(info);
  OFFSET(info, flags);
  OFFSET(info, card);
  OFFSET(info, id);
  OFFSET(info, name);
  OFFSET(info, reserved0);
  OFFSET(info, resolution);
  OFFSET(info, reserved);
  SIZE(status);
  OFFSET(status, tstamp_sec);
  OFFSET(status, tstamp_nsec);
  OFFSET(status, resolution);
  OFFSET(status, lost);
  OFFSET(status, overrun);
  OFFSET(status, queue);
  OFFSET(status, reserved);
  SIZE(read);
  OFFSET(read, resolution);
  OFFSET(read, ticks);
  SIZE(tread);
  OFFSET(tread, event);
  OFFSET(tread, tstamp_sec);
  OFFSET(tread, tstamp_nsec);
  OFFSET(tread, val);
}

// What CREATE with this argument says, and what it leaves.
static void put_creation(int control, void *argument) {
  const int lines = count_lines(), descriptors = count_descriptors();
  put_result("result", ioctl(control, IOCTL_CREATE, argument));
  put_number("newLines", count_lines() - lines);
  put_number("newDescriptors", count_descriptors() - descriptors);
}

static void create_zero(char **arguments) {
  (void)arguments;
  struct timer_uinfo info = {.fd = -7, .id = -1U}, before;
  memset(info.reserved, 0x55, sizeof info.reserved);
  before = info;
  put_creation(open_control(O_RDONLY), &info);
  put_number("untouched", memcmp(&info, &before, sizeof info) == 0);
}

static void create_null(char **arguments) {
  (void)arguments;
  put_creation(open_control(O_RDONLY), NULL);
}

static struct timer_uinfo *page_with(int protection) {
  const size_t size = (size_t)sysconf(_SC_PAGESIZE);
  struct timer_uinfo *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  need(page != MAP_FAILED, "map a page");
  page->resolution = 10000000;
  page->id = -1U;
  need(mprotect(page, size, protection) == 0, "protect the page");
  return page;
}

static void create_unreadable(char **arguments) {
  (void)arguments;
  put_creation(open_control(O_RDONLY), page_with(PROT_NONE));
}

static void create_unwritable(char **arguments) {
  (void)arguments;
  struct timer_uinfo *page = page_with(PROT_READ);
  put_creation(open_control(O_RDONLY), page);
  put_number("untouched", page->id == -1U);
}

static void create_modes(char **arguments) {
  (void)arguments;
  put_result("O_RDONLY", create_result(open_control(O_RDONLY), 1));
  put_result("O_WRONLY", create_result(open_control(O_WRONLY), 1));
  put_result("O_RDWR", create_result(open_control(O_RDWR), 1));
}

static void create_inputs(char **arguments) {
  (void)arguments;
  struct timer_uinfo info = {.resolution = 10000000, .fd = 12345, .id = 99};
  memset(info.reserved, 0xaa, sizeof info.reserved);
  put_result("result", ioctl(open_control(O_RDONLY), IOCTL_CREATE, &info));
  put_number("id", info.id);
  put_decimal("resolution", info.resolution);
  bool unchanged = true;
  for (size_t i = 0; i < sizeof info.reserved; i += 1) unchanged = unchanged && info.reserved[i] == 0xaa;
  put_number("reservedUnchanged", unchanged);
  put_number("descriptorWorks", ioctl(info.fd, IOCTL_TRIGGER) == 0);
}

// The descriptors run out; the one given back at the end is for looking at /proc.
static void create_without_descriptors(char **arguments) {
  (void)arguments;
  const int lines = count_lines(), control = open_control(O_RDONLY);
  struct timer_uinfo next = create_timer(control);
  close(next.fd);
  const struct rlimit limit = {32, 32};
  need(setrlimit(RLIMIT_NOFILE, &limit) == 0, "limit the descriptors");
  int last = -1;
  for (int fd; (fd = dup(0)) >= 0;) last = fd;
  need(errno == EMFILE && last >= 0, "use up the descriptors");
  put_result("result", create_result(control, 10000000));
  put_result("lookup", lookup(control, next.id));
  close(last);
  put_number("newLines", count_lines() - lines);
  put_result("afterwards", create_result(control, 10000000));
}

const struct raw_case creation_cases[] = {
    {"pversion", pversion},
    {"numbers", numbers},
    {"known", known},
    {"old-numbers", old_numbers},
    {"layout", layout},
    {"create-zero", create_zero},
    {"create-null", create_null},
    {"create-unreadable", create_unreadable},
    {"create-unwritable", create_unwritable},
    {"create-modes", create_modes},
    {"create-inputs", create_inputs},
    {"create-without-descriptors", create_without_descriptors},
    {NULL, NULL},
};
