#include "alsa/timer_ginfo.h"

#include <fcntl.h>
#include <sound/asound.h>
#include <sys/ioctl.h>

#include "alsa/system_error.h"
#include "alsa/unique_fd.h"

namespace alsa_utimer {

TimerGinfo ginfo(const std::string& path, const TimerAddress& address) {
  const UniqueFd control = UniqueFd::open(path, O_RDONLY);
  snd_timer_ginfo info{};
  info.tid.dev_class = address.device_class;
  info.tid.card = address.card;
  info.tid.device = address.device;
  info.tid.subdevice = address.subdevice;
  if (::ioctl(control.get(), SNDRV_TIMER_IOCTL_GINFO, &info) < 0) {
    throw SystemError(errno, "ioctl SNDRV_TIMER_IOCTL_GINFO", path);
  }
  return {info.resolution, info.clients};
}

}  // namespace alsa_utimer
