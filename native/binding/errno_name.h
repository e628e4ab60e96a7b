// What the C library calls an errno.
#pragma once

#include <string>

namespace alsa_utimer::binding {

// 'ENODEV', for instance. As Node.js names it: asking libuv would end a runtime that only pretends to have
// it.
std::string errno_name(int error);

}  // namespace alsa_utimer::binding
