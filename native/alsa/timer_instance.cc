#include "alsa/timer_instance.h"

#include <fcntl.h>
#include <poll.h>
#include <sound/asound.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "abi/timer_abi.h"
#include "alsa/kernel_text.h"
#include "alsa/system_error.h"

namespace alsa_utimer {
namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

// read(2) of up to `count` records. Returns how many, or a negated errno.
template <typename Raw, typename Convert>
std::int64_t read_records(int fd, TimerRecord* records, std::size_t count, Convert&& convert) {
  // As the kernel writes them. One for all instances of a thread, which stays in its caches.
  thread_local std::array<std::byte, TimerInstance::kMaxRecords * sizeof(Raw)> raw;
  const ssize_t got = ::read(fd, raw.data(), std::min(count, TimerInstance::kMaxRecords) * sizeof(Raw));
  if (got < 0) {
    return errno == EAGAIN || errno == EINTR ? 0 : -errno;
  }
  const std::size_t taken = static_cast<std::size_t>(got) / sizeof(Raw);
  for (std::size_t i = 0; i < taken; ++i) {
    Raw record;
    std::memcpy(&record, raw.data() + i * sizeof record, sizeof record);
    records[i] = convert(record);
  }
  return static_cast<std::int64_t>(taken);
}

}  // namespace

TimerInstance::TimerInstance(std::string path, bool timestamped)
    : path_(std::move(path)), timestamped_(timestamped), fd_(UniqueFd::open(path_, O_RDONLY | O_NONBLOCK)) {
  if (timestamped_) {
    int on = 1;
    call(abi::kTimerIoctlTread64, &on, "ioctl SNDRV_TIMER_IOCTL_TREAD64");
  }
}

int TimerInstance::select(int slave_class, const TimerAddress& address) {
  snd_timer_select selected{};
  selected.id.dev_class = address.device_class;
  selected.id.dev_sclass = slave_class;
  selected.id.card = address.card;
  selected.id.device = static_cast<decltype(selected.id.device)>(address.device);
  selected.id.subdevice = static_cast<decltype(selected.id.subdevice)>(address.subdevice);
  call(SNDRV_TIMER_IOCTL_SELECT, &selected, "ioctl SNDRV_TIMER_IOCTL_SELECT");
  // snd_timer_user_tselect() names the instance after the thread that selects, in the initial PID namespace.
  return static_cast<int>(::syscall(SYS_gettid));
}

void TimerInstance::set(const TimerInstanceParameters& parameters) {
  snd_timer_params wanted{};
  wanted.flags = parameters.flags;
  wanted.ticks = parameters.ticks;
  wanted.queue_size = parameters.queue_size;
  wanted.filter = parameters.filter;
  call(SNDRV_TIMER_IOCTL_PARAMS, &wanted, "ioctl SNDRV_TIMER_IOCTL_PARAMS");
  interval_ = std::max<std::uint32_t>(1, parameters.ticks);
}

TimerInstance TimerInstance::duplicate() const {
  if (closed()) {
    throw ClosedError();
  }
  return {path_, timestamped_, interval_, fd_.duplicate()};
}

void TimerInstance::start() { call(SNDRV_TIMER_IOCTL_START, nullptr, "ioctl SNDRV_TIMER_IOCTL_START"); }

void TimerInstance::stop() { call(SNDRV_TIMER_IOCTL_STOP, nullptr, "ioctl SNDRV_TIMER_IOCTL_STOP"); }

void TimerInstance::resume() {
  call(SNDRV_TIMER_IOCTL_CONTINUE, nullptr, "ioctl SNDRV_TIMER_IOCTL_CONTINUE");
}

void TimerInstance::pause() { call(SNDRV_TIMER_IOCTL_PAUSE, nullptr, "ioctl SNDRV_TIMER_IOCTL_PAUSE"); }

TimerInstanceInfo TimerInstance::info() const {
  snd_timer_info info{};
  call(SNDRV_TIMER_IOCTL_INFO, &info, "ioctl SNDRV_TIMER_IOCTL_INFO");
  return {info.flags, info.card, kernel_text(info.id), kernel_text(info.name), info.resolution};
}

TimerInstanceStatus TimerInstance::status() const {
  snd_timer_status status{};
  call(SNDRV_TIMER_IOCTL_STATUS, &status, "ioctl SNDRV_TIMER_IOCTL_STATUS");
  return {std::int64_t{status.tstamp.tv_sec} * kNanosecondsPerSecond + status.tstamp.tv_nsec,
          status.resolution, status.lost, status.overrun, status.queue};
}

int TimerInstance::probe() const {
  if (closed()) {
    throw ClosedError();
  }
  snd_timer_info info{};
  if (::ioctl(fd_.get(), SNDRV_TIMER_IOCTL_INFO, &info) < 0) {
    return errno;
  }
  // snd_timer_user_disconnect() leaves the timer in its place, and read(2) without waiting does not tell.
  pollfd polled{.fd = fd_.get(), .events = 0, .revents = 0};
  int ready = -1;
  do {
    ready = ::poll(&polled, 1, 0);
  } while (ready < 0 && errno == EINTR);
  return ready > 0 && (polled.revents & POLLERR) != 0 ? ENODEV : 0;
}

std::int64_t TimerInstance::read(TimerRecord* records, std::size_t count) {
  if (closed()) {
    throw ClosedError();
  }
  if (count == 0) {
    return 0;
  }
  if (timestamped_) {
    return read_records<abi::TimerTread64>(fd_.get(), records, count, [](const abi::TimerTread64& record) {
      return TimerRecord{record.seconds * kNanosecondsPerSecond + record.nanoseconds,
                         static_cast<std::uint32_t>(record.event), record.value};
    });
  }
  // Two zeros are how a plain record says EARLY: a tick has at least one tick.
  return read_records<abi::TimerRead>(fd_.get(), records, count, [](const abi::TimerRead& record) {
    const int event =
        record.ticks == 0 && record.resolution == 0 ? SNDRV_TIMER_EVENT_EARLY : SNDRV_TIMER_EVENT_TICK;
    return TimerRecord{record.resolution, static_cast<std::uint32_t>(event), record.ticks};
  });
}

void TimerInstance::call(unsigned long request, void* argument, const char* name) const {
  if (closed()) {
    throw ClosedError();
  }
  if (::ioctl(fd_.get(), request, argument) < 0) {
    throw SystemError(errno, name, path_);
  }
}

}  // namespace alsa_utimer
