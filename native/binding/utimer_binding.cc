#include "binding/utimer_binding.h"

#include <memory>

#include "binding/arguments.h"
#include "binding/handle.h"

namespace alsa_utimer::binding {
namespace {

using UtimerHandle = Handle<Utimer>;

constexpr napi_type_tag kTag{0x6ab1d6a5f0a24d6e, 0x9b64c0bb6a4f3a01};
constexpr const char* kTrigger = "ioctl SNDRV_TIMER_IOCTL_TRIGGER";

// The hot path: the data pointer is the timer, and nothing is created, converted or returned.
napi_value trigger(napi_env env, napi_callback_info info) noexcept {
  void* data = nullptr;
  if (napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data) != napi_ok) {
    return nullptr;
  }
  if (const int error = static_cast<Utimer*>(data)->trigger(); error != 0) [[unlikely]] {
    return guarded(env, [&]() -> napi_value {
      if (error == EBADF) {
        throw ClosedError();
      }
      throw SystemError(error, kTrigger);
    });
  }
  return nullptr;
}

napi_value close(Utimer& timer, const Napi::CallbackInfo&) {
  timer.close();
  return nullptr;
}

napi_value closed(Utimer& timer, const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), timer.closed());
}

napi_value create(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto timer =
      std::make_shared<Utimer>(read_string(info[0], "path"), read_uint64(info[1], "resolution"));
  Napi::Object handle = UtimerHandle::make(env, timer, kTag);
  handle.Set("id", timer->id());
  UtimerHandle::add_raw(env, handle, "trigger", trigger, timer);
  UtimerHandle::add<close>(env, handle, "close", timer);
  UtimerHandle::add<closed>(env, handle, "closed", timer);
  return handle;
}

napi_value supported(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), Utimer::supported(read_string(info[0], "path")));
}

}  // namespace

Utimer& unwrap_utimer(const Napi::Value& value) {
  return UtimerHandle::unwrap(value, kTag, "a handle of createUtimer");
}

void register_utimer(Napi::Env env, Napi::Object exports) {
  exports.Set("createUtimer", make_function<create>(env, "createUtimer"));
  exports.Set("utimerSupported", make_function<supported>(env, "utimerSupported"));
}

}  // namespace alsa_utimer::binding
