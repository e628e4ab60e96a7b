// The parts of the UAPI of PTP devices that this library uses. <linux/ptp_clock.h> has them, but names the
// clock of an extended sample only since Linux 6.12. Named apart from the kernel's own names.
#pragma once

#include <sys/ioctl.h>

#include <cstddef>
#include <cstdint>

namespace alsa_utimer::abi {

// struct ptp_clock_time
struct PtpClockTime {
  std::int64_t seconds;
  std::uint32_t nanoseconds;
  std::uint32_t reserved;
};

constexpr std::uint32_t kPtpMaxSamples = 25;

// struct ptp_sys_offset: CLOCK_REALTIME, the device, CLOCK_REALTIME ...
struct PtpSysOffset {
  std::uint32_t samples;
  std::uint32_t reserved[3];
  PtpClockTime times[2 * kPtpMaxSamples + 1];
};

// struct ptp_sys_offset_extended: before, the device, and after
struct PtpSysOffsetExtended {
  std::uint32_t samples;
  std::int32_t clock_id;  // of before and after; before Linux 6.12 it had to be 0, CLOCK_REALTIME
  std::uint32_t reserved[2];
  PtpClockTime times[kPtpMaxSamples][3];
};

// struct ptp_sys_offset_precise: at one instant, by the hardware
struct PtpSysOffsetPrecise {
  PtpClockTime device;
  PtpClockTime realtime;
  PtpClockTime monotonic_raw;
  std::uint32_t reserved[4];
};

static_assert(sizeof(PtpClockTime) == 16);
static_assert(sizeof(PtpSysOffset) == 832);
static_assert(sizeof(PtpSysOffsetExtended) == 1216);
static_assert(sizeof(PtpSysOffsetPrecise) == 64);

// PTP_SYS_OFFSET, PTP_SYS_OFFSET_PRECISE and PTP_SYS_OFFSET_EXTENDED
inline constexpr unsigned long kPtpSysOffset = _IOW('=', 5, PtpSysOffset);
inline constexpr unsigned long kPtpSysOffsetPrecise = _IOWR('=', 8, PtpSysOffsetPrecise);
inline constexpr unsigned long kPtpSysOffsetExtended = _IOWR('=', 9, PtpSysOffsetExtended);

// The clock of an open PTP device, for clock_gettime(2): FD_TO_CLOCKID of linux/posix-timers.h.
constexpr std::int32_t clock_of_descriptor(int fd) {
  return static_cast<std::int32_t>(~static_cast<unsigned>(fd) << 3 | 3);
}

}  // namespace alsa_utimer::abi
