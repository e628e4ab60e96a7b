// How a native object appears in JavaScript: as an object ("handle") of a class that only the addon makes
// objects of. Its methods are of the class, which V8 lets nobody call on anything else. The native object
// lives as long as its handle.
#pragma once

#include <napi.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "binding/entry.h"
#include "binding/environment.h"

namespace alsa_utimer::binding {

// The classes of an environment, which are defined when their first handle is made.
class HandleClasses {
 public:
  struct Class {
    napi_ref constructor = nullptr;  // goes with the environment
    std::shared_ptr<void> made;      // what the handle that is being made is to own
  };

  explicit HandleClasses(napi_env /*env*/) {}
  // By the address of its HandleClass.
  Class& operator[](const void* handle_class) { return classes_[handle_class]; }

 private:
  std::unordered_map<const void*, Class> classes_;
};

template <typename T>
class HandleClass {
 public:
  // `tag` tells its handles from every other object. A T that can be closed has the methods close() and
  // closed().
  HandleClass(const char* name, const napi_type_tag& tag, std::initializer_list<Entry> methods)
      : name_(name), tag_(tag), methods_(methods) {
    if constexpr (requires(T & object) {
                    object.close();
                    object.closed();
                  }) {
      methods_.push_back(method<close>("close"));
      methods_.push_back(method<closed>("closed"));
    }
  }

  // A method that is written as `napi_value method(T&, const Napi::CallbackInfo&)`.
  template <auto Body>
  [[nodiscard]] static constexpr Entry method(const char* name) {
    return {name, &call<Body>};
  }

  [[nodiscard]] Napi::Object make(napi_env env, std::shared_ptr<T> object) const {
    HandleClasses::Class& defined = of_environment<HandleClasses>(env)[this];
    if (defined.constructor == nullptr) {
      define(env, defined);
    }
    napi_value constructor = nullptr;
    napi_value handle = nullptr;
    check(env, napi_get_reference_value(env, defined.constructor, &constructor));
    defined.made = std::move(object);
    const napi_status status = napi_new_instance(env, constructor, 0, nullptr, &handle);
    defined.made.reset();
    check(env, status);
    check(env, napi_type_tag_object(env, handle, &tag_));
    return {env, handle};
  }

  // Gives a handle a function of its own, which is called more quickly than a method. `callback` finds the T
  // as its data pointer; the function keeps it alive.
  static void add_function(napi_env env, Napi::Object handle, const char* name, napi_callback callback,
                           const std::shared_ptr<T>& object) {
    napi_value function = nullptr;
    check(env, napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, object.get(), &function));
    auto owner = std::make_unique<std::shared_ptr<void>>(object);
    check(env, napi_add_finalizer(env, function, owner.get(), &disown, nullptr, nullptr));
    static_cast<void>(owner.release());
    handle.Set(name, function);
  }

  // The T of a handle; throws TypeError for anything else. `what` names what was expected.
  [[nodiscard]] std::shared_ptr<T> unwrap(const Napi::Value& value, const char* what) const {
    if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&tag_)) {
      throw Napi::TypeError::New(value.Env(), std::string("expected ") + what);
    }
    return std::static_pointer_cast<T>(owned_by(value.Env(), value));
  }

 private:
  template <auto Body>
  static napi_value call(napi_env env, napi_callback_info info) noexcept {
    return guarded(env, [&]() -> napi_value {
      const Napi::CallbackInfo arguments(env, info);
      return Body(*static_cast<T*>(owned_by(env, arguments.This()).get()), arguments);
    });
  }

  static napi_value close(T& object, const Napi::CallbackInfo&) {
    object.close();
    return nullptr;
  }

  static napi_value closed(T& object, const Napi::CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), object.closed());
  }

  static const std::shared_ptr<void>& owned_by(napi_env env, napi_value handle) {
    void* data = nullptr;
    check(env, napi_unwrap(env, handle, &data));
    return *static_cast<std::shared_ptr<void>*>(data);
  }

  static void disown(napi_env /*env*/, void* data, void* /*hint*/) {
    delete static_cast<std::shared_ptr<void>*>(data);
  }

  void define(napi_env env, HandleClasses::Class& defined) const {
    std::vector<napi_property_descriptor> properties;
    for (const Entry& each : methods_) {
      properties.push_back(
          {each.name, nullptr, each.callback, nullptr, nullptr, nullptr, napi_default_method, nullptr});
    }
    napi_value constructor = nullptr;
    check(env, napi_define_class(env, name_, NAPI_AUTO_LENGTH, &construct, &defined, properties.size(),
                                 properties.data(), &constructor));
    check(env, napi_create_reference(env, constructor, 1, &defined.constructor));
  }

  static napi_value construct(napi_env env, napi_callback_info info) noexcept {
    return guarded(env, [&]() -> napi_value {
      napi_value handle = nullptr;
      void* data = nullptr;
      check(env, napi_get_cb_info(env, info, nullptr, nullptr, &handle, &data));
      auto& made = static_cast<HandleClasses::Class*>(data)->made;
      if (made == nullptr) {
        throw Napi::TypeError::New(env, "only the addon makes handles");
      }
      auto owner = std::make_unique<std::shared_ptr<void>>(std::exchange(made, nullptr));
      check(env, napi_wrap(env, handle, owner.get(), &disown, nullptr, nullptr));
      static_cast<void>(owner.release());
      return handle;
    });
  }

  const char* name_;
  napi_type_tag tag_;
  std::vector<Entry> methods_;
};

}  // namespace alsa_utimer::binding
