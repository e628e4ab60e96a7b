// The module: nothing but its functions. All state is in the handles they return, so each environment (the
// main thread, every worker) has its own, and nothing is left behind when one is terminated.
#include <napi.h>

#include <cerrno>

#include "binding/entries.h"

namespace alsa_utimer::binding {
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
  for (const Entries entries :
       {file_lock_entries(), utimer_entries(), pcm_entries(), substream_entries(), period_pump_entries(),
        capture_pump_entries(), control_entries(), watcher_entries(), timer_device_entries(),
        timer_records_entries(), timer_instance_entries(), datagram_socket_entries(), paced_cable_entries(),
        paced_capture_entries(), packet_stream_entries(), pacer_entries(), clock_entries(),
        arrivals_entries(), played_cable_entries()}) {
    for (const Entry& each : entries) {
      napi_value function = nullptr;
      check(env, napi_create_function(env, each.name, NAPI_AUTO_LENGTH, each.callback, nullptr, &function));
      exports.Set(each.name, function);
    }
  }
  return exports;
}

}  // namespace
}  // namespace alsa_utimer::binding

static Napi::Object init(Napi::Env env, Napi::Object exports) {
  return alsa_utimer::binding::initialise(env, exports);
}

NODE_API_MODULE(alsa_utimer, init)
