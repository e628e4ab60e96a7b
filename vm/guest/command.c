// One command: started on pipes, or on a terminal, which are pumped to and from the ports without any stream
// waiting for another.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

// Bytes on their way from one descriptor to another; at most one buffer of them.
struct flow {
  int from;  // -1 when there is nothing more to come
  int to;    // -1 when nobody takes them any more
  size_t start, end;
  uint64_t total;
  char bytes[32768];
};

static struct flow input, output, errors;
static struct terminal terminal = {-1, -1, NULL};
static uint32_t
    input_left;  // of the present chunk: the host sends a length, then that many bytes; 0 is the end

static void close_end(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

static bool flow_is_empty(const struct flow *flow) { return flow->start == flow->end; }

static void flow_write(struct flow *flow) {
  if (flow_is_empty(flow)) return;
  const ssize_t put = write(flow->to, flow->bytes + flow->start, flow->end - flow->start);
  if (put < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (put < 0) {  // the command closed its standard input
    close_end(&flow->to);
    flow->start = flow->end;
    return;
  }
  flow->start += (size_t)put;
  flow->total += (uint64_t)put;
}

static void flow_read(struct flow *flow, size_t limit) {
  const ssize_t got = read(flow->from, flow->bytes, limit < sizeof flow->bytes ? limit : sizeof flow->bytes);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    close_end(&flow->from);
    return;
  }
  flow->start = 0;
  flow->end = (size_t)got;
}

// Input that nobody reads is taken all the same, so that the host can go on sending it.
static void input_read(void) {
  if (input_left == 0) {
    read_exactly(input.from, &input_left, sizeof input_left);
    if (input_left == 0) {
      close_end(&input.from);
      close_end(&input.to);
    }
    return;
  }
  flow_read(&input, input_left);
  if (input.from < 0) machine_stop();  // the host is gone
  input_left -= (uint32_t)(input.end - input.start);
  if (input.to < 0) input.start = input.end;
}

_Noreturn static void execute(const struct request *request) {
  if (request->envp) environ = request->envp;
  if (chdir(request->cwd) != 0) {
    dprintf(2, "vm: cannot enter %s in the guest: %s\n", request->cwd, strerror(errno));
    _exit(125);
  }
  execvp(request->argv[0], request->argv);
  const int error = errno;
  dprintf(2, "vm: cannot run %s: %s\n", request->argv[0], strerror(error));
  _exit(error == ENOENT ? 127 : 126);
}

// Returns 0 in the process of the command, which leads a session of its own.
static pid_t fork_command(void) {
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child > 0) return child;
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setsid();
  return 0;
}

static pid_t start_on_pipes(const struct request *request) {
  int in[2], out[2], err[2];
  if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC)) fail("make pipes");
  const pid_t child = fork_command();
  if (child == 0) {
    dup2(in[0], 0);
    dup2(out[1], 1);
    dup2(err[1], 2);
    execute(request);
  }
  close(in[0]);
  close(out[1]);
  close(err[1]);
  input.to = in[1];
  output.from = out[0];
  errors.from = err[0];
  return child;
}

static pid_t start_on_terminal(const struct request *request) {
  terminal = terminal_open(request->terminal);
  const pid_t child = fork_command();
  if (child == 0) {
    terminal_take(&terminal);
    execute(request);
  }
  input.to = terminal.keyboard;
  output.from = terminal.screen;
  errors.from = -1;
  return child;
}

static pid_t start(const struct request *request) {
  const pid_t child = request->terminal ? start_on_terminal(request) : start_on_pipes(request);
  fcntl(input.to, F_SETFL, O_NONBLOCK);
  fcntl(output.from, F_SETFL, O_NONBLOCK);
  fcntl(errors.from, F_SETFL, O_NONBLOCK);
  return child;
}

// What the host says while the command runs: "size ROWS COLUMNS", a line each time.
static void control_read(int control) {
  static char line[64];
  static size_t length;
  char byte;
  read_exactly(control, &byte, 1);  // the host is gone: this stops the machine
  if (byte != '\n') {
    if (length < sizeof line - 1) line[length++] = byte;
    return;
  }
  line[length] = '\0';
  length = 0;
  if (strncmp(line, "size ", 5) == 0) terminal_resize(&terminal, line + 5);
}

// As process 1 this one inherits every orphan; only the command's own end matters.
static bool reap(pid_t child, int *how) {
  bool ended = false;
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    if (pid != child) continue;
    ended = true;
    *how = status;
  }
  return ended;
}

// More than the kernel keeps of a terminal's output, not all of which it counts.
#define TERMINAL_OUTPUT 131072

// What the command left in a pipe when it ended, and no more: processes it left behind may hold the pipe
// open, and write without end.
static void drain(struct flow *flow) {
  fcntl(flow->to, F_SETFL, 0);
  int left = 0;
  if (flow->from >= 0 && flow->from == terminal.screen)
    left = TERMINAL_OUTPUT;
  else if (flow->from >= 0 && ioctl(flow->from, FIONREAD, &left) != 0)
    fail("ask what is in a pipe");
  for (;;) {
    while (!flow_is_empty(flow)) flow_write(flow);
    if (left == 0) return;
    flow_read(flow, (size_t)left);
    if (flow_is_empty(flow)) return;
    left -= (int)(flow->end - flow->start);
  }
}

struct outcome command_run(const struct request *request, const struct ports *ports) {
  sigset_t child_ended;
  sigemptyset(&child_ended);
  sigaddset(&child_ended, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child_ended, NULL);
  const int signals = signalfd(-1, &child_ended, SFD_CLOEXEC);

  input.from = ports->input;
  output.to = ports->output;
  errors.to = ports->errors;
  fcntl(output.to, F_SETFL, O_NONBLOCK);
  fcntl(errors.to, F_SETFL, O_NONBLOCK);
  const pid_t child = start(request);
  signal(SIGPIPE, SIG_IGN);  // only now: the command would inherit it

  int how = 0;
  for (bool ended = false; !ended;) {
    // A flow waits to be read while it is empty, and to be written while it is not. A negative descriptor is
    // skipped.
    struct pollfd polled[] = {
        {signals, POLLIN, 0},
        {ports->control, POLLIN, 0},
        {flow_is_empty(&input) ? input.from : -1, POLLIN, 0},
        {flow_is_empty(&input) ? -1 : input.to, POLLOUT, 0},
        {flow_is_empty(&output) ? output.from : -1, POLLIN, 0},
        {flow_is_empty(&output) ? -1 : output.to, POLLOUT, 0},
        {flow_is_empty(&errors) ? errors.from : -1, POLLIN, 0},
        {flow_is_empty(&errors) ? -1 : errors.to, POLLOUT, 0},
    };
    if (poll(polled, sizeof polled / sizeof *polled, -1) < 0 && errno != EINTR) fail("poll");
    if (polled[1].revents) control_read(ports->control);
    if (polled[2].revents) input_read();
    if (polled[3].revents) flow_write(&input);
    if (polled[4].revents) flow_read(&output, sizeof output.bytes);
    if (polled[5].revents) flow_write(&output);
    if (polled[6].revents) flow_read(&errors, sizeof errors.bytes);
    if (polled[7].revents) flow_write(&errors);
    if (polled[0].revents) {
      struct signalfd_siginfo info;
      if (read(signals, &info, sizeof info) < 0) fail("read a signal");
      ended = reap(child, &how);
    }
  }
  drain(&output);
  drain(&errors);
  return (struct outcome){how, output.total, errors.total};
}
