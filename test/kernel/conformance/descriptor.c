// The timer's descriptor: what can be done with it, and who holds it.
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "raw.h"

static void operations(char **arguments) {
  (void)arguments;
  const int timer = create_timer(open_control(O_RDONLY)).fd;
  char bytes[8] = "";
  put_result("read", read(timer, bytes, sizeof bytes));
  put_result("write", write(timer, bytes, sizeof bytes));
  put_result("mmap", mmap(NULL, 4096, PROT_READ, MAP_SHARED, timer, 0) == MAP_FAILED ? -1 : 0);
  put_number("lseek", lseek(timer, 100, SEEK_SET));
}

static void ready(char **arguments) {
  (void)arguments;
  struct pollfd polled = {create_timer(open_control(O_RDONLY)).fd, POLLIN | POLLOUT, 0};
  put_number("poll", poll(&polled, 1, 0));
  put_number("readable", (polled.revents & POLLIN) != 0);
  put_number("writable", (polled.revents & POLLOUT) != 0);
  const int set = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN};
  put_result("epoll", epoll_ctl(set, EPOLL_CTL_ADD, polled.fd, &event));
}

static void wrong_descriptor(char **arguments) {
  (void)arguments;
  const int control = open_control(O_RDWR);
  int version;
  put_result("triggerOnControl", ioctl(control, IOCTL_TRIGGER));
  put_result("versionOnTimer", ioctl(create_timer(control).fd, IOCTL_PVERSION, &version));
}

static void duplicate(char **arguments) {
  (void)arguments;
  const int control = open_control(O_RDONLY);
  const struct timer_uinfo timer = create_timer(control);
  const int second = dup(timer.fd);
  close(timer.fd);
  put_result("trigger", ioctl(second, IOCTL_TRIGGER));
  put_result("oneClosed", lookup(control, timer.id));
  close(second);
  put_result("bothClosed", lookup(control, timer.id));
}

static void forked(char **arguments) {
  (void)arguments;
  const int control = open_control(O_RDONLY);
  const struct timer_uinfo timer = create_timer(control);
  const int listener = open_listener(timer.id);
  start_listener(listener);
  int told[2], go[2];
  need(pipe(told) == 0 && pipe(go) == 0, "make pipes");
  const pid_t child = fork_child();
  if (child == 0) {
    close(go[1]);
    need(ioctl(timer.fd, IOCTL_TRIGGER) == 0, "trigger in the child");
    put_byte(told[1]);
    await_end(go[0]);
    _exit(0);
  }
  get_byte(told[0]);
  put_number("ticks", read_ticks(listener));
  close(timer.fd);
  put_result("parentClosed", lookup(control, timer.id));
  close(go[1]);
  wait_for(child);
  put_result("childEnded", lookup(control, timer.id));
}

// What a program that was executed does: it is there, until its input ends.
static void present(char **arguments) {
  (void)arguments;
  put_byte(1);
  await_end(0);
  _exit(0);
}

// The only holder of a timer executes another program.
static void put_execution(const char *key, int control, bool keep) {
  int told[2], go[2], id[2];
  need(pipe(told) == 0 && pipe(go) == 0 && pipe(id) == 0, "make pipes");
  const pid_t child = fork_child();
  if (child == 0) {
    const struct timer_uinfo timer = create_timer(control);
    if (keep) need(fcntl(timer.fd, F_SETFD, 0) == 0, "let exec keep the timer");
    need(write(id[1], &timer.id, sizeof timer.id) == sizeof timer.id, "tell the id");
    dup2(go[0], 0);
    dup2(told[1], 1);
    close(go[1]);
    execl("/proc/self/exe", "raw", "present", (char *)NULL);
    need(false, "execute");
  }
  unsigned timer;
  need(read(id[0], &timer, sizeof timer) == sizeof timer, "hear the id");
  get_byte(told[0]);
  put_result(key, lookup(control, timer));
  close(go[1]);
  wait_for(child);
  for (int i = 0; i < 2; i += 1) close(told[i]), close(id[i]);
  close(go[0]);
}

static void executed(char **arguments) {
  (void)arguments;
  const int control = open_control(O_RDONLY);
  put_execution("closing", control, false);
  put_execution("keeping", control, true);
  put_number("descriptors", count_descriptors());
}

static void killed(char **arguments) {
  (void)arguments;
  const int control = open_control(O_RDONLY);
  int id[2];
  need(pipe(id) == 0, "make a pipe");
  const pid_t child = fork_child();
  if (child == 0) {
    const struct timer_uinfo timer = create_timer(control);
    need(write(id[1], &timer.id, sizeof timer.id) == sizeof timer.id, "tell the id");
    for (;;) pause();
  }
  unsigned timer;
  need(read(id[0], &timer, sizeof timer) == sizeof timer, "hear the id");
  put_result("alive", lookup(control, timer));
  kill(child, SIGKILL);
  wait_for(child);
  put_result("killed", lookup(control, timer));
  put_number("sameIdNext", create_timer(control).id == timer);
}

union control_message {
  char bytes[CMSG_SPACE(sizeof(int))];
  struct cmsghdr header;
};

static void send_descriptor(int socket, int fd) {
  union control_message control = {.bytes = ""};
  struct iovec one = {"", 1};
  struct msghdr message = {
      .msg_iov = &one, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  *header =
      (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
  memcpy(CMSG_DATA(header), &fd, sizeof fd);
  need(sendmsg(socket, &message, 0) == 1, "send the descriptor");
}

static int receive_descriptor(int socket) {
  union control_message control;
  char byte;
  struct iovec one = {&byte, 1};
  struct msghdr message = {
      .msg_iov = &one, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  need(recvmsg(socket, &message, 0) == 1 && CMSG_FIRSTHDR(&message), "receive the descriptor");
  int fd;
  memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
  return fd;
}

// To a process of another user, who cannot open /dev/snd/timer.
static void passed(char **arguments) {
  (void)arguments;
  enum { NOBODY = 65534 };
  int pair[2];
  need(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "make sockets");
  const pid_t child = fork_child();
  if (child == 0) {
    close(pair[0]);
    need(setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0, "become another user");
    int results[] = {open("/dev/snd/timer", O_RDONLY) < 0 ? errno : 0, 0};
    const int timer = receive_descriptor(pair[1]);
    results[1] = ioctl(timer, IOCTL_TRIGGER) < 0 ? errno : 0;
    need(write(pair[1], results, sizeof results) == sizeof results, "tell the results");
    await_end(pair[1]);
    _exit(0);
  }
  close(pair[1]);
  const int control = open_control(O_RDONLY);
  const struct timer_uinfo timer = create_timer(control);
  const int listener = open_listener(timer.id);
  start_listener(listener);
  send_descriptor(pair[0], timer.fd);
  int results[2];
  need(recv(pair[0], results, sizeof results, MSG_WAITALL) == sizeof results, "hear the results");
  errno = results[0];
  put_result("open", results[0] ? -1 : 0);
  errno = results[1];
  put_result("trigger", results[1] ? -1 : 0);
  put_number("ticks", read_ticks(listener));
  close(timer.fd);
  put_result("senderClosed", lookup(control, timer.id));
  close(pair[0]);
  wait_for(child);
  put_result("receiverEnded", lookup(control, timer.id));
}

// By `utimer create`: so many triggers of the descriptor that it names.
static void inherited(char **arguments) {
  const char *number = getenv("ALSA_UTIMER_FD");
  need(number != NULL, "know the descriptor");
  for (int left = atoi(arguments[0]); left > 0; left -= 1)
    need(ioctl(atoi(number), IOCTL_TRIGGER) == 0, "trigger the timer");
  put_number("timers", count_descriptors());
}

const struct raw_case descriptor_cases[] = {
    {"operations", operations}, {"ready", ready},   {"wrong-descriptor", wrong_descriptor},
    {"duplicate", duplicate},   {"forked", forked}, {"present", present},
    {"executed", executed},     {"killed", killed}, {"passed", passed},
    {"inherited", inherited},   {NULL, NULL},
};
