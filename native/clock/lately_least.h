// The least of the values that came in the last 10 to 20 s: what was long ago says nothing about now.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace alsa_utimer {

class LatelyLeast {
 public:
  // `now`: ns of CLOCK_MONOTONIC.
  void add(std::int64_t value, std::int64_t now) noexcept {
    if (!newer_ || now >= until_) {
      older_ = now < until_ + kSpanNs ? newer_ : std::nullopt;
      newer_.reset();
      until_ = now + kSpanNs;
    }
    newer_ = std::min(newer_.value_or(value), value);
  }

  // Nothing before the first value.
  [[nodiscard]] std::optional<std::int64_t> value() const noexcept {
    return older_ ? std::min(*older_, *newer_) : newer_;
  }

 private:
  static constexpr std::int64_t kSpanNs = 10'000'000'000;

  std::optional<std::int64_t> older_;
  std::optional<std::int64_t> newer_;
  std::int64_t until_ = 0;
};

}  // namespace alsa_utimer
