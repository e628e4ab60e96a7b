// Tells a thread that waits with a descriptor, once, that something has come.
#pragma once

#include <sys/eventfd.h>

#include <cerrno>
#include <utility>

#include "alsa/system_error.h"
#include "alsa/unique_fd.h"

namespace alsa_utimer {

// await(), tell() and end() are called under one mutex, which guards what is awaited.
class AwaitedEvent {
 public:
  // Throws SystemError.
  AwaitedEvent() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!event_.valid()) {
      throw SystemError(errno, "eventfd");
    }
  }

  // Readable once tell() or end() was called since await(). A duplicate.
  [[nodiscard]] UniqueFd descriptor() const { return event_.duplicate(); }
  void await() noexcept {
    eventfd_t count = 0;
    ::eventfd_read(event_.get(), &count);
    awaited_ = true;
  }
  void tell() noexcept {
    if (std::exchange(awaited_, false)) {
      ::eventfd_write(event_.get(), 1);
    }
  }
  // Nothing comes any more, and descriptor() is not to be had.
  void end() noexcept {
    ::eventfd_write(event_.get(), 1);
    event_.reset();
  }

 private:
  UniqueFd event_;
  bool awaited_ = false;
};

}  // namespace alsa_utimer
