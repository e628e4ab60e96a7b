// The module: nothing but its functions. All state is in the handles they return, so each environment (the
// main thread, every worker) has its own, and nothing is left behind when one is terminated.
#include <napi.h>

#include <cerrno>
#include <new>
#include <stdexcept>
#include <string>

#include "alsa/period_pump.h"
#include "binding/control_binding.h"
#include "binding/datagram_socket_binding.h"
#include "binding/file_lock_binding.h"
#include "binding/handle.h"
#include "binding/pcm_binding.h"
#include "binding/period_pump_binding.h"
#include "binding/readiness.h"
#include "binding/substream_binding.h"
#include "binding/timer_device_binding.h"
#include "binding/timer_instance_binding.h"
#include "binding/timer_records.h"
#include "binding/utimer_binding.h"

namespace alsa_utimer::binding {
namespace {

void set_optional(Napi::Object& object, const std::string& path) {
  if (!path.empty()) {
    object.Set("path", path);
  }
}

}  // namespace

void throw_as_javascript(napi_env environment, const std::exception& error) {
  const Napi::Env env(environment);
  Napi::Error thrown = Napi::Error::New(env, error.what());
  Napi::Object object = thrown.Value();
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
      dynamic_cast<const std::length_error*>(&error) != nullptr) {
    object.Set("errno", ENOMEM);
    object.Set("syscall", "malloc");
  } else if (const auto* system = dynamic_cast<const SystemError*>(&error)) {
    object.Set("errno", system->error());
    object.Set("syscall", system->syscall());
    set_optional(object, system->path());
  } else if (dynamic_cast<const ClosedError*>(&error) != nullptr) {
    object.Set("code", "ERR_CLOSED");
  } else if (const auto* not_started = dynamic_cast<const NotStartedError*>(&error)) {
    object.Set("code", "ERR_NOT_STARTED");
    object.Set("result", not_started->result());
    object.Set("state", not_started->state());
  } else if (dynamic_cast<const StalledError*>(&error) != nullptr) {
    object.Set("code", "ERR_STALLED");
  } else if (const auto* parameter = dynamic_cast<const ParameterError*>(&error)) {
    const RefusedParameter& refused = parameter->refused();
    Napi::Array offered = Napi::Array::New(env, refused.offered.size());
    for (std::uint32_t i = 0; i < refused.offered.size(); ++i) {
      offered.Set(i, refused.offered[i]);
    }
    object.Set("code", "ERR_PCM_PARAMETER");
    object.Set("parameter", refused.name);
    object.Set("requested", refused.requested);
    object.Set("offered", offered);
    object.Set("min", refused.min);
    object.Set("max", refused.max);
  }
  thrown.ThrowAsJavaScriptException();
}

namespace {

// The numbers of the errnos that Node has no names for; they differ by architecture.
Napi::Object alsa_errnos(Napi::Env env) {
  Napi::Object errnos = Napi::Object::New(env);
  errnos.Set("EBADFD", EBADFD);
  errnos.Set("ESTRPIPE", ESTRPIPE);
  return errnos;
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  exports.Set("errnos", alsa_errnos(env));
  register_file_lock(env, exports);
  register_utimer(env, exports);
  register_pcm(env, exports);
  register_period_pump(env, exports);
  register_control(env, exports);
  register_readiness(env, exports);
  register_substream(env, exports);
  register_timer_device(env, exports);
  register_timer_records(env, exports);
  register_timer_instance(env, exports);
  register_datagram_socket(env, exports);
  return exports;
}

}  // namespace
}  // namespace alsa_utimer::binding

static Napi::Object init(Napi::Env env, Napi::Object exports) {
  return alsa_utimer::binding::initialise(env, exports);
}

NODE_API_MODULE(alsa_utimer, init)
