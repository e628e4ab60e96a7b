// Functions that JavaScript calls, and what they throw.
#pragma once

#include <napi.h>

#include <exception>
#include <span>

namespace alsa_utimer::binding {

// Throws what the exception says as a JavaScript error: {code, errno, syscall, path | parameter, ...}.
void throw_as_javascript(napi_env env, const std::exception& error);

inline void check(napi_env env, napi_status status) {
  if (status != napi_ok) {
    throw Napi::Error::New(env);
  }
}

// Runs `body` so that no C++ exception leaves an entry point: one that did would abort the process.
template <typename Body>
napi_value guarded(napi_env env, Body&& body) noexcept {
  try {
    try {
      return body();
    } catch (const Napi::Error& error) {
      error.ThrowAsJavaScriptException();
    } catch (const std::exception& error) {
      throw_as_javascript(env, error);
    }
  } catch (...) {
    // Not even the error could be made: the environment is going down, and there is nobody left to tell.
  }
  return nullptr;
}

// A function of the module, written as `napi_value function(const Napi::CallbackInfo&)`.
template <auto Function>
napi_value entry(napi_env env, napi_callback_info info) noexcept {
  return guarded(env, [&]() -> napi_value {
    const Napi::CallbackInfo arguments(env, info);
    return Function(arguments);
  });
}

struct Entry {
  const char* name;
  napi_callback callback;
};

// What a file of bindings adds to the module.
using Entries = std::span<const Entry>;

}  // namespace alsa_utimer::binding
