// What the verbs of conversations share: the timers, listeners and streams by name, and the answer to a step.
#pragma once

#include "raw.h"

struct stream;

struct party {
  int fd;
  unsigned timer;  // id
  bool stamped;
  struct stream *stream;  // NULL for timers and listeners
};

struct verb {
  const char *name;
  void (*act)(char **words);  // the verb, a name, what the verb takes; ends with NULL
};

extern char answer[4096];

struct party *party(const char *name);
void say_result(long result);
// The value of `word`, which is NAME=VALUE; cuts the word after NAME.
char *value_of(char *word);

// Those about cables, and those of which a timer or listener has another by the same name. Both end with
// NULL.
extern const struct verb cable_verbs[], stream_verbs[];
// The timer of a stream's substream, which listeners may select.
struct timer_id timer_of_stream(const struct stream *stream);
