// The descriptors that an environment waits for: an epoll instance. Whoever is told that it has something
// ready asks it for what.
#pragma once

#include <sys/epoll.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "alsa/unique_fd.h"

namespace alsa_utimer::binding {

class EpollSet {
 public:
  EpollSet();  // throws SystemError

  // Ready itself once anything in it is.
  [[nodiscard]] int descriptor() const noexcept { return epoll_.get(); }

  // `member` comes with its events. Returns 0 or an errno.
  int add(int descriptor, std::uint32_t events, void* member) noexcept;
  // Before the descriptor is closed: epoll goes on reporting one that was not removed, as long as anybody has
  // a duplicate of it.
  void remove(int descriptor) noexcept;

  // All that are ready now, each until it is no more. Valid until the next call.
  [[nodiscard]] std::span<const epoll_event> ready() noexcept;

  void close() noexcept { epoll_.reset(); }

 private:
  UniqueFd epoll_;
  std::size_t members_ = 0;
  std::vector<epoll_event> events_;
};

}  // namespace alsa_utimer::binding
