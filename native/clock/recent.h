// The last values in the order of their size: a few wild ones do not move their median.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace alsa_utimer {

template <typename T, std::size_t kCapacity>
class Recent {
 public:
  void add(T value) noexcept {
    values_[next_] = value;
    next_ = (next_ + 1) % kCapacity;
    count_ = std::min(count_ + 1, kCapacity);
  }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  // What that share of them is below. Of none it is T().
  [[nodiscard]] T quantile(double share) const noexcept {
    auto sorted = values_;
    const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(count_);
    const auto wanted = sorted.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(count_));
    std::nth_element(sorted.begin(), wanted, end);
    return count_ == 0 ? T() : *wanted;
  }

 private:
  std::array<T, kCapacity> values_{};
  std::size_t next_ = 0;
  std::size_t count_ = 0;
};

}  // namespace alsa_utimer
