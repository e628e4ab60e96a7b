// Functions of JavaScript that the event loop calls.
#pragma once

#include <napi.h>

#include <utility>

#include "binding/arguments.h"
#include "binding/entry.h"

namespace alsa_utimer::binding {

// What a callback has thrown is an uncaught exception. `status` is that of its call.
inline void report_uncaught(napi_env env, napi_status status) noexcept {
  napi_value error = nullptr;
  if (status == napi_pending_exception && napi_get_and_clear_last_exception(env, &error) == napi_ok) {
    napi_fatal_exception(env, error);
  }
}

// A callback that is kept until it is dropped. It goes with the environment at the latest.
class Callback {
 public:
  explicit Callback(napi_env env) noexcept : env_(env) {}
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  ~Callback() { drop(); }

  // Drops the one before.
  void keep(napi_value function) {
    drop();
    check(env_, napi_create_reference(env_, function, 1, &reference_));
  }

  void drop() noexcept {
    if (napi_ref reference = std::exchange(reference_, nullptr); reference != nullptr) {
      napi_delete_reference(env_, reference);
    }
  }

  // Null where there is none.
  [[nodiscard]] napi_value get() const noexcept {
    napi_value function = nullptr;
    const bool found =
        reference_ != nullptr && napi_get_reference_value(env_, reference_, &function) == napi_ok;
    return found ? function : nullptr;
  }

 private:
  napi_env env_;
  napi_ref reference_ = nullptr;
};

inline Napi::Value read_function(const Napi::Value& value, const char* name) {
  if (!value.IsFunction()) {
    throw expected(value.Env(), name, "a function");
  }
  return value;
}

}  // namespace alsa_utimer::binding
