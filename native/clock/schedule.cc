#include "clock/schedule.h"

namespace alsa_utimer {
namespace {

constexpr std::uint64_t kBillion = 1'000'000'000;

}  // namespace

Schedule::Schedule(std::uint32_t rate, std::uint32_t frames, std::int64_t origin) noexcept
    : rate_(rate), frames_(frames), last_(origin) {
  set_period();
}

// frames * 10^9 / (rate * (1 + ppb / 10^9)) ns: the divisor has less than 2^63, and the dividend less than
// 2^92.
void Schedule::set_period() noexcept {
  const uint128 dividend = uint128{frames_} * kBillion * kBillion;
  divisor_ = rate_ * static_cast<std::uint64_t>(static_cast<std::int64_t>(kBillion) + ppb_);
  period_ = static_cast<std::int64_t>(dividend / divisor_);
  remainder_ = static_cast<std::uint64_t>(dividend % divisor_);
}

std::uint64_t Schedule::due(std::int64_t now) const noexcept {
  const End first = behind({last_, fraction_});
  if (now < first.at) {
    return 0;
  }
  if (now < behind(first).at) {
    return 1;
  }
  // The largest n with n * period <= now - last end, in units of 1 / divisor ns. A ns that has begun counts
  // whole, as an end is rounded down.
  const uint128 passed = (uint128{static_cast<std::uint64_t>(now - last_)} + 1) * divisor_ - fraction_ - 1;
  const uint128 period = uint128{static_cast<std::uint64_t>(period_)} * divisor_ + remainder_;
  return static_cast<std::uint64_t>(passed / period);
}

void Schedule::pass(std::uint64_t ends) noexcept {
  if (ends <= 1) {
    const End end = ends == 0 ? End{last_, fraction_} : behind({last_, fraction_});
    last_ = end.at;
    fraction_ = end.fraction;
    passed_ += ends;
    return;
  }
  const uint128 fraction = fraction_ + uint128{remainder_} * ends;
  last_ += period_ * static_cast<std::int64_t>(ends) + static_cast<std::int64_t>(fraction / divisor_);
  fraction_ = static_cast<std::uint64_t>(fraction % divisor_);
  passed_ += ends;
}

void Schedule::seek(std::int64_t now) noexcept {
  if (now >= last_) {
    pass(due(now));
    return;
  }
  // To the last end that is before the ns behind `now`, as an end is rounded down.
  const uint128 period = uint128{static_cast<std::uint64_t>(period_)} * divisor_ + remainder_;
  const uint128 ahead = uint128{static_cast<std::uint64_t>(last_ - now - 1)} * divisor_ + fraction_;
  const auto ends = static_cast<std::uint64_t>(ahead / period) + 1;
  const uint128 back = period * ends;  // no more than ahead + period
  const uint128 at = uint128{static_cast<std::uint64_t>(last_)} * divisor_ + fraction_;
  if (back > at) {
    return;
  }
  last_ = static_cast<std::int64_t>((at - back) / divisor_);
  fraction_ = static_cast<std::uint64_t>((at - back) % divisor_);
  passed_ -= ends;
}

void Schedule::set_ppb(std::int32_t ppb) noexcept {
  const std::uint64_t before = divisor_;
  ppb_ = ppb;
  set_period();
  fraction_ = static_cast<std::uint64_t>(uint128{fraction_} * divisor_ / before);
}

}  // namespace alsa_utimer
