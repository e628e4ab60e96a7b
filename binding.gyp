# The build that is shipped. native/CMakeLists.txt builds the same list of sources for development.
{
  "includes": ["native/sources.gypi"],
  "targets": [
    {
      "target_name": "alsa_utimer",
      "sources": ["<@(alsa_utimer_sources)"],
      "include_dirs": ["native"],
      "dependencies": ["<!(node -p \"require('node-addon-api').targets\"):node_addon_api_except_all"],
      "defines": ["NAPI_VERSION=9", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-fno-rtti"],
      "cflags_cc": ["-std=c++20", "-O3", "-fvisibility=hidden", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror", "-fno-plt"],
      "ldflags": ["-Wl,-z,relro,-z,now", "-Wl,--as-needed"],
    }
  ],
}
