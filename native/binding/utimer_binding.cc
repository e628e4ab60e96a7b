#include "binding/utimer_binding.h"

#include <array>
#include <memory>

#include "alsa/system_error.h"
#include "binding/arguments.h"
#include "binding/entries.h"
#include "binding/handle.h"

namespace alsa_utimer::binding {
namespace {

// The hot path: the data pointer is the timer, and nothing is created, converted or returned.
napi_value trigger(napi_env env, napi_callback_info info) noexcept {
  void* data = nullptr;
  if (napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data) != napi_ok) {
    return nullptr;
  }
  if (const int error = static_cast<Utimer*>(data)->trigger(); error != 0) [[unlikely]] {
    return guarded(env, [&]() -> napi_value { Utimer::throw_trigger(error); });
  }
  return nullptr;
}

const HandleClass<Utimer>& utimer_class() {
  static const HandleClass<Utimer> kClass("Utimer", {0x6ab1d6a5f0a24d6e, 0x9b64c0bb6a4f3a01}, {});
  return kClass;
}

napi_value create(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto timer =
      std::make_shared<Utimer>(read_string(info[0], "path"), read_uint64(info[1], "resolution"));
  Napi::Object handle = utimer_class().make(env, timer);
  handle.Set("id", timer->id());
  HandleClass<Utimer>::add_function(env, handle, "trigger", trigger, timer);
  return handle;
}

napi_value supported(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), Utimer::supported(read_string(info[0], "path")));
}

constexpr std::array kEntries{
    Entry{"createUtimer", entry<create>},
    Entry{"utimerSupported", entry<supported>},
};

}  // namespace

std::shared_ptr<Utimer> unwrap_utimer(const Napi::Value& value) {
  return utimer_class().unwrap(value, "a handle of createUtimer");
}

Entries utimer_entries() { return kEntries; }

}  // namespace alsa_utimer::binding
