# The build that is shipped. native/CMakeLists.txt builds the same list of sources for development.
{
  "includes": ["native/sources.gypi"],
  "targets": [
    {
      "target_name": "alsa_utimer",
      "sources": ["<@(alsa_utimer_sources)"],
      "include_dirs": ["native"],
      # What node-addon-api's target node_addon_api_except_all sets, with its headers as system headers, so that
      # warnings are errors in our own files only.
      "defines": ["NAPI_VERSION=9", "NODE_ADDON_API_CPP_EXCEPTIONS_ALL", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-fno-rtti", "-fno-exceptions"],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc": ["-isystem", "<!(node -p \"require('node:path').resolve(require('node-addon-api').include_dir)\")", "-std=c++20", "-O3", "-fvisibility=hidden", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror", "-fno-plt"],
      "ldflags": ["-Wl,-z,relro,-z,now", "-Wl,--as-needed"],
    }
  ],
}
