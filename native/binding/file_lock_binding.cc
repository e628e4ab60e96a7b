#include "binding/file_lock_binding.h"

#include <memory>

#include "alsa/file_lock.h"
#include "binding/arguments.h"
#include "binding/handle.h"

namespace alsa_utimer::binding {
namespace {

using LockHandle = Handle<FileLock>;

constexpr napi_type_tag kTag{0x4be1f0937c5d4a26, 0x8c17d2a05f6e93b4};

napi_value close(FileLock& lock, const Napi::CallbackInfo&) {
  lock.close();
  return nullptr;
}

napi_value closed(FileLock& lock, const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), lock.closed());
}

napi_value lock_file(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto lock = std::make_shared<FileLock>(read_string(info[0], "path"));
  Napi::Object handle = LockHandle::make(env, lock, kTag);
  LockHandle::add<close>(env, handle, "close", lock);
  LockHandle::add<closed>(env, handle, "closed", lock);
  return handle;
}

}  // namespace

void register_file_lock(Napi::Env env, Napi::Object exports) {
  exports.Set("lockFile", make_function<lock_file>(env, "lockFile"));
}

}  // namespace alsa_utimer::binding
