// The control device of a card (/dev/snd/controlC<card>): its elements, and the announcements that one of
// them has changed (sound/core/control.c). Never blocks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "alsa/unique_fd.h"

namespace alsa_utimer {

// What names an element of a card: struct snd_ctl_elem_id, of which index 0 is meant.
struct ControlElementId {
  int interface;  // SNDRV_CTL_ELEM_IFACE_*
  std::uint32_t device;
  std::uint32_t subdevice;
  std::string name;  // up to 43 bytes
};

class Control {
 public:
  // open(2). While it is open, its card cannot be unloaded. Throws SystemError, as all below do.
  explicit Control(std::string path);

  // The number by which announcements name an element: SNDRV_CTL_IOCTL_ELEM_INFO. ENOENT if there is none.
  [[nodiscard]] std::uint32_t find(const ControlElementId& id) const;
  // The first value of a boolean or integer element: SNDRV_CTL_IOCTL_ELEM_READ.
  [[nodiscard]] std::int64_t read(std::uint32_t number) const;

  // Has changes announced from now on: SNDRV_CTL_IOCTL_SUBSCRIBE_EVENTS.
  void subscribe();
  // The numbers of elements that were announced since, as one read(2) gives them; the descriptor stays ready
  // while there are more. The kernel announces an element again only once it was read.
  [[nodiscard]] std::vector<std::uint32_t> changes();

  void close() noexcept { fd_.reset(); }
  [[nodiscard]] bool closed() const noexcept { return !fd_.valid(); }
  // The descriptor, to wait for and nothing else; it is gone after close().
  [[nodiscard]] int descriptor() const noexcept { return fd_.get(); }

 private:
  void call(unsigned long request, void* argument, const char* name) const;

  std::string path_;
  UniqueFd fd_;
};

}  // namespace alsa_utimer
