#include "binding/runtime.h"

#include <napi.h>

#include "binding/environment.h"

namespace alsa_utimer::binding {
namespace {

// Asking for the loop would not tell. Bun gives something that is no loop, and ends the process when that is
// polled. In Deno libuv's callbacks have no handle scope, which V8 takes for fatal. Both name a version of
// libuv.
bool find_node(napi_env env) {
  const Napi::Object global = Napi::Env(env).Global();
  if (global.Has("Bun") || global.Has("Deno") || !global.Get("process").IsObject()) {
    return false;
  }
  const Napi::Value versions = global.Get("process").As<Napi::Object>().Get("versions");
  if (!versions.IsObject()) {
    return false;
  }
  const auto names = versions.As<Napi::Object>();
  return names.Has("uv") && !names.Has("bun") && !names.Has("deno");
}

struct Runtime {
  explicit Runtime(napi_env env) : node(find_node(env)) {}
  bool node;
};

}  // namespace

bool is_node(napi_env env) { return of_environment<Runtime>(env).node; }

}  // namespace alsa_utimer::binding
