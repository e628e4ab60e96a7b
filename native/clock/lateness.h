// How late periods were moved: a histogram in steps of an eighth of a power of two, which tells a percentile
// to 13 %.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace alsa_utimer {

class Lateness {
 public:
  static constexpr unsigned kParts = 8;  // of a power of two
  // 0..7 ns have one each; the last one begins at 2^40 ns, 18 minutes, and has no end.
  static constexpr std::size_t kBuckets = (40 - 2) * kParts + 1;

  void add(std::int64_t ns) noexcept {
    const auto late = static_cast<std::uint64_t>(ns < 0 ? 0 : ns);
    ++counts_[bucket_of(late)];
    ++count_;
    sum_ += late;
    min_ = std::min(min_, late);
    max_ = std::max(max_, late);
  }

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  // All three are 0 where nothing was added.
  [[nodiscard]] std::uint64_t min() const noexcept { return count_ == 0 ? 0 : min_; }
  [[nodiscard]] std::uint64_t mean() const noexcept { return count_ == 0 ? 0 : sum_ / count_; }
  [[nodiscard]] std::uint64_t max() const noexcept { return max_; }
  [[nodiscard]] const std::array<std::uint64_t, kBuckets>& counts() const noexcept { return counts_; }

  // The least ns that counts to a bucket.
  [[nodiscard]] static constexpr std::uint64_t least(std::size_t bucket) noexcept {
    if (bucket < kParts) {
      return bucket;
    }
    return (kParts + bucket % kParts) << (bucket / kParts - 1);
  }

 private:
  [[nodiscard]] static std::size_t bucket_of(std::uint64_t ns) noexcept {
    if (ns < kParts) {
      return ns;
    }
    const auto shift =
        static_cast<unsigned>(std::bit_width(ns)) - 4;  // leaves four bits, the first of them 1
    const std::size_t bucket = (shift + 1) * kParts + (ns >> shift) % kParts;
    return bucket < kBuckets ? bucket : kBuckets - 1;
  }

  std::array<std::uint64_t, kBuckets> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;  // 64 bits hold 584 years
  std::uint64_t min_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t max_ = 0;
};

static_assert(Lateness::least(Lateness::kParts) == 8 && Lateness::least(16) == 16);
static_assert(Lateness::least(Lateness::kBuckets - 1) == std::uint64_t{1} << 40);

}  // namespace alsa_utimer
