// What threads wait for under a std::mutex. The binaries of the package load into several C libraries, and
// name functions of these without a version: glibc takes pthread_cond_wait for that of its version 2.2.5,
// which has conditions of another form. So std::condition_variable is not used.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <mutex>

struct __kernel_timespec;

namespace alsa_utimer {

class Condition {
 public:
  // CLOCK_MONOTONIC, in glibc and musl alike.
  using Clock = std::chrono::steady_clock;

  Condition() = default;
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;

  // What is waited for was changed with the mutex locked.
  void notify_all() noexcept;

  // May return for no reason. `lock` is of the same mutex in all calls.
  void wait(std::unique_lock<std::mutex>& lock) noexcept { sleep(lock, nullptr); }
  template <typename Predicate>
  void wait(std::unique_lock<std::mutex>& lock, Predicate fulfilled) {
    while (!fulfilled()) {
      wait(lock);
    }
  }
  void wait_until(std::unique_lock<std::mutex>& lock, Clock::time_point until) noexcept;

 private:
  void sleep(std::unique_lock<std::mutex>& lock, const __kernel_timespec* until) noexcept;

  std::atomic<std::uint32_t> changes_ = 0;
};

}  // namespace alsa_utimer
