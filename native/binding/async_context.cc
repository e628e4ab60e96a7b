#include "binding/async_context.h"

#include <napi.h>

#include <utility>
#include <vector>

#include "binding/entry.h"
#include "binding/runtime.h"

namespace alsa_utimer::binding {
namespace {

// AsyncLocalStorage.snapshot() of node:async_hooks.
Napi::Value take_snapshot(Napi::Env env) {
  const auto process = env.Global().Get("process").As<Napi::Object>();
  const auto get_module = process.Get("getBuiltinModule").As<Napi::Function>();
  const auto hooks =
      get_module.Call(process, {Napi::String::New(env, "node:async_hooks")}).As<Napi::Object>();
  const auto storage = hooks.Get("AsyncLocalStorage").As<Napi::Object>();
  return storage.Get("snapshot").As<Napi::Function>().Call(storage, {});
}

}  // namespace

AsyncContext::AsyncContext(napi_env env) {
  if (is_node(env)) {
    napi_value name = nullptr;
    check(env, napi_create_string_utf8(env, "alsa-utimer", NAPI_AUTO_LENGTH, &name));
    check(env, napi_async_init(env, nullptr, name, &context_));
  } else {
    check(env, napi_create_reference(env, take_snapshot(env), 1, &snapshot_));
  }
}

napi_status AsyncContext::call(napi_env env, napi_value callback,
                               std::initializer_list<napi_value> arguments) const noexcept {
  napi_value receiver = nullptr;
  if (const napi_status status = napi_get_global(env, &receiver); status != napi_ok) {
    return status;
  }
  napi_value snapshot = nullptr;
  if (snapshot_ != nullptr && napi_get_reference_value(env, snapshot_, &snapshot) == napi_ok) {
    std::vector<napi_value> all{callback};
    all.insert(all.end(), arguments);
    return napi_call_function(env, receiver, snapshot, all.size(), all.data(), nullptr);
  }
  return napi_make_callback(env, context_, receiver, callback, arguments.size(), arguments.begin(), nullptr);
}

void AsyncContext::destroy(napi_env env) noexcept {
  if (napi_async_context context = std::exchange(context_, nullptr); context != nullptr) {
    napi_async_destroy(env, context);
  }
  if (napi_ref snapshot = std::exchange(snapshot_, nullptr); snapshot != nullptr) {
    napi_delete_reference(env, snapshot);
  }
}

}  // namespace alsa_utimer::binding
