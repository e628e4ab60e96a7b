// What AsyncLocalStorage gives, kept for callbacks.
#pragma once

#include <node_api.h>

#include <initializer_list>

namespace alsa_utimer::binding {

// Empty, or to be destroyed: not by its destructor, since that takes a runtime that still runs JavaScript.
class AsyncContext {
 public:
  AsyncContext() = default;
  // That of whoever calls. Throws Napi::Error.
  explicit AsyncContext(napi_env env);

  [[nodiscard]] bool empty() const noexcept { return context_ == nullptr && snapshot_ == nullptr; }
  // For a callback scope; null outside Node.js.
  [[nodiscard]] napi_async_context context() const noexcept { return context_; }

  // Calls `callback` in it, with a callback scope open. What is returned says whether an exception is
  // pending.
  napi_status call(napi_env env, napi_value callback,
                   std::initializer_list<napi_value> arguments) const noexcept;

  // Not within a call that is made in it. Needs a handle scope.
  void destroy(napi_env env) noexcept;

 private:
  napi_async_context context_ = nullptr;
  // Elsewhere the contexts of Node-API know nothing of AsyncLocalStorage: what AsyncLocalStorage.snapshot()
  // gave.
  napi_ref snapshot_ = nullptr;
};

}  // namespace alsa_utimer::binding
