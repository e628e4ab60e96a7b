#include "alsa/control.h"

#include <fcntl.h>
#include <sound/asound.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <utility>

#include "alsa/system_error.h"

namespace alsa_utimer {

Control::Control(std::string path)
    : path_(std::move(path)), fd_(UniqueFd::open(path_, O_RDONLY | O_NONBLOCK)) {}

void Control::call(unsigned long request, void* argument, const char* name) const {
  if (!fd_.valid()) {
    throw ClosedError();
  }
  if (::ioctl(fd_.get(), request, argument) < 0) {
    throw SystemError(errno, name, path_);
  }
}

std::uint32_t Control::find(const ControlElementId& id) const {
  snd_ctl_elem_info info{};
  info.id.iface = id.interface;
  info.id.device = id.device;
  info.id.subdevice = id.subdevice;
  std::strncpy(reinterpret_cast<char*>(info.id.name), id.name.c_str(), sizeof info.id.name - 1);
  call(SNDRV_CTL_IOCTL_ELEM_INFO, &info, "ioctl SNDRV_CTL_IOCTL_ELEM_INFO");
  return info.id.numid;
}

std::int64_t Control::read(std::uint32_t number) const {
  snd_ctl_elem_value value{};
  value.id.numid = number;
  call(SNDRV_CTL_IOCTL_ELEM_READ, &value, "ioctl SNDRV_CTL_IOCTL_ELEM_READ");
  return value.value.integer.value[0];
}

void Control::subscribe() {
  int on = 1;
  call(SNDRV_CTL_IOCTL_SUBSCRIBE_EVENTS, &on, "ioctl SNDRV_CTL_IOCTL_SUBSCRIBE_EVENTS");
}

std::vector<std::uint32_t> Control::changes() {
  if (!fd_.valid()) {
    throw ClosedError();
  }
  std::array<snd_ctl_event, 16> events;
  const ssize_t length = ::read(fd_.get(), events.data(), sizeof events);
  if (length < 0) {
    if (errno == EAGAIN || errno == EINTR) {
      return {};
    }
    throw SystemError(errno, "read", path_);
  }
  std::vector<std::uint32_t> numbers;
  for (std::size_t i = 0; i < static_cast<std::size_t>(length) / sizeof events[0]; ++i) {
    numbers.push_back(events[i].data.elem.id.numid);
  }
  return numbers;
}

}  // namespace alsa_utimer
