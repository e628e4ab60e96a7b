#include "clock/tick_source.h"

#include <fcntl.h>
#include <sound/asound.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "alsa/system_error.h"

namespace alsa_utimer {
namespace {

// Whether the kernel's name of the file says that reading gives a number of 8 bytes.
bool is_counter(int descriptor) {
  std::array<char, 64> name{};
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const auto length = ::readlink(link.c_str(), name.data(), name.size());
  const std::string_view target(name.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
  return target == "anon_inode:[eventfd]" || target == "anon_inode:[timerfd]";
}

}  // namespace

DescriptorSource::DescriptorSource(int descriptor)
    : fd_(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0)), flags_(::fcntl(fd_.get(), F_GETFL)) {
  if (!fd_.valid()) {
    throw SystemError(errno, "fcntl F_DUPFD_CLOEXEC");
  }
  if (flags_ < 0 || ::fcntl(fd_.get(), F_SETFL, flags_ | O_NONBLOCK) < 0) {
    throw SystemError(errno, "fcntl F_SETFL");
  }
  counts_ = is_counter(fd_.get());
}

void DescriptorSource::give_back() noexcept {
  if (const int flags = std::exchange(flags_, -1); flags >= 0) {
    ::fcntl(fd_.get(), F_SETFL, flags);
  }
}

TickSource::Ticks DescriptorSource::read() noexcept {
  std::array<char, 4096> bytes{};
  if (counts_) {
    std::uint64_t count = 0;
    const ssize_t length = ::read(fd_.get(), &count, sizeof(count));
    return {length == sizeof(count) ? count : 0, length < 0 && errno != EAGAIN && errno != EINTR};
  }
  const ssize_t length = ::read(fd_.get(), bytes.data(), bytes.size());
  if (length > 0) {
    return {static_cast<std::uint64_t>(length), false};
  }
  return {0, length == 0 || (errno != EAGAIN && errno != EINTR)};
}

TickSource::Ticks InstanceSource::read() noexcept {
  std::array<TimerRecord, 64> records;
  const std::int64_t length = instance_.read(records.data(), records.size());
  Ticks ticks;
  for (std::int64_t i = 0; i < length; ++i) {
    const TimerRecord& record = records[static_cast<std::size_t>(i)];
    if (record.event == SNDRV_TIMER_EVENT_TICK) {
      // The kernel adds up ticks of the timer, and counts no intervals; a tick may be a little late.
      ticks.count += std::max<std::uint32_t>(1, record.value / instance_.interval());
    }
  }
  if (length <= 0 && instance_.probe() != 0) {
    ticks.ended = true;
  }
  return ticks;
}

}  // namespace alsa_utimer
