// The machine: modules, mounts, the loopback interface, the ports to the host.
//
// The host's root file system arrives read-only over 9p and lies under an overlay in memory, so every program
// and file of the host is there at its own path, and what the guest writes is gone with it. A guest with
// another processor gets another root file system, and of the host's own files some folders in the same way.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define NINEP "trans=virtio,version=9p2000.L,msize=524288,"

static void mount_or_fail(const char *source, const char *target, const char *type, unsigned long flags,
                          const char *options) {
  if (mount(source, target, type, flags, options) != 0) fail("mount %s on %s", type ? type : source, target);
}

static void make_folder(const char *path) {
  if (mkdir(path, 0755) != 0 && errno != EEXIST) fail("make folder %s", path);
}

static void make_folders(const char *path) {
  char part[4096];
  for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
    make_folder(part);
  }
  make_folder(path);
}

// A line in the kernel log at its most urgent level, so that it reaches the console whatever the log level
// is.
void machine_log(const char *text) {
  const int log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
  if (log < 0) return;
  // One write is one record; dprintf would seek first, which this device refuses.
  char line[600];
  const int length = snprintf(line, sizeof line, "<0>guest: %s\n", text);
  if (write(log, line, (size_t)length) < 0) errno = 0;
  close(log);
}

// Starts the processors that the kernel was told to leave alone while it boots (maxcpus=1).
void machine_start_processors(void) {
  glob_t found;
  if (glob("/sys/devices/system/cpu/cpu[0-9]*/online", 0, NULL, &found) != 0) return;
  for (size_t i = 0; i < found.gl_pathc; i++) {
    const int online = open(found.gl_pathv[i], O_WRONLY | O_CLOEXEC);
    if (online < 0 || write(online, "1", 1) != 1) fail("write 1 to %s", found.gl_pathv[i]);
    close(online);
  }
  globfree(&found);
}

// Has the kernel stamp what it receives for as long as it runs. It patches its code when the first socket
// asks for that, and when the last such socket is closed. QEMU's parallel emulation now and then runs the
// half-patched code on another processor: "Oops: int3" in netif_rx_internal().
void machine_keep_timestamps(void) {
  const int one = 1;
  const int kept = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (kept >= 0 && setsockopt(kept, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one) != 0)
    fail("have packets stamped");
}

// What the kernel says of programs that crash is information to it, which only costs time while it boots.
void machine_show_kernel_log(void) {
  const int set_console_level = 8;
  if (klogctl(set_console_level, NULL, 7) != 0) fail("set the log level of the console");
}

void machine_stop(void) {
  reboot(RB_AUTOBOOT);  // QEMU is told to end instead of rebooting
  for (;;) pause();
}

static void load_module(const char *path, const char *parameters) {
  const int compressed = 4;  // MODULE_INIT_COMPRESSED_FILE
  const char *ending = strrchr(path, '.');
  const int flags = ending && strcmp(ending, ".ko") != 0 ? compressed : 0;
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0 || (syscall(SYS_finit_module, file, parameters, flags) != 0 && errno != EEXIST))
    fail("load module %s", path);
  close(file);
}

void machine_load_modules(void) {
  mount_or_fail("proc", "/proc", "proc", 0, NULL);
  mount_or_fail("dev", "/dev", "devtmpfs", 0, NULL);
  // Modules are numbered in the order they need.
  struct dirent **names;
  const int count = scandir("/modules", &names, NULL, alphasort);
  for (int i = 0; i < count; i++) {
    if (names[i]->d_name[0] == '.') continue;
    char path[300];
    snprintf(path, sizeof path, "/modules/%s", names[i]->d_name);
    load_module(path, "");
  }
}

// Ports are named after their virtio device, whose number depends on the kernel, and their own number.
static int open_port(int number) {
  char pattern[32];
  snprintf(pattern, sizeof pattern, "/dev/vport*p%d", number);
  // They appear some time after the driver has started.
  for (int waited = 0; waited < 10000; waited++) {
    glob_t found;
    const int port = glob(pattern, 0, NULL, &found) == 0 ? open(found.gl_pathv[0], O_RDWR | O_CLOEXEC) : -1;
    globfree(&found);
    if (port >= 0) return port;
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  }
  fail("open %s", pattern);
}

struct ports machine_open_ports(void) {
  const struct ports ports = {open_port(1), open_port(2), open_port(3), open_port(4)};
  fail_port = ports.control;
  return ports;
}

void machine_mount_root(void) {
  make_folder("/host");
  make_folder("/scratch");
  make_folder("/new");
  mount_or_fail("root", "/host", "9p", MS_RDONLY, NINEP "cache=loose");
  mount_or_fail("scratch", "/scratch", "tmpfs", 0, "size=75%,mode=755");
  make_folder("/scratch/upper");
  make_folder("/scratch/work");
  mount_or_fail("overlay", "/new", "overlay", 0,
                "lowerdir=/host,upperdir=/scratch/upper,workdir=/scratch/work");
  mount_or_fail("/dev", "/new/dev", NULL, MS_MOVE, NULL);
  mount_or_fail("/proc", "/new/proc", NULL, MS_MOVE, NULL);
  if (chdir("/new") != 0) fail("enter the new root");
  mount_or_fail(".", "/", NULL, MS_MOVE, NULL);
  if (chroot(".") != 0 || chdir("/") != 0) fail("enter the new root");
}

static void bring_up_loopback(void) {
  const int socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ifreq interface = {.ifr_name = "lo"};
  interface.ifr_flags = IFF_UP | IFF_RUNNING;
  if (socket_fd < 0 || ioctl(socket_fd, SIOCSIFFLAGS, &interface) != 0)
    fail("bring up the loopback interface");
  close(socket_fd);
}

// Modules of this kernel live in the cache; the tools look for them under /lib/modules.
static void mount_modules(const char *modules) {
  if (!modules) return;
  struct utsname kernel;
  uname(&kernel);
  char from[4096], to[256];
  snprintf(from, sizeof from, "%s/lib/modules/%s", modules, kernel.release);
  snprintf(to, sizeof to, "/lib/modules/%s", kernel.release);
  make_folder("/lib/modules");
  make_folder(to);
  mount_or_fail(from, to, NULL, MS_BIND, NULL);
}

// Each under an overlay of its own. Options of mounts give some characters of paths a meaning, so none is in
// them.
static void mount_folders(char **folders) {
  if (!folders) return;
  make_folder("/run/host");
  mount_or_fail("host", "/run/host", "9p", MS_RDONLY, NINEP "cache=loose");
  make_folder("/run/folders");
  mount_or_fail("folders", "/run/folders", "tmpfs", 0, "size=50%,mode=755");
  for (int i = 0; folders[i]; i++) {
    char from[4096], place[64], parts[3][80], options[320];
    snprintf(from, sizeof from, "/run/host%s", folders[i]);
    snprintf(place, sizeof place, "/run/folders/%d", i);
    make_folder(place);
    const char *names[] = {"lower", "upper", "work"};
    for (int part = 0; part < 3; part++) {
      snprintf(parts[part], sizeof parts[part], "%s/%s", place, names[part]);
      make_folder(parts[part]);
    }
    mount_or_fail(from, parts[0], NULL, MS_BIND, NULL);
    snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s", parts[0], parts[1], parts[2]);
    make_folders(folders[i]);
    mount_or_fail("overlay", folders[i], "overlay", 0, options);
  }
}

void machine_load_more(const struct request *request) {
  struct utsname kernel;
  uname(&kernel);
  for (int i = 0; request->loads && request->loads[i]; i++) {
    char path[4096];
    const char *load = request->loads[i];
    const size_t length = strcspn(load, " ");
    snprintf(path, sizeof path, "/lib/modules/%s/%.*s", kernel.release, (int)length, load);
    load_module(path, load[length] ? load + length + 1 : "");
  }
}

void machine_mount_rest(const struct request *request) {
  mount_or_fail("sys", "/sys", "sysfs", 0, NULL);
  // Present only in kernels that can fail allocations on demand.
  mount("debug", "/sys/kernel/debug", "debugfs", 0, NULL);
  mount_or_fail("run", "/run", "tmpfs", 0, "mode=755");
  make_folder("/run/lock");
  make_folder("/dev/pts");
  make_folder("/dev/shm");
  mount_or_fail("pts", "/dev/pts", "devpts", 0, "mode=620,ptmxmode=666,gid=5");
  mount_or_fail("shm", "/dev/shm", "tmpfs", 0, "mode=1777");
  symlink("/proc/self/fd", "/dev/fd");
  symlink("/proc/self/fd/0", "/dev/stdin");
  symlink("/proc/self/fd/1", "/dev/stdout");
  symlink("/proc/self/fd/2", "/dev/stderr");
  mount_folders(request->folders);
  mount_modules(request->modules);
  for (int i = 0; request->shares && request->shares[i]; i++) {
    char tag[16];
    snprintf(tag, sizeof tag, "share%d", i);
    make_folders(request->shares[i]);
    // Written through at once: the host sees every byte when the command has ended.
    mount_or_fail(tag, request->shares[i], "9p", 0, NINEP "cache=mmap");
  }
  sethostname("guest", 5);
  bring_up_loopback();
  setrlimit(RLIMIT_NOFILE, &(struct rlimit){1024, 1048576});
  setrlimit(RLIMIT_CORE, &(struct rlimit){0, RLIM_INFINITY});
}
