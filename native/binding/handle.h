// How a native object appears in JavaScript: a plain object ("handle") with one function a method. The native
// object is shared by the handle and by each of its functions, so it lives as long as any of them can still
// be called.
#pragma once

#include <napi.h>

#include <exception>
#include <memory>

#include "alsa/pcm.h"
#include "alsa/system_error.h"

namespace alsa_utimer::binding {

// Each throws what the exception says as a JavaScript error: {code | errno, syscall, path | parameter, ...}.
void throw_as_javascript(napi_env env, const std::exception& error);

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

// A module-level function.
template <auto Function>
napi_value entry(napi_env env, napi_callback_info info) noexcept {
  return guarded(env, [&]() -> napi_value {
    const Napi::CallbackInfo arguments(env, info);
    return Function(arguments);
  });
}

template <auto Function>
Napi::Function make_function(Napi::Env env, const char* name) {
  napi_value function = nullptr;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, &entry<Function>, nullptr, &function) != napi_ok) {
    throw Napi::Error::New(env);
  }
  return {env, function};
}

template <typename T>
class Handle {
 public:
  // `tag` tells this kind of handle from every other object.
  static Napi::Object make(Napi::Env env, std::shared_ptr<T> object, const napi_type_tag& tag) {
    Napi::Object handle = Napi::Object::New(env);
    handle.TypeTag(&tag);
    check(env, napi_wrap(env, handle, object.get(), nullptr, nullptr, nullptr));
    hold(env, handle, std::move(object));
    return handle;
  }

  // Adds the method `name`; `callback` finds the T as its data pointer.
  static void add_raw(Napi::Env env, Napi::Object handle, const char* name, napi_callback callback,
                      const std::shared_ptr<T>& object) {
    napi_value function = nullptr;
    check(env, napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, object.get(), &function));
    hold(env, function, object);
    handle.Set(name, function);
  }

  // Adds a method that is written as `napi_value method(T&, const Napi::CallbackInfo&)`.
  template <auto Method>
  static void add(Napi::Env env, Napi::Object handle, const char* name, const std::shared_ptr<T>& object) {
    add_raw(env, handle, name, &invoke<Method>, object);
  }

  static T& unwrap(const Napi::Value& value, const napi_type_tag& tag, const char* what) {
    if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&tag)) {
      throw Napi::TypeError::New(value.Env(), std::string("expected ") + what);
    }
    void* data = nullptr;
    check(value.Env(), napi_unwrap(value.Env(), value, &data));
    return *static_cast<T*>(data);
  }

 private:
  template <auto Method>
  static napi_value invoke(napi_env env, napi_callback_info info) noexcept {
    return guarded(env, [&]() -> napi_value {
      const Napi::CallbackInfo arguments(env, info);
      return Method(*static_cast<T*>(arguments.Data()), arguments);
    });
  }

  static void hold(napi_env env, napi_value value, std::shared_ptr<T> object) {
    auto holder = std::make_unique<std::shared_ptr<T>>(std::move(object));
    check(env, napi_add_finalizer(
                   env, value, holder.get(),
                   [](napi_env, void* data, void*) { delete static_cast<std::shared_ptr<T>*>(data); },
                   nullptr, nullptr));
    static_cast<void>(holder.release());
  }

  static void check(napi_env env, napi_status status) {
    if (status != napi_ok) {
      throw Napi::Error::New(env);
    }
  }
};

}  // namespace alsa_utimer::binding
