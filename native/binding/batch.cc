#include "binding/batch.h"

#include "binding/callback.h"

namespace alsa_utimer::binding {

void Batch::call_javascript(napi_value callback, std::initializer_list<napi_value> arguments) noexcept {
  napi_value receiver = nullptr;
  if (napi_get_undefined(env_, &receiver) == napi_ok) {
    report_uncaught(
        env_, napi_call_function(env_, receiver, callback, arguments.size(), arguments.begin(), nullptr));
  }
}

}  // namespace alsa_utimer::binding
