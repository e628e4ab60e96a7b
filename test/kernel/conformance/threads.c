// Listeners and timers that several threads use at once, and those that are too many for a conversation.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "raw.h"

enum { EVENT_STOP = 3, TRIGGERS = 10000, MAX_INSTANCES = 1000 };

pthread_t begin_thread(void *(*body)(void *), void *argument) {
  pthread_t thread;
  need(pthread_create(&thread, NULL, body, argument) == 0, "create a thread");
  return thread;
}

void end_thread(pthread_t thread) { need(pthread_join(thread, NULL) == 0, "join a thread"); }

// A thread that waits in a system call for the listener.
struct waiter {
  int listener;
  bool polls;
  _Atomic pid_t thread;
  struct pollfd polled;
  long result;
  int error;
};

static void *wait_in_call(void *argument) {
  struct waiter *const self = argument;
  self->polled = (struct pollfd){self->listener, POLLIN, 0};
  struct timer_tread record;
  self->thread = (pid_t)syscall(SYS_gettid);
  self->result = self->polls ? poll(&self->polled, 1, 20000) : read(self->listener, &record, sizeof record);
  self->error = errno;
  return NULL;
}

// Returns once the thread sleeps.
static void await_sleep(const struct waiter *waiter) {
  while (waiter->thread == 0) sched_yield();
  char path[64], state = 0;
  sprintf(path, "/proc/self/task/%d/stat", waiter->thread);
  while (state != 'S') {
    FILE *const stat = fopen(path, "re");
    need(stat && fscanf(stat, "%*d (%*[^)]) %c", &state) == 1, "read the state of a thread");
    fclose(stat);
  }
}

static void put_death(int listener) {
  struct timer_info info;
  struct timer_status status;
  struct timer_params params = {.flags = PARAMS_AUTO, .ticks = 1};
  put_result("info", ioctl(listener, IOCTL_INFO, &info));
  put_result("params", ioctl(listener, IOCTL_PARAMS, &params));
  put_result("start", ioctl(listener, IOCTL_START));
  put_result("continue", ioctl(listener, IOCTL_CONTINUE));
  put_result("stop", ioctl(listener, IOCTL_STOP));
  put_result("pause", ioctl(listener, IOCTL_PAUSE));
  put_result("status", ioctl(listener, IOCTL_STATUS, &status));
  put_number("resolution", status.resolution);
}

// The owner closes the timer while somebody polls who asked for STOP.
static void die_told(char **arguments) {
  (void)arguments;
  const struct timer_uinfo timer = create_timer(open_control(O_RDONLY));
  const int listener = open_control(O_RDONLY | O_NONBLOCK);
  int on = 1;
  struct timer_select select = {.id = ginfo_of(timer.id).tid};
  struct timer_params params = {
      .flags = PARAMS_AUTO, .ticks = 1, .filter = 1 << EVENT_TICK | 1 << EVENT_STOP};
  need(ioctl(listener, IOCTL_TREAD64, &on) == 0 && ioctl(listener, IOCTL_SELECT, &select) == 0 &&
           ioctl(listener, IOCTL_PARAMS, &params) == 0 && ioctl(listener, IOCTL_START) == 0,
       "start a listener");
  struct waiter waiter = {.listener = listener, .polls = true};
  const pthread_t thread = begin_thread(wait_in_call, &waiter);
  await_sleep(&waiter);
  close(timer.fd);
  end_thread(thread);
  put_number("poll", waiter.result);
  put_number("readable", waiter.polled.revents == POLLIN);
  struct timer_tread record = {0};
  put_number("bytes", read(listener, &record, sizeof record));
  put_number("event", record.event);
  put_number("value", record.val);
  put_result("more", read(listener, &record, sizeof record));
  put_death(listener);
}

static void wake(int signal) { (void)signal; }

// The owner closes the timer while somebody reads plain records.
static void die_untold(char **arguments) {
  (void)arguments;
  const struct sigaction action = {.sa_handler = wake};
  need(sigaction(SIGUSR1, &action, NULL) == 0, "handle a signal");
  const struct timer_uinfo timer = create_timer(open_control(O_RDONLY));
  const int listener = open_listener(timer.id);
  start_listener(listener);
  need(fcntl(listener, F_SETFL, 0) == 0, "let reads wait");
  struct waiter waiter = {.listener = listener};
  const pthread_t thread = begin_thread(wait_in_call, &waiter);
  await_sleep(&waiter);
  close(timer.fd);
  const struct timespec second = {1, 0};
  nanosleep(&second, NULL);
  put_number("ended", pthread_tryjoin_np(thread, NULL) == 0);
  struct pollfd polled = {listener, POLLIN, 0};
  put_number("poll", poll(&polled, 1, 0));
  await_sleep(&waiter);
  need(pthread_kill(thread, SIGUSR1) == 0, "signal a thread");
  end_thread(thread);
  errno = waiter.error;
  put_result("read", waiter.result);
}

static _Atomic long signals;

static void count_signal(int signal) {
  (void)signal;
  signals += 1;
}

static void signalled(char **arguments) {
  (void)arguments;
  const struct timer_uinfo timer = create_timer(open_control(O_RDONLY));
  const int listener = open_listener(timer.id);
  const struct sigaction action = {.sa_handler = count_signal};
  sigset_t none, io;
  sigemptyset(&none);
  sigemptyset(&io);
  sigaddset(&io, SIGIO);
  need(sigprocmask(SIG_BLOCK, &io, NULL) == 0 && sigaction(SIGIO, &action, NULL) == 0 &&
           fcntl(listener, F_SETOWN, getpid()) == 0 && fcntl(listener, F_SETFL, O_NONBLOCK | O_ASYNC) == 0,
       "ask for signals");
  start_listener(listener);
  for (int i = 0; i < 1000; i += 1) {
    need(ioctl(timer.fd, IOCTL_TRIGGER) == 0, "trigger");
    if (i == 500) need(sigsuspend(&none) < 0, "wait for a signal");
  }
  put_number("ticks", read_ticks(listener));
  put_number("signals", signals);
}

static void crowd(char **arguments) {
  (void)arguments;
  const struct rlimit many = {MAX_DESCRIPTORS, MAX_DESCRIPTORS};
  need(setrlimit(RLIMIT_NOFILE, &many) == 0, "allow as many descriptors");
  const struct timer_uinfo timer = create_timer(open_control(O_RDONLY));
  for (int i = 0; i < MAX_INSTANCES; i += 1) open_listener(timer.id);
  struct timer_ginfo info = ginfo_of(timer.id);
  const int control = open_control(O_RDONLY);
  need(ginfo(control, &info) == 0, "look the timer up");
  put_number("clients", info.clients);
  struct timer_select select = {.id = info.tid};
  put_result("next", ioctl(control, IOCTL_SELECT, &select));
}

struct trigger_job {
  int timer;
  int count;
  pthread_mutex_t *mutex;    // NULL: at once with others
  _Atomic bool *over;        // NULL: `count` triggers
  pthread_barrier_t *begin;  // NULL: does not wait for others
};

static void *trigger_many(void *argument) {
  const struct trigger_job *const job = argument;
  if (job->begin) pthread_barrier_wait(job->begin);
  for (int i = 0; job->over ? !*job->over : i < job->count; i += 1) {
    if (job->mutex) pthread_mutex_lock(job->mutex);
    need(ioctl(job->timer, IOCTL_TRIGGER) == 0, "trigger");
    if (job->mutex) pthread_mutex_unlock(job->mutex);
  }
  return NULL;
}

void trigger_from_threads(int timer, int threads, int count, bool in_turn) {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_barrier_t together;
  need(pthread_barrier_init(&together, NULL, (unsigned)threads) == 0, "make a barrier");
  struct trigger_job job = {
      .timer = timer, .count = count, .mutex = in_turn ? &mutex : NULL, .begin = &together};
  pthread_t running[8];
  for (int i = 0; i < threads; i += 1) running[i] = begin_thread(trigger_many, &job);
  for (int i = 0; i < threads; i += 1) end_thread(running[i]);
  pthread_barrier_destroy(&together);
}

// A trigger that finds another one in a callback leaves its tick to the next trigger on some kernels.
static void trigger_at_once(char **arguments) {
  (void)arguments;
  put_number("processors", sysconf(_SC_NPROCESSORS_ONLN));
  const struct timer_uinfo timer = create_timer(open_control(O_RDONLY));
  const int listener = open_listener(timer.id);
  start_listener(listener);
  trigger_from_threads(timer.fd, 2, TRIGGERS, false);
  const long before = read_ticks(listener);
  put_number("before", before);
  need(ioctl(timer.fd, IOCTL_TRIGGER) == 0, "trigger");
  put_number("total", before + read_ticks(listener));
}

static void trigger_in_turn(char **arguments) {
  (void)arguments;
  const struct timer_uinfo timer = create_timer(open_control(O_RDONLY));
  const int listener = open_listener(timer.id);
  start_listener(listener);
  trigger_from_threads(timer.fd, 4, TRIGGERS / 2, true);
  put_number("total", read_ticks(listener));
}

// Triggers at once until one is seen that left its tick to the next: a listener gets both as one record then,
// as records of such a resolution are not merged. Where triggers enter the listener's callback together
// instead, that never happens.
static void defers(char **arguments) {
  (void)arguments;
  enum { ROUNDS = 300, QUEUE = 1024 };
  struct timer_uinfo timer = {.resolution = 1ull << 32};
  need(ioctl(open_control(O_RDONLY), IOCTL_CREATE, &timer) == 0, "create a timer");
  const int listener = open_listener(timer.id);
  struct timer_params params = {
      .flags = PARAMS_AUTO, .ticks = 1, .queue_size = QUEUE, .filter = 1 << EVENT_TICK};
  need(ioctl(listener, IOCTL_PARAMS, &params) == 0 && ioctl(listener, IOCTL_START) == 0, "listen");
  bool deferred = false;
  for (int i = 0; i < ROUNDS && !deferred; i += 1) {
    trigger_from_threads(timer.fd, 2, QUEUE / 2, false);
    struct timer_read record;
    while (read(listener, &record, sizeof record) == sizeof record) deferred |= record.ticks > 1;
  }
  put_number("deferred", deferred);
}

struct come_and_go_job {
  unsigned timer;
  int rounds;
  _Atomic bool *over;  // NULL: `rounds` rounds
};

static void *come_and_go(void *argument) {
  const struct come_and_go_job *const job = argument;
  for (int i = 0; job->over ? !*job->over : i < job->rounds; i += 1) {
    const int listener = open_listener(job->timer);
    start_listener(listener);
    if (i % 2 == 0) read_ticks(listener);
    close(listener);
  }
  return NULL;
}

// Listeners that come and go while threads trigger: one trigger at a time for so many rounds, or triggers at
// once for so many seconds.
static void come_and_go_during_triggers(int rounds, unsigned seconds) {
  const struct timer_uinfo timer = create_timer(open_control(O_RDONLY));
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  _Atomic bool over = false;
  struct trigger_job job = {.timer = timer.fd, .mutex = seconds ? NULL : &mutex, .over = &over};
  struct come_and_go_job listeners = {timer.id, rounds, seconds ? &over : NULL};
  const pthread_t running[] = {begin_thread(trigger_many, &job), begin_thread(trigger_many, &job),
                               begin_thread(come_and_go, &listeners), begin_thread(come_and_go, &listeners)};
  const struct timespec pause = {seconds, 0};
  if (seconds) nanosleep(&pause, NULL);
  if (seconds) over = true;
  end_thread(running[2]);
  end_thread(running[3]);
  over = true;
  end_thread(running[0]);
  end_thread(running[1]);
  struct timer_ginfo info = ginfo_of(timer.id);
  need(ginfo(open_control(O_RDONLY), &info) == 0, "look the timer up");
  put_number("clients", info.clients);
  const int listener = open_listener(timer.id);
  start_listener(listener);
  put_result("trigger", ioctl(timer.fd, IOCTL_TRIGGER));
  put_number("ticks", read_ticks(listener));
}

static void churn_in_turn(char **arguments) {
  need(arguments[0], "how many rounds");
  come_and_go_during_triggers(atoi(arguments[0]), 0);
}

static void churn_at_once(char **arguments) {
  need(arguments[0], "how many seconds");
  come_and_go_during_triggers(0, (unsigned)atoi(arguments[0]));
}

// Triggers a thousand times a second until it is killed; says the timer's id first.
static void own(char **arguments) {
  (void)arguments;
  const struct timer_uinfo timer = create_timer(open_control(O_RDONLY));
  printf("%u\n", timer.id);
  fflush(stdout);
  const struct timespec millisecond = {0, 1000000};
  for (;;) {
    need(ioctl(timer.fd, IOCTL_TRIGGER) == 0, "trigger");
    nanosleep(&millisecond, NULL);
  }
}

const struct raw_case thread_cases[] = {
    {"die-told", die_told},
    {"die-untold", die_untold},
    {"signalled", signalled},
    {"crowd", crowd},
    {"trigger-at-once", trigger_at_once},
    {"trigger-in-turn", trigger_in_turn},
    {"defers", defers},
    {"churn-in-turn", churn_in_turn},
    {"churn-at-once", churn_at_once},
    {"own", own},
    {NULL, NULL},
};
