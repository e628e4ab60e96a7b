#include "alsa/timer_device.h"

#include <fcntl.h>
#include <sound/asound.h>
#include <sys/ioctl.h>

#include "alsa/kernel_text.h"
#include "alsa/system_error.h"
#include "alsa/unique_fd.h"

namespace alsa_utimer {
namespace {

snd_timer_id id_of(const TimerAddress& address) {
  snd_timer_id id{};
  id.dev_class = address.device_class;
  id.card = address.card;
  id.device = address.device;
  id.subdevice = address.subdevice;
  return id;
}

void call(const UniqueFd& control, unsigned long request, void* argument, const char* name,
          const std::string& path) {
  if (::ioctl(control.get(), request, argument) < 0) {
    throw SystemError(errno, name, path);
  }
}

TimerGinfo ginfo_on(const UniqueFd& control, const TimerAddress& address, const std::string& path) {
  snd_timer_ginfo info{};
  info.tid = id_of(address);
  call(control, SNDRV_TIMER_IOCTL_GINFO, &info, "ioctl SNDRV_TIMER_IOCTL_GINFO", path);
  return {info.flags,      info.card,           kernel_text(info.id), kernel_text(info.name),
          info.resolution, info.resolution_min, info.resolution_max,  info.clients};
}

}  // namespace

TimerGinfo ginfo(const std::string& path, const TimerAddress& address) {
  return ginfo_on(UniqueFd::open(path, O_RDONLY), address, path);
}

TimerGstatus gstatus(const std::string& path, const TimerAddress& address) {
  snd_timer_gstatus status{};
  status.tid = id_of(address);
  call(UniqueFd::open(path, O_RDONLY), SNDRV_TIMER_IOCTL_GSTATUS, &status, "ioctl SNDRV_TIMER_IOCTL_GSTATUS",
       path);
  return {status.resolution, status.resolution_num, status.resolution_den};
}

void set_gparams(const std::string& path, const TimerAddress& address, std::uint64_t numerator,
                 std::uint64_t denominator) {
  snd_timer_gparams parameters{};
  parameters.tid = id_of(address);
  parameters.period_num = static_cast<unsigned long>(numerator);
  parameters.period_den = static_cast<unsigned long>(denominator);
  call(UniqueFd::open(path, O_RDONLY), SNDRV_TIMER_IOCTL_GPARAMS, &parameters,
       "ioctl SNDRV_TIMER_IOCTL_GPARAMS", path);
}

std::vector<std::optional<TimerGinfo>> ginfo_of_each(const std::string& path,
                                                     const std::vector<TimerAddress>& addresses) {
  const UniqueFd control = UniqueFd::open(path, O_RDONLY);
  std::vector<std::optional<TimerGinfo>> result;
  result.reserve(addresses.size());
  for (const TimerAddress& address : addresses) {
    try {
      result.emplace_back(ginfo_on(control, address, path));
    } catch (const SystemError& error) {
      if (error.error() != ENODEV) {
        throw;
      }
      result.emplace_back(std::nullopt);
    }
  }
  return result;
}

std::vector<TimerAddress> enumerate_timers(const std::string& path) {
  const UniqueFd control = UniqueFd::open(path, O_RDONLY);
  std::vector<TimerAddress> result;
  snd_timer_id id{};
  id.dev_class = SNDRV_TIMER_CLASS_NONE;
  for (;;) {
    call(control, SNDRV_TIMER_IOCTL_NEXT_DEVICE, &id, "ioctl SNDRV_TIMER_IOCTL_NEXT_DEVICE", path);
    if (id.dev_class < 0) {
      return result;
    }
    result.push_back({id.dev_class, id.card, static_cast<int>(id.device), static_cast<int>(id.subdevice)});
  }
}

}  // namespace alsa_utimer
