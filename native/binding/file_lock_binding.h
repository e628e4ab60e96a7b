// The seam's lockFile(path).
#pragma once

#include <napi.h>

namespace alsa_utimer::binding {

void register_file_lock(Napi::Env env, Napi::Object exports);

}  // namespace alsa_utimer::binding
