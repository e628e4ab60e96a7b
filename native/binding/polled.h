// A device with its place in the event loop, which it takes when it is first listened to.
#pragma once

#include <node_api.h>

#include <memory>
#include <utility>

#include "alsa/system_error.h"

namespace alsa_utimer::binding {

// `DevicePoll`, a Poll, is made of an environment and a Device, which it closes when it is released.
template <typename Device, typename DevicePoll>
class Polled {
 public:
  template <typename... Arguments>
  explicit Polled(napi_env env, Arguments&&... arguments)
      : env_(env), device_(std::forward<Arguments>(arguments)...) {}

  [[nodiscard]] Device& device() noexcept { return device_; }

  // Throws ClosedError.
  [[nodiscard]] DevicePoll& poll() {
    if (closed()) {
      throw ClosedError();
    }
    if (poll_ == nullptr) {
      poll_ = std::make_unique<DevicePoll>(env_, device_);
      poll_->set_ref(referenced_);
    }
    return *poll_;
  }

  void stop() noexcept {
    if (poll_ != nullptr) {
      poll_->stop();
    }
  }

  void set_ref(bool referenced) noexcept {
    referenced_ = referenced;
    if (poll_ != nullptr) {
      poll_->set_ref(referenced);
    }
  }

  void close() noexcept {
    // Closed, not destroyed: this may be called from what it delivers.
    if (poll_ != nullptr) {
      poll_->close();
    } else {
      device_.close();
    }
  }

  [[nodiscard]] bool closed() const noexcept { return device_.closed(); }

 private:
  napi_env env_;
  Device device_;
  std::unique_ptr<DevicePoll> poll_;  // goes first: it polls the device's descriptor
  bool referenced_ = true;
};

}  // namespace alsa_utimer::binding
