// What JavaScript is thrown for each exception of the addon.
#include <napi.h>

#include <cerrno>
#include <new>
#include <stdexcept>
#include <string>

#include "alsa/pcm.h"
#include "alsa/period_pump.h"
#include "alsa/stream_errors.h"
#include "alsa/system_error.h"
#include "binding/entry.h"
#include "binding/errno_name.h"

namespace alsa_utimer::binding {
namespace {

void set_failed_call(Napi::Object& object, int error, const char* syscall, const std::string& path) {
  object.Set("code", errno_name(error));
  object.Set("errno", error);
  object.Set("syscall", syscall);
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
    set_failed_call(object, ENOMEM, "malloc", {});
  } else if (const auto* system = dynamic_cast<const SystemError*>(&error)) {
    set_failed_call(object, system->error(), system->syscall(), system->path());
  } else if (dynamic_cast<const ClosedError*>(&error) != nullptr) {
    object.Set("code", "ERR_CLOSED");
  } else if (const auto* not_started = dynamic_cast<const NotStartedError*>(&error)) {
    object.Set("code", "ERR_NOT_STARTED");
    object.Set("result", not_started->result());
    object.Set("state", not_started->state());
  } else if (dynamic_cast<const StalledError*>(&error) != nullptr) {
    object.Set("code", "ERR_STALLED");
  } else if (dynamic_cast<const SilenceEndedError*>(&error) != nullptr) {
    object.Set("code", "SILENCE_ENDED");
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

}  // namespace alsa_utimer::binding
