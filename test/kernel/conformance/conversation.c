// Conversations with listeners and streams: steps that one thread does one after the other, and what each
// returned. The words of a step are a verb, the name of a timer, listener or stream (a lower case letter),
// and what the verb takes.
#include "conversation.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_WORDS = 8, CLASS_SLAVE = 0, SCLASS_APPLICATION = 1 };

static struct party parties[26];
char answer[4096];

struct party *party(const char *name) {
  need(name && *name >= 'a' && *name <= 'z' && name[1] == 0, "the name of a timer, listener or stream");
  return &parties[*name - 'a'];
}

void say_result(long result) { strcpy(answer, result < 0 ? error_name(errno) : "ok"); }

char *value_of(char *word) {
  char *const equals = strchr(word, '=');
  need(equals, "NAME=VALUE");
  *equals = 0;
  return equals + 1;
}

static void do_create(char **words) {
  struct timer_uinfo info = {.resolution = words[2] ? strtoull(words[2], NULL, 10) : 10000000};
  const int result = ioctl(open_control(O_RDONLY), IOCTL_CREATE, &info);
  *party(words[1]) = (struct party){.fd = info.fd, .timer = info.id};
  say_result(result);
}

static void do_open(char **words) {
  *party(words[1]) = (struct party){.fd = open_control(O_RDONLY | O_NONBLOCK)};
}

static void do_close(char **words) { say_result(close(party(words[1])->fd)); }

static void do_trigger(char **words) {
  for (int i = words[2] ? atoi(words[2]) : 1; i > 0; i -= 1) {
    const int result = ioctl(party(words[1])->fd, IOCTL_TRIGGER);
    say_result(result);
    if (result < 0) return;
  }
}

static void tread(char **words, unsigned long request) {
  int on = 1;
  const int result = ioctl(party(words[1])->fd, request, &on);
  if (result == 0) party(words[1])->stamped = true;
  say_result(result);
}

static void do_tread(char **words) { tread(words, IOCTL_TREAD_OLD); }

static void do_tread64(char **words) { tread(words, IOCTL_TREAD64); }

// a timer, or a stream for the timer of its substream, or "nothing" for one that is not there, or "slave" for
// the instances of this thread
static void do_select(char **words) {
  need(words[2], "what to select");
  struct timer_select select = {.id = {CLASS_GLOBAL, 0, -1, DEVICE_UDRIVEN, 128}};
  if (strcmp(words[2], "slave") == 0) {
    select.id = (struct timer_id){CLASS_SLAVE, SCLASS_APPLICATION, -1, (int)syscall(SYS_gettid), 0};
  } else if (strcmp(words[2], "nothing") != 0) {
    const struct party *const selected = party(words[2]);
    select.id.subdevice = (int)selected->timer;
    if (selected->stream) select.id = timer_of_stream(selected->stream);
  }
  say_result(ioctl(party(words[1])->fd, IOCTL_SELECT, &select));
}

// NAME=NUMBER for what is not a single AUTO tick with a filter for it
static void do_params(char **words) {
  struct timer_params params = {.flags = PARAMS_AUTO, .ticks = 1, .filter = 1 << EVENT_TICK};
  for (char **word = words + 2; *word; word += 1) {
    const char *const value = value_of(*word);
    unsigned *const field = strcmp(*word, "flags") == 0    ? &params.flags
                            : strcmp(*word, "ticks") == 0  ? &params.ticks
                            : strcmp(*word, "queue") == 0  ? &params.queue_size
                            : strcmp(*word, "filter") == 0 ? &params.filter
                                                           : NULL;
    need(field, "a parameter");
    *field = (unsigned)strtoul(value, NULL, 0);
  }
  say_result(ioctl(party(words[1])->fd, IOCTL_PARAMS, &params));
}

static void do_start(char **words) { say_result(ioctl(party(words[1])->fd, IOCTL_START)); }

static void do_stop(char **words) { say_result(ioctl(party(words[1])->fd, IOCTL_STOP)); }

static void do_continue(char **words) { say_result(ioctl(party(words[1])->fd, IOCTL_CONTINUE)); }

static void do_pause(char **words) { say_result(ioctl(party(words[1])->fd, IOCTL_PAUSE)); }

static void do_info(char **words) {
  struct timer_info info;
  say_result(ioctl(party(words[1])->fd, IOCTL_INFO, &info));
}

static void do_status(char **words) {
  struct timer_status status;
  if (ioctl(party(words[1])->fd, IOCTL_STATUS, &status) < 0) {
    say_result(-1);
    return;
  }
  sprintf(answer, "resolution %u lost %u overrun %u queue %u", status.resolution, status.lost, status.overrun,
          status.queue);
}

static void do_poll(char **words) {
  struct pollfd polled = {party(words[1])->fd, POLLIN, 0};
  need(poll(&polled, 1, 0) >= 0, "poll");
  strcpy(answer, polled.revents == 0 ? "idle" : polled.revents == POLLIN ? "readable" : "something else");
}

static void do_clients(char **words) {
  struct timer_ginfo info = ginfo_of(party(words[1])->timer);
  need(ginfo(open_control(O_RDONLY), &info) == 0, "look the timer up");
  sprintf(answer, "%u", info.clients);
}

// All records, "EVENT VALUE" or "RESOLUTION:TICKS" each, and how often in a row.
static void put_records(const struct party *from, const char *bytes, size_t length) {
  char last[64] = "", record[64];
  int times = 0;
  answer[0] = 0;
  for (size_t at = 0; at <= length;) {
    record[0] = 0;
    if (at < length && from->stamped) {
      struct timer_tread one;
      memcpy(&one, bytes + at, sizeof one);
      at += sizeof one;
      sprintf(record, "%d:%u", one.event, one.val);
    } else if (at < length) {
      struct timer_read one;
      memcpy(&one, bytes + at, sizeof one);
      at += sizeof one;
      sprintf(record, "%u:%u", one.resolution, one.ticks);
    } else {
      at += 1;
    }
    if (strcmp(record, last) == 0) {
      times += 1;
      continue;
    }
    if (times > 0) {
      const size_t used = strlen(answer);
      const char *const gap = used ? " " : "";
      snprintf(answer + used, sizeof answer - used, times > 1 ? "%s%sx%d" : "%s%s", gap, last, times);
    }
    strcpy(last, record);
    times = 1;
  }
}

// [bytes]
static void do_read(char **words) {
  static char bytes[1024 * sizeof(struct timer_tread)];
  const struct party *const from = party(words[1]);
  const ssize_t got = read(from->fd, bytes, words[2] ? (size_t)atoi(words[2]) : sizeof bytes);
  if (got < 0) {
    say_result(-1);
  } else if (got == 0) {
    strcpy(answer, "0 bytes");
  } else {
    put_records(from, bytes, (size_t)got);
  }
}

static const struct verb timer_verbs[] = {
    {"create", do_create},   {"open", do_open},       {"close", do_close},
    {"trigger", do_trigger}, {"tread", do_tread},     {"tread64", do_tread64},
    {"select", do_select},   {"params", do_params},   {"start", do_start},
    {"stop", do_stop},       {"pause", do_pause},     {"continue", do_continue},
    {"info", do_info},       {"status", do_status},   {"poll", do_poll},
    {"read", do_read},       {"clients", do_clients}, {NULL, NULL},
};

// A verb that streams have, too, means theirs when it is said of one.
static const struct verb *find_verb(char **words) {
  const char *const name = words[1];
  const bool on_stream = name && *name >= 'a' && *name <= 'z' && name[1] == 0 && party(name)->stream;
  const struct verb *const tables[] = {cable_verbs, on_stream ? stream_verbs : timer_verbs, timer_verbs};
  for (size_t i = 0; words[0] && i < sizeof tables / sizeof *tables; i += 1) {
    for (const struct verb *verb = tables[i]; verb->name; verb += 1) {
      if (strcmp(verb->name, words[0]) == 0) return verb;
    }
  }
  return NULL;
}

static void converse(char **steps) {
  for (int number = 0; steps[number]; number += 1) {
    char *words[MAX_WORDS + 1] = {NULL};
    char *rest = steps[number];
    for (int i = 0; i < MAX_WORDS && (words[i] = strtok_r(i == 0 ? rest : NULL, " ", &rest)); i += 1)
      continue;
    strcpy(answer, "ok");
    const struct verb *const verb = find_verb(words);
    need(verb != NULL, "a step without a verb");
    verb->act(words);
    char key[16];
    sprintf(key, "%d", number);
    put_text(key, answer);
  }
}

const struct raw_case conversation_cases[] = {{"converse", converse}, {NULL, NULL}};
