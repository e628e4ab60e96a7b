// The part of the ALSA timer UAPI that <sound/asound.h> has only since Linux 6.12: userspace-driven timers.
// Named apart from the kernel's own names, so that it builds with old and new headers alike.
#pragma once

#include <sys/ioctl.h>

#include <cstddef>
#include <cstdint>

namespace alsa_utimer::abi {

// struct snd_timer_uinfo
struct TimerUinfo {
  std::uint64_t resolution;  // in: ns a tick stands for
  std::int32_t fd;           // out: the timer's descriptor
  std::uint32_t id;          // out: subdevice, 0..127
  std::uint8_t reserved[16];
};

static_assert(sizeof(TimerUinfo) == 32);
static_assert(offsetof(TimerUinfo, resolution) == 0);
static_assert(offsetof(TimerUinfo, fd) == 8);
static_assert(offsetof(TimerUinfo, id) == 12);

// SNDRV_TIMER_IOCTL_CREATE, on /dev/snd/timer
inline constexpr unsigned long kTimerIoctlCreate = _IOWR('T', 0xa5, TimerUinfo);
// SNDRV_TIMER_IOCTL_TRIGGER, on the descriptor that CREATE returned
inline constexpr unsigned long kTimerIoctlTrigger = _IO('T', 0xa6);

#if defined(__x86_64__) || defined(__i386__) || defined(__aarch64__) || defined(__arm__) || defined(__riscv)
static_assert(kTimerIoctlCreate == 0xc02054a5);
static_assert(kTimerIoctlTrigger == 0x54a6);
#endif

}  // namespace alsa_utimer::abi
