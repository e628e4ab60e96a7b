# How the addon is built, for every binding.gyp: the repository's own, and the one of this folder, which is packed.
{
  "includes": ["sources.gypi"],
  "target_defaults": {
    "sources": ["<@(alsa_utimer_files)"],
    "include_dirs": ["."],
    # What node-addon-api's target node_addon_api_except_all sets, with its headers as system headers, so that they bring
    # no warnings. Their path is relative to the folder that make runs in, since make takes no path with spaces.
    "defines": ["NAPI_VERSION=9", "NODE_ADDON_API_CPP_EXCEPTIONS_ALL", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
    "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-fno-rtti", "-fno-exceptions"],
    "cflags!": ["-fno-exceptions"],
    "cflags_cc": ["-isystem", "<!(node -p \"require('node:path').relative('build', require('node-addon-api').include_dir)\")", "-std=c++20", "-O3", "-fvisibility=hidden", "-fno-plt"],
    "ldflags": ["-Wl,-z,relro,-z,now", "-Wl,--as-needed"],
  },
}
