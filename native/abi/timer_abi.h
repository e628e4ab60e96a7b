// The parts of the ALSA timer UAPI that <sound/asound.h> has only since Linux 6.12 (userspace-driven timers),
// or in another layout for each C library (struct snd_timer_tread). Named apart from the kernel's own names,
// so that it builds with old and new headers alike.
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

// struct snd_timer_tread64: what read(2) gives after SNDRV_TIMER_IOCTL_TREAD64, on every architecture
struct TimerTread64 {
  std::int32_t event;  // SNDRV_TIMER_EVENT_*
  std::uint8_t pad1[4];
  std::int64_t seconds;
  std::int64_t nanoseconds;
  std::uint32_t value;  // ticks, or a resolution in ns cut to 32 bits
  std::uint8_t pad2[4];
};

static_assert(sizeof(TimerTread64) == 32);
static_assert(offsetof(TimerTread64, seconds) == 8);
static_assert(offsetof(TimerTread64, nanoseconds) == 16);
static_assert(offsetof(TimerTread64, value) == 24);

// struct snd_timer_read: what read(2) gives without it
struct TimerRead {
  std::uint32_t resolution;  // ns, cut to 32 bits
  std::uint32_t ticks;
};

static_assert(sizeof(TimerRead) == 8);

// SNDRV_TIMER_IOCTL_TREAD64, before SELECT
inline constexpr unsigned long kTimerIoctlTread64 = _IOW('T', 0xa4, std::int32_t);
// SNDRV_TIMER_IOCTL_CREATE, on /dev/snd/timer
inline constexpr unsigned long kTimerIoctlCreate = _IOWR('T', 0xa5, TimerUinfo);
// SNDRV_TIMER_IOCTL_TRIGGER, on the descriptor that CREATE returned
inline constexpr unsigned long kTimerIoctlTrigger = _IO('T', 0xa6);

#if defined(__x86_64__) || defined(__i386__) || defined(__aarch64__) || defined(__arm__) || defined(__riscv)
static_assert(kTimerIoctlCreate == 0xc02054a5);
static_assert(kTimerIoctlTrigger == 0x54a6);
static_assert(kTimerIoctlTread64 == 0x400454a4);
#endif

}  // namespace alsa_utimer::abi
