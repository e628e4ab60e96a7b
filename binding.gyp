# The addon of a checkout: that of native/binding.gyp, and warnings are errors. It is not packed: npm would run node-gyp
# wherever the package is installed from a lock file.
{
  "includes": ["native/addon.gypi"],
  "targets": [
    {
      "target_name": "alsa_utimer",
      "cflags_cc": ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"],
    }
  ],
}
