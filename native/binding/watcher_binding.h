// Waiting for descriptors in the event loop of the environment.
#pragma once

#include <napi.h>

#include "alsa/unique_fd.h"
#include "binding/poll.h"

namespace alsa_utimer::binding {

// The seam's WatcherHandle for `fd`, which it owns: ready once there is something to read, or room to write.
Napi::Object make_watcher(Napi::Env env, UniqueFd fd, Poll::Want want = Poll::Want::kData);

}  // namespace alsa_utimer::binding
