#include "binding/epoll_set.h"

#include <algorithm>
#include <cerrno>

#include "alsa/system_error.h"

namespace alsa_utimer::binding {

EpollSet::EpollSet() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_.valid()) {
    throw SystemError(errno, "epoll_create1");
  }
}

int EpollSet::add(int descriptor, std::uint32_t events, void* member) noexcept {
  try {
    events_.resize(std::max(events_.size(), members_ + 1));
  } catch (...) {
    return ENOMEM;
  }
  epoll_event event{};
  event.events = events;
  event.data.ptr = member;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0) {
    return errno;
  }
  ++members_;
  return 0;
}

void EpollSet::remove(int descriptor) noexcept {
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr) == 0) {
    --members_;
  }
}

std::span<const epoll_event> EpollSet::ready() noexcept {
  const int room = static_cast<int>(events_.size());
  const int count = room == 0 ? 0 : ::epoll_wait(epoll_.get(), events_.data(), room, 0);
  return {events_.data(), static_cast<std::size_t>(std::max(count, 0))};
}

}  // namespace alsa_utimer::binding
