#include <array>
#include <memory>

#include "alsa/file_lock.h"
#include "binding/arguments.h"
#include "binding/entries.h"
#include "binding/handle.h"

namespace alsa_utimer::binding {
namespace {

const HandleClass<FileLock>& lock_class() {
  static const HandleClass<FileLock> kClass("FileLock", {0x4be1f0937c5d4a26, 0x8c17d2a05f6e93b4}, {});
  return kClass;
}

napi_value lock_file(const Napi::CallbackInfo& info) {
  return lock_class().make(info.Env(), std::make_shared<FileLock>(read_string(info[0], "path")));
}

constexpr std::array kEntries{Entry{"lockFile", entry<lock_file>}};

}  // namespace

Entries file_lock_entries() { return kEntries; }

}  // namespace alsa_utimer::binding
