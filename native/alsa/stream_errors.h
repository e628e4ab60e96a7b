// What keeps a stream from moving without an error of the kernel.
#pragma once

#include <exception>

namespace alsa_utimer {

// START did not start the stream.
class NotStartedError : public std::exception {
 public:
  NotStartedError(int result, int state) : result_(result), state_(state) {}
  [[nodiscard]] const char* what() const noexcept override { return "not started"; }
  [[nodiscard]] int result() const noexcept { return result_; }
  [[nodiscard]] int state() const noexcept { return state_; }

 private:
  int result_;
  int state_;
};

// Triggers do not move the cable: a playback has no room for a period, a capture gets none.
class StalledError : public std::exception {
 public:
  [[nodiscard]] const char* what() const noexcept override { return "stalled"; }
};

}  // namespace alsa_utimer
