// A file descriptor with one owner: closed when the owner goes.
#pragma once

#include <string>
#include <type_traits>
#include <utility>

namespace alsa_utimer {

class UniqueFd {
 public:
  UniqueFd() noexcept = default;
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~UniqueFd() { reset(); }

  // open(2) with O_CLOEXEC; throws SystemError.
  static UniqueFd open(const std::string& path, int flags);

  // fcntl(2) F_DUPFD_CLOEXEC; throws SystemError.
  [[nodiscard]] UniqueFd duplicate() const;

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool valid() const noexcept { return fd_ >= 0; }
  void reset() noexcept;

 private:
  int fd_ = -1;
};

static_assert(!std::is_copy_constructible_v<UniqueFd> && !std::is_copy_assignable_v<UniqueFd>);

}  // namespace alsa_utimer
