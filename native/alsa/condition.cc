#include "alsa/condition.h"

#include <linux/futex.h>
#include <linux/time_types.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>

namespace alsa_utimer {
namespace {

// Where a long has 32 bits, the first of the two takes seconds of as many.
#ifdef SYS_futex_time64
constexpr long kFutex = SYS_futex_time64;
#else
constexpr long kFutex = SYS_futex;
#endif

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

}  // namespace

void Condition::notify_all() noexcept {
  changes_.fetch_add(1);
  ::syscall(kFutex, &changes_, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

void Condition::wait_until(std::unique_lock<std::mutex>& lock, Clock::time_point until) noexcept {
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(until.time_since_epoch());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  const __kernel_timespec time{.tv_sec = seconds.count(), .tv_nsec = (since - seconds).count()};
  sleep(lock, &time);
}

// A change between the look at the count and the system call makes the kernel return at once (EAGAIN).
// So does a time before 0 (EINVAL). FUTEX_WAIT_BITSET takes the time at which it ends, on CLOCK_MONOTONIC.
void Condition::sleep(std::unique_lock<std::mutex>& lock, const __kernel_timespec* until) noexcept {
  const std::uint32_t before = changes_.load();
  lock.unlock();
  ::syscall(kFutex, &changes_, FUTEX_WAIT_BITSET_PRIVATE, before, until, nullptr, FUTEX_BITSET_MATCH_ANY);
  lock.lock();
}

}  // namespace alsa_utimer
