// What each file of bindings adds to the module: see lib/native/binding.ts.
#pragma once

#include "binding/entry.h"

namespace alsa_utimer::binding {

Entries arrivals_entries();
Entries capture_pump_entries();
Entries clock_entries();
Entries control_entries();
Entries datagram_socket_entries();
Entries file_lock_entries();
Entries paced_cable_entries();
Entries paced_capture_entries();
Entries pacer_entries();
Entries packet_stream_entries();
Entries pcm_entries();
Entries period_pump_entries();
Entries played_cable_entries();
Entries substream_entries();
Entries timer_device_entries();
Entries timer_instance_entries();
Entries timer_records_entries();
Entries utimer_entries();
Entries watcher_entries();

}  // namespace alsa_utimer::binding
