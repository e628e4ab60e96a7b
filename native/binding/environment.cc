#include "binding/environment.h"

#include <napi.h>

#include <unordered_map>
#include <utility>

namespace alsa_utimer::binding {
namespace {

using Everything = std::unordered_map<const void*, EnvironmentData>;

Everything& everything_of(napi_env env) {
  void* data = nullptr;
  if (napi_get_instance_data(env, &data) != napi_ok) {
    throw Napi::Error::New(env);
  }
  if (data != nullptr) {
    return *static_cast<Everything*>(data);
  }
  auto everything = std::make_unique<Everything>();
  if (napi_set_instance_data(
          env, everything.get(),
          [](napi_env, void* data_of_it, void*) { delete static_cast<Everything*>(data_of_it); },
          nullptr) != napi_ok) {
    throw Napi::Error::New(env);
  }
  return *everything.release();
}

}  // namespace

void* environment_data(napi_env env, const void* key, EnvironmentData (*make)(napi_env)) {
  Everything& everything = everything_of(env);
  if (const auto found = everything.find(key); found != everything.end()) {
    return found->second.get();
  }
  EnvironmentData made = make(env);
  return everything.emplace(key, std::move(made)).first->second.get();
}

}  // namespace alsa_utimer::binding
