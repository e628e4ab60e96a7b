# The one list of the addon's sources, relative to this folder: addon.gypi includes it, CMakeLists.txt reads it line by line.
# gyp takes a variable whose name ends in _files for paths, and keeps them right in whatever includes this.
{
  "variables": {
    "alsa_utimer_files": [
      "alsa/channel_buffers.cc",
      "alsa/control.cc",
      "alsa/file_lock.cc",
      "alsa/opens.cc",
      "alsa/pcm.cc",
      "alsa/period_pump.cc",
      "alsa/proc_file.cc",
      "alsa/substream.cc",
      "alsa/timer_device.cc",
      "alsa/timer_instance.cc",
      "alsa/unique_fd.cc",
      "alsa/utimer.cc",
      "binding/addon.cc",
      "binding/control_binding.cc",
      "binding/datagram_socket_binding.cc",
      "binding/file_lock_binding.cc",
      "binding/pcm_binding.cc",
      "binding/period_pump_binding.cc",
      "binding/poll.cc",
      "binding/readiness.cc",
      "binding/substream_binding.cc",
      "binding/timer_device_binding.cc",
      "binding/timer_instance_binding.cc",
      "binding/timer_records.cc",
      "binding/utimer_binding.cc",
      "net/datagram_socket.cc",
    ],
  },
}
