// What the kernel tells about timers, to 64-bit and 32-bit programs, and the ticks a listener gets.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "raw.h"

static unsigned number(const char *text) {
  need(text != NULL, "an argument is missing");
  return (unsigned)strtoul(text, NULL, 10);
}

// id [card sclass]
static void show_ginfo(char **arguments) {
  struct timer_ginfo info = ginfo_of(number(arguments[0]));
  if (arguments[1]) {
    info.tid.card = (int)number(arguments[1]);
    info.tid.dev_sclass = (int)number(arguments[2]);
  }
  memset(info.name, 'x', sizeof info.name - 1);
  const int result = ginfo(open_control(O_RDONLY), &info);
  put_result("result", result);
  if (result < 0) return;
  put_text("id", info.id);
  put_text("name", info.name);
  put_number("flags", info.flags);
  put_number("card", info.card);
  put_decimal("resolution", info.resolution);
  put_decimal("min", info.resolution_min);
  put_decimal("max", info.resolution_max);
  put_number("clients", info.clients);
}

static void show_gstatus(char **arguments) {
  struct timer_gstatus status = {.tid = ginfo_of(number(arguments[0])).tid};
  put_result("result", ioctl(open_control(O_RDONLY), IOCTL_GSTATUS, &status));
  put_decimal("resolution", status.resolution);
  put_decimal("numerator", status.resolution_num);
  put_decimal("denominator", status.resolution_den);
}

static void set_gparams(char **arguments) {
  const unsigned id = number(arguments[0]);
  struct timer_gparams params = {.tid = ginfo_of(id).tid, .period_num = 1, .period_den = 100};
  const int control = open_control(O_RDONLY);
  put_result("withoutClient", ioctl(control, IOCTL_GPARAMS, &params));
  const int listener = open_listener(id);
  put_result("withClient", ioctl(control, IOCTL_GPARAMS, &params));
  struct timer_ginfo info = ginfo_of(id);
  need(ginfo(control, &info) == 0, "look the timer up");
  put_number("clients", info.clients);
  close(listener);
}

// Ids of userspace-driven timers: those that enumerating gives, and those that asking for each gives.
static void enumerate(char **arguments) {
  (void)arguments;
  const int control = open_control(O_RDONLY);
  char listed[1024] = "", found[1024] = "";
  struct timer_id id = {.dev_class = CLASS_NONE};
  for (;;) {
    need(ioctl(control, IOCTL_NEXT_DEVICE, &id) == 0, "ask for the next timer");
    if (id.dev_class == CLASS_NONE) break;
    if (id.dev_class != CLASS_GLOBAL || id.device != DEVICE_UDRIVEN) continue;
    sprintf(listed + strlen(listed), " %d", id.subdevice);
  }
  for (unsigned i = 0; i < 128; i += 1) {
    if (lookup(control, i) == 0) sprintf(found + strlen(found), " %u", i);
  }
  put_text("listed", listed);
  put_text("found", found);
}

// The lines below the timer's own one in /proc/asound/timers.
static void put_clients(const char *key, const char *timer) {
  FILE *timers = fopen("/proc/asound/timers", "re");
  need(timers != NULL, "open /proc/asound/timers");
  char line[256], clients[1024] = "";
  bool inside = false;
  while (fgets(line, sizeof line, timers)) {
    if (line[0] != ' ') {
      inside = strcmp(line, timer) == 0;
    } else if (inside) {
      strncat(clients, line, sizeof clients - strlen(clients) - 1);
    }
  }
  fclose(timers);
  put_text(key, clients);
}

static void show_clients(char **arguments) {
  (void)arguments;
  struct timer_uinfo timer = {.resolution = 12345678};
  need(ioctl(open_control(O_RDONLY), IOCTL_CREATE, &timer) == 0, "create a timer");
  static const char line[] = "G4:  : 12345.678us (1 ticks)\n";
  put_number("process", getpid());
  put_clients("none", line);
  const int listener = open_listener(timer.id);
  put_clients("selected", line);
  start_listener(listener);
  put_clients("started", line);
  need(ioctl(listener, IOCTL_STOP) == 0, "stop the listener");
  put_clients("stopped", line);
}

// id: a byte once it listens, then a record a tick until the ticks are as many as asked for, or none came for
// 20 s.
static void listen_to(char **arguments) {
  const unsigned id = number(arguments[0]), wanted = number(arguments[1]);
  const int listener = open_listener(id);
  start_listener(listener);
  puts("listening");
  fflush(stdout);
  struct pollfd polled = {listener, POLLIN, 0};
  long ticks = 0;
  while (ticks < (long)wanted && poll(&polled, 1, 20000) == 1) ticks += read_ticks(listener);
  // Nothing comes that was not triggered.
  put_number("more", poll(&polled, 1, 100));
  put_number("ticks", ticks);
  struct timer_status status;
  need(ioctl(listener, IOCTL_STATUS, &status) == 0, "ask for the status");
  put_number("overrun", status.overrun);
}

static void select_absent(char **arguments) {
  struct timer_select select = {.id = ginfo_of(number(arguments[0])).tid};
  put_result("result", ioctl(open_control(O_RDONLY), IOCTL_SELECT, &select));
}

// A descriptor that this program was given.
static void trigger_given(char **arguments) {
  put_number("bits", sizeof(long) * 8);
  put_result("trigger", ioctl((int)number(arguments[0]), IOCTL_TRIGGER));
}

// program [argument...], in place of this one. Started from here because execvp() passes a program that the
// kernel does not run to the shell, as a script.
static void execute(char **arguments) {
  execv(arguments[0], arguments);
  if (errno == ENOEXEC) {
    fputs("raw: this kernel runs no 32-bit programs (CONFIG_IA32_EMULATION, boot option ia32_emulation)\n",
          stderr);
  }
  need(false, arguments[0]);
}

// program: it gets a timer's descriptor, to trigger.
static void give(char **arguments) {
  const int timer = create_timer(open_control(O_RDONLY)).fd;
  char text[16];
  sprintf(text, "%d", timer);
  need(fcntl(timer, F_SETFD, 0) == 0, "let exec keep the timer");
  execute((char *[]){arguments[0], "trigger-given", text, NULL});
}

static void create_here(char **arguments) {
  (void)arguments;
  put_number("bits", sizeof(long) * 8);
  const int control = open_control(O_RDONLY);
  put_result("probe", create_result(control, 0));
  struct timer_uinfo timer = {.resolution = 10000000, .fd = -1};
  const int result = ioctl(control, IOCTL_CREATE, &timer);
  put_result("create", result);
  if (result < 0) return;
  put_result("trigger", ioctl(timer.fd, IOCTL_TRIGGER));
  put_number("lines", count_lines());
}

// id: what each ioctl says to a program of these bits.
static void speak(char **arguments) {
  const unsigned id = number(arguments[0]);
  const int control = open_control(O_RDONLY), listener = open_listener(id);
  put_number("bits", sizeof(long) * 8);
  int version = 0;
  put_result("PVERSION", ioctl(control, IOCTL_PVERSION, &version));
  put_result("GINFO", lookup(control, id));
  struct timer_gstatus gstatus = {.tid = ginfo_of(id).tid};
  put_result("GSTATUS", ioctl(control, IOCTL_GSTATUS, &gstatus));
  struct timer_info info;
  put_result("INFO", ioctl(listener, IOCTL_INFO, &info));
  struct timer_status status;
  put_result("STATUS", ioctl(listener, IOCTL_STATUS, &status));
  start_listener(listener);
  put_result("STOP", ioctl(listener, IOCTL_STOP));
  // The 64-bit number and layout.
  union {
    struct timer_id tid;
    char bytes[248];
  } wide = {.tid = ginfo_of(id).tid};
  put_result("GINFO64", ioctl(control, 0xc0f85403UL, &wide));
}

const struct raw_case information_cases[] = {
    {"ginfo", show_ginfo},
    {"gstatus", show_gstatus},
    {"gparams", set_gparams},
    {"enumerate", enumerate},
    {"clients", show_clients},
    {"listen", listen_to},
    {"select", select_absent},
    {"trigger-given", trigger_given},
    {"execute", execute},
    {"give", give},
    {"create", create_here},
    {"speak", speak},
    {NULL, NULL},
};
