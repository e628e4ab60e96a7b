// What several polls bring to JavaScript together.
#pragma once

#include <node_api.h>

#include <initializer_list>

namespace alsa_utimer::binding {

class Batch {
 public:
  explicit Batch(napi_env env) noexcept : env_(env) {}
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  virtual ~Batch() = default;

  // In the event loop, with a handle scope and a callback scope open.
  virtual void deliver() noexcept = 0;

 protected:
  // From deliver(): calls into JavaScript, in nobody's asynchronous context. An exception there is an
  // uncaught one.
  void call_javascript(napi_value callback, std::initializer_list<napi_value> arguments) noexcept;
  [[nodiscard]] napi_env env() const noexcept { return env_; }

 private:
  napi_env env_;
};

}  // namespace alsa_utimer::binding
