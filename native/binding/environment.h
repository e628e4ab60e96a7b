// What an environment (the main thread, a worker) has one of, and what goes with it.
#pragma once

#include <node_api.h>

#include <memory>

namespace alsa_utimer::binding {

using EnvironmentData = std::unique_ptr<void, void (*)(void*)>;

// What the environment has by this key; made when it is first asked for. Throws Napi::Error.
void* environment_data(napi_env env, const void* key, EnvironmentData (*make)(napi_env));

// The T of an environment, which is made from it.
template <typename T>
T& of_environment(napi_env env) {
  static const char kKey{};
  return *static_cast<T*>(environment_data(env, &kKey, [](napi_env environment) {
    return EnvironmentData(new T(environment), [](void* data) { delete static_cast<T*>(data); });
  }));
}

}  // namespace alsa_utimer::binding
