// How a native object appears in JavaScript: as an object ("handle") of a class that only the addon makes
// objects of. Its methods are of the class, which V8 lets nobody call on anything else. The native object
// lives as long as its handle.
#pragma once

#include <napi.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "alsa/system_error.h"
#include "binding/entry.h"
#include "binding/environment.h"

namespace alsa_utimer::binding {

// The classes of an environment, which are defined when their first handle is made, and what handles of it
// own.
class HandleClasses {
 public:
  struct Class {
    HandleClasses* all = nullptr;
    napi_ref constructor = nullptr;  // goes with the environment
    std::shared_ptr<void> made;      // what the handle that is being made is to own
  };
  struct Owner {
    std::shared_ptr<void> object;
    HandleClasses* all;  // until the environment goes
  };

  explicit HandleClasses(napi_env /*env*/) {}
  HandleClasses(const HandleClasses&) = delete;
  HandleClasses& operator=(const HandleClasses&) = delete;
  // Nobody else lets go of them where a runtime drops the handles of a worker that was terminated, as Deno
  // does.
  ~HandleClasses() {
    for (Owner* const owner : owners_) {
      owner->all = nullptr;
      owner->object.reset();
    }
  }

  // By the address of its HandleClass.
  Class& operator[](const void* handle_class) {
    Class& found = classes_[handle_class];
    found.all = this;
    return found;
  }

  Owner* own(std::shared_ptr<void> object) {
    auto owner = std::make_unique<Owner>(Owner{std::move(object), this});
    owners_.insert(owner.get());
    return owner.release();
  }
  static void disown(Owner* owner) {
    const std::unique_ptr<Owner> gone(owner);
    if (gone->all != nullptr) {
      gone->all->owners_.erase(owner);
    }
  }

 private:
  std::unordered_map<const void*, Class> classes_;
  std::unordered_set<Owner*> owners_;
};

// Of what a handle has. Throws ClosedError.
template <typename T>
void check_open(T& object) {
  if (object.closed()) {
    throw ClosedError();
  }
}

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
    own(env, object, of_environment<HandleClasses>(env), [&](HandleClasses::Owner* owner) {
      return napi_add_finalizer(env, function, owner, &disown, nullptr, nullptr);
    });
    handle.Set(name, function);
  }

  [[nodiscard]] bool is_handle(const Napi::Value& value) const {
    return value.IsObject() && value.As<Napi::Object>().CheckTypeTag(&tag_);
  }

  // The T of a handle; throws TypeError for anything else. `what` names what was expected.
  [[nodiscard]] std::shared_ptr<T> unwrap(const Napi::Value& value, const char* what) const {
    if (!is_handle(value)) {
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
    return static_cast<HandleClasses::Owner*>(data)->object;
  }

  // `attach` has a value of JavaScript own it.
  template <typename Attach>
  static void own(napi_env env, std::shared_ptr<void> object, HandleClasses& all, Attach&& attach) {
    HandleClasses::Owner* const owner = all.own(std::move(object));
    if (attach(owner) != napi_ok) {
      HandleClasses::disown(owner);
      throw Napi::Error::New(env);
    }
  }

  static void disown(napi_env /*env*/, void* data, void* /*hint*/) {
    HandleClasses::disown(static_cast<HandleClasses::Owner*>(data));
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
      auto& defined = *static_cast<HandleClasses::Class*>(data);
      if (defined.made == nullptr) {
        throw Napi::TypeError::New(env, "only the addon makes handles");
      }
      own(env, std::exchange(defined.made, nullptr), *defined.all, [&](HandleClasses::Owner* owner) {
        return napi_wrap(env, handle, owner, &disown, nullptr, nullptr);
      });
      return handle;
    });
  }

  const char* name_;
  napi_type_tag tag_;
  std::vector<Entry> methods_;
};

}  // namespace alsa_utimer::binding
