// The request: a length, then NUL-terminated records "key=value", one for each argument, variable and folder.
#include <stdlib.h>
#include <string.h>

#include "guest.h"

static void append(char ***list, size_t *count, char *value) {
  *list = realloc(*list, (*count + 2) * sizeof **list);
  if (!*list) fail("no memory for the request");
  (*list)[(*count)++] = value;
  (*list)[*count] = NULL;
}

struct request *request_read(int control) {
  uint32_t length;
  read_exactly(control, &length, sizeof length);
  char *text = malloc((size_t)length + 1);
  struct request *request = calloc(1, sizeof *request);
  if (!text || !request) fail("no memory for the request");
  read_exactly(control, text, length);
  text[length] = '\0';

  size_t arguments = 0, variables = 0, shares = 0, folders = 0, loads = 0;
  for (char *record = text; record < text + length; record += strlen(record) + 1) {
    char *value = strchr(record, '=');
    if (!value) continue;
    // The value may end anywhere but the key is fixed, so the record is left whole for the step above.
    value += 1;
    if (strncmp(record, "cwd=", 4) == 0) request->cwd = value;
    if (strncmp(record, "modules=", 8) == 0) request->modules = value;
    if (strncmp(record, "arg=", 4) == 0) append(&request->argv, &arguments, value);
    if (strncmp(record, "env=", 4) == 0) append(&request->envp, &variables, value);
    if (strncmp(record, "share=", 6) == 0) append(&request->shares, &shares, value);
    if (strncmp(record, "folder=", 7) == 0) append(&request->folders, &folders, value);
    if (strncmp(record, "load=", 5) == 0) append(&request->loads, &loads, value);
    if (strncmp(record, "terminal=", 9) == 0) request->terminal = value;
  }
  return request;
}
