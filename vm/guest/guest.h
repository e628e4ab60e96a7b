// The guest's only own program: it is process 1, and passes one command's streams between guest and host.
#pragma once

#include <stddef.h>
#include <stdint.h>

// What the host asked for, sent over the control port at the start.
struct request {
  char *cwd;
  char *modules;  // folder that holds lib/modules of this kernel, on the host; NULL where there is none
  char **argv;    // NULL-terminated
  char **envp;    // NULL-terminated
  char **shares;  // NULL-terminated folders; number N has the mount tag shareN
  // NULL-terminated folders of the host that the root file system lacks: below the mount tag host, at the
  // same paths
  char **folders;
  char **loads;  // NULL-terminated modules: a path below lib/modules/<release>, and parameters behind a blank
  char *terminal;  // "ROWS COLUMNS" where the command gets a terminal, else NULL
};

// The virtio-serial ports, in the order of their numbers.
struct ports {
  int control;
  int input;
  int output;
  int errors;
};

// machine.c: brings the machine up until commands can run in it.
void machine_load_modules(void);
struct ports machine_open_ports(void);
void machine_mount_root(void);
void machine_mount_rest(const struct request *request);
void machine_load_more(const struct request *request);
void machine_keep_timestamps(void);
void machine_start_processors(void);
void machine_log(const char *text);
void machine_show_kernel_log(void);
_Noreturn void machine_stop(void);

// request.c
struct request *request_read(int control);

// command.c: runs the command, returns when all of its output was handed to the host.
struct outcome {
  int how;  // as waitpid() says it
  uint64_t output_bytes;
  uint64_t error_bytes;
};
struct outcome command_run(const struct request *request, const struct ports *ports);

// terminal.c: a terminal of the size that the host says, "ROWS COLUMNS".
struct terminal {
  int keyboard;  // where the keys go to
  int screen;    // where the output comes from
  char *path;    // what the command opens
};
struct terminal terminal_open(const char *size);
void terminal_take(
    const struct terminal *terminal);  // in the command's process: makes it that of its session
void terminal_resize(const struct terminal *terminal, const char *size);

// fail.c: tells the host what went wrong, then stops the machine.
extern int fail_port;
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void read_exactly(int fd, void *into, size_t length);
void write_exactly(int fd, const void *from, size_t length);
