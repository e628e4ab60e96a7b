# The one list of the addon's sources; binding.gyp includes it and CMakeLists.txt reads it line by line.
{
  "variables": {
    "alsa_utimer_sources": [
      "native/alsa/control.cc",
      "native/alsa/file_lock.cc",
      "native/alsa/listener.cc",
      "native/alsa/pcm.cc",
      "native/alsa/period_pump.cc",
      "native/alsa/timer_device.cc",
      "native/alsa/timer_instance.cc",
      "native/alsa/unique_fd.cc",
      "native/alsa/utimer.cc",
      "native/binding/addon.cc",
      "native/binding/control_binding.cc",
      "native/binding/datagram_socket_binding.cc",
      "native/binding/file_lock_binding.cc",
      "native/binding/pcm_binding.cc",
      "native/binding/period_pump_binding.cc",
      "native/binding/poll.cc",
      "native/binding/readiness.cc",
      "native/binding/timer_device_binding.cc",
      "native/binding/timer_instance_binding.cc",
      "native/binding/timer_records.cc",
      "native/binding/utimer_binding.cc",
      "native/net/datagram_socket.cc",
    ],
  },
}
