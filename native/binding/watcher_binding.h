// Waiting for descriptors in the event loop of the environment.
#pragma once

#include <napi.h>

#include "alsa/unique_fd.h"

namespace alsa_utimer::binding {

// The seam's WatcherHandle for `fd`, which it owns.
Napi::Object make_watcher(Napi::Env env, UniqueFd fd);

}  // namespace alsa_utimer::binding
