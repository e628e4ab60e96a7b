// Threads of the addon.
#pragma once

#include <functional>
#include <thread>

namespace alsa_utimer {

// Signals are blocked in it: they are for the threads of the process that know about them. Throws
// SystemError.
std::thread start_thread(std::function<void()> body);

}  // namespace alsa_utimer
