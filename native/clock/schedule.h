// The ends of periods on a clock, exact: end k is at origin + floor(k * frames * 10^9 / rate) ns, however
// large k is.
#pragma once

#include <cstdint>

namespace alsa_utimer {

// __extension__: ISO C++ has no such type.
__extension__ using uint128 = unsigned __int128;

class Schedule {
 public:
  // Periods of `frames` at `rate` Hz, both at least 1; the first one begins at `origin` ns, 0 or more.
  Schedule(std::uint32_t rate, std::uint32_t frames, std::int64_t origin) noexcept;

  // The end that comes next.
  [[nodiscard]] std::int64_t next() const noexcept { return behind(End{last_, fraction_}).at; }
  // Which one that is, counted from the origin.
  [[nodiscard]] std::uint64_t number() const noexcept { return passed_ + 1; }
  // How many ends there are from next() to `now`, inclusive.
  [[nodiscard]] std::uint64_t due(std::int64_t now) const noexcept;
  // Goes on behind so many ends.
  void pass(std::uint64_t ends) noexcept;
  // Goes to where the first end after `now` comes next, in the same phase; back as well, but not before the
  // origin.
  void seek(std::int64_t now) noexcept;

  // From the last end on, the rate is `ppb` higher than nominal, -500000000..500000000: no end jumps.
  void set_ppb(std::int32_t ppb) noexcept;
  [[nodiscard]] std::int32_t ppb() const noexcept { return ppb_; }
  // Of a period, rounded down.
  [[nodiscard]] std::int64_t period_ns() const noexcept { return period_; }

 private:
  // At at + fraction / divisor_ ns.
  struct End {
    std::int64_t at;
    std::uint64_t fraction;
  };

  void set_period() noexcept;
  // The end behind another one. Every tick asks for it, so it does not divide.
  [[nodiscard]] End behind(const End& end) const noexcept {
    const std::uint64_t fraction =
        end.fraction + remainder_;  // both less than divisor_, which is less than 2^63
    const bool whole = fraction >= divisor_;
    return {end.at + period_ + (whole ? 1 : 0), whole ? fraction - divisor_ : fraction};
  }

  std::uint32_t rate_;
  std::uint32_t frames_;
  std::int32_t ppb_ = 0;
  // A period takes period_ + remainder_ / divisor_ ns.
  std::int64_t period_ = 0;
  std::uint64_t remainder_ = 0;
  std::uint64_t divisor_ = 1;
  // The last end, last_ + fraction_ / divisor_ ns.
  std::int64_t last_;
  std::uint64_t fraction_ = 0;
  std::uint64_t passed_ = 0;  // ends since the origin
};

}  // namespace alsa_utimer
