#include "binding/wake.h"

#include <napi.h>

#include <cstdlib>
#include <string_view>

#include "binding/runtime.h"

namespace alsa_utimer::binding {

std::unique_ptr<Wake> make_wake(napi_env env, int set, Sleeper& sleeper) {
  const char* const chosen = std::getenv("ALSA_UTIMER_WAKE");
  const std::string_view name = chosen == nullptr ? "" : chosen;
  if (!name.empty() && name != "uv" && name != "thread") {
    throw Napi::Error::New(env, "ALSA_UTIMER_WAKE must be uv or thread");
  }
  const bool uv = is_node(env);
  if (name == "uv" && !uv) {
    throw Napi::Error::New(env, "ALSA_UTIMER_WAKE is uv, and the event loop of this runtime is not libuv's");
  }
  return uv && name != "thread" ? make_uv_wake(env, set, sleeper) : make_thread_wake(env, set, sleeper);
}

}  // namespace alsa_utimer::binding
