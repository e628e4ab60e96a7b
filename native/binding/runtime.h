// What runs the JavaScript.
#pragma once

#include <node_api.h>

namespace alsa_utimer::binding {

// Its event loop is libuv's, and its Node-API has all that Node.js gives: of Node.js and Electron. Throws
// Napi::Error.
bool is_node(napi_env env);

}  // namespace alsa_utimer::binding
