#include "alsa/pcm.h"

#include <fcntl.h>
#include <sound/asound.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "alsa/system_error.h"
#include "alsa/timer_device.h"

namespace alsa_utimer {
namespace {

constexpr int kFirstMask = SNDRV_PCM_HW_PARAM_FIRST_MASK;
constexpr int kFirstInterval = SNDRV_PCM_HW_PARAM_FIRST_INTERVAL;
constexpr std::uint32_t kBitsPerByte = 8;

// The space of configurations that is still possible: struct snd_pcm_hw_params.
class Configuration {
 public:
  Configuration() {
    for (auto& mask : params_.masks) {
      std::memset(mask.bits, 0xff, sizeof mask.bits);
    }
    for (auto& interval : params_.intervals) {
      interval.max = std::numeric_limits<unsigned int>::max();
    }
    params_.rmask = std::numeric_limits<unsigned int>::max();
    params_.info = std::numeric_limits<unsigned int>::max();
  }

  // A value that no mask has a bit for is none that a device could offer.
  [[nodiscard]] static bool fits_mask(std::uint32_t value) { return value < SNDRV_MASK_MAX; }

  void fix_mask(int parameter, std::uint32_t value) {
    auto& mask = params_.masks[parameter - kFirstMask];
    std::memset(mask.bits, 0, sizeof mask.bits);
    mask.bits[value / 32] = 1U << (value % 32);
    params_.rmask |= 1U << parameter;
  }

  void fix_interval(int parameter, std::uint32_t value) {
    auto& interval = params_.intervals[parameter - kFirstInterval];
    interval = {};
    interval.min = interval.max = value;
    interval.integer = 1;
    params_.rmask |= 1U << parameter;
  }

  [[nodiscard]] std::vector<std::uint32_t> values(int parameter) const {
    std::vector<std::uint32_t> values;
    const auto& mask = params_.masks[parameter - kFirstMask];
    for (std::uint32_t value = 0; value < 64; ++value) {
      if ((mask.bits[value / 32] >> (value % 32)) & 1U) {
        values.push_back(value);
      }
    }
    return values;
  }

  [[nodiscard]] const snd_interval& interval(int parameter) const {
    return params_.intervals[parameter - kFirstInterval];
  }

  // Of what HW_PARAMS has answered: the one value that it chose, or 0.
  [[nodiscard]] std::uint32_t chosen(int parameter) const {
    const snd_interval& left = interval(parameter);
    return left.min == left.max ? left.min : 0;
  }

  [[nodiscard]] snd_pcm_hw_params* get() { return &params_; }

 private:
  snd_pcm_hw_params params_{};
};

}  // namespace

Pcm::Pcm(std::string path, bool playback)
    : path_(std::move(path)), playback_(playback), fd_(UniqueFd::open(path_, O_RDWR | O_NONBLOCK)) {}

UniqueFd Pcm::prefer_subdevice(const std::string& control_path, int subdevice) {
  UniqueFd control = UniqueFd::open(control_path, O_RDONLY);
  if (::ioctl(control.get(), SNDRV_CTL_IOCTL_PCM_PREFER_SUBDEVICE, &subdevice) < 0) {
    throw SystemError(errno, "ioctl SNDRV_CTL_IOCTL_PCM_PREFER_SUBDEVICE", control_path);
  }
  return control;
}

int Pcm::call(unsigned long request, void* argument, const char* name) const {
  const Lock locked = lock();
  if (!fd_.valid()) {
    throw ClosedError();
  }
  const int result = ::ioctl(fd_.get(), request, argument);
  if (result < 0) {
    throw SystemError(errno, name, path_);
  }
  return result;
}

void Pcm::close() noexcept {
  const std::lock_guard locked(mutex_);
  fd_.reset();
}

bool Pcm::closed() const noexcept {
  const std::lock_guard locked(mutex_);
  return !fd_.valid();
}

PcmSizes Pcm::configure(const PcmParameters& wanted) {
  const Lock locked = lock();
  Configuration possible;
  const auto refine = [&](Configuration& configuration) {
    call(SNDRV_PCM_IOCTL_HW_REFINE, configuration.get(), "ioctl SNDRV_PCM_IOCTL_HW_REFINE");
  };
  refine(possible);

  // One after the other, so that the first that cannot be met is known together with what could have been.
  const auto fix_mask = [&](int parameter, std::uint32_t value, const char* name) {
    if (!Configuration::fits_mask(value)) {
      throw ParameterError({name, value, possible.values(parameter), 0, 0});
    }
    Configuration next = possible;
    next.fix_mask(parameter, value);
    try {
      refine(next);
    } catch (const SystemError& error) {
      if (error.error() != EINVAL) {
        throw;
      }
      throw ParameterError({name, value, possible.values(parameter), 0, 0});
    }
    possible = next;
  };
  const auto fix_interval = [&](int parameter, std::uint32_t value, const char* name) {
    const snd_interval before = possible.interval(parameter);
    Configuration next = possible;
    next.fix_interval(parameter, value);
    try {
      refine(next);
    } catch (const SystemError& error) {
      if (error.error() != EINVAL) {
        throw;
      }
      throw ParameterError({name, value, {}, before.min, before.max});
    }
    possible = next;
  };
  fix_mask(SNDRV_PCM_HW_PARAM_ACCESS, wanted.access, "access");
  fix_mask(SNDRV_PCM_HW_PARAM_FORMAT, wanted.format, "format");
  fix_interval(SNDRV_PCM_HW_PARAM_CHANNELS, wanted.channels, "channels");
  fix_interval(SNDRV_PCM_HW_PARAM_RATE, wanted.rate, "rate");
  fix_interval(SNDRV_PCM_HW_PARAM_PERIOD_SIZE, wanted.period_frames, "periodFrames");
  fix_interval(SNDRV_PCM_HW_PARAM_BUFFER_SIZE, wanted.buffer_frames, "bufferFrames");
  constexpr const char* kHardware = "ioctl SNDRV_PCM_IOCTL_HW_PARAMS";
  sizes_ = {};  // a substream that refuses new parameters has none any more
  channels_.reset();
  call(SNDRV_PCM_IOCTL_HW_PARAMS, possible.get(), kHardware);
  const std::uint32_t channels = possible.chosen(SNDRV_PCM_HW_PARAM_CHANNELS);
  const PcmSizes sizes{possible.chosen(SNDRV_PCM_HW_PARAM_FRAME_BITS) / kBitsPerByte,
                       possible.chosen(SNDRV_PCM_HW_PARAM_PERIOD_SIZE),
                       possible.chosen(SNDRV_PCM_HW_PARAM_BUFFER_SIZE)};
  if (channels == 0 || sizes.frame_bytes == 0 || sizes.frame_bytes % channels != 0 ||
      sizes.period_frames == 0 || sizes.buffer_frames < sizes.period_frames) {
    throw SystemError(EPROTO, kHardware, path_);
  }
  if (wanted.access == SNDRV_PCM_ACCESS_RW_NONINTERLEAVED) {
    channels_.emplace(channels, sizes.frame_bytes / channels, sizes.buffer_frames);
  }

  // A buffer without a frame left is legal, one frame short of a period is an xrun; START is explicit. The
  // first call only asks for the boundary, at which thresholds mean "never" and a silence size means "all
  // that was played".
  snd_pcm_sw_params software{};
  software.tstamp_mode = SNDRV_PCM_TSTAMP_ENABLE;
  software.period_step = 1;
  software.avail_min = sizes.period_frames;
  software.start_threshold = sizes.buffer_frames;
  software.stop_threshold = sizes.buffer_frames + 1UL;
  constexpr const char* kSoftware = "ioctl SNDRV_PCM_IOCTL_SW_PARAMS";
  call(SNDRV_PCM_IOCTL_SW_PARAMS, &software, kSoftware);
  software.start_threshold = software.boundary;
  software.silence_size = playback_ && wanted.fill_with_silence ? software.boundary : 0;
  call(SNDRV_PCM_IOCTL_SW_PARAMS, &software, kSoftware);
  prepare();
  sizes_ = sizes;
  return sizes;
}

void Pcm::prepare() { call(SNDRV_PCM_IOCTL_PREPARE, nullptr, "ioctl SNDRV_PCM_IOCTL_PREPARE"); }

int Pcm::start() { return call(SNDRV_PCM_IOCTL_START, nullptr, kStartCall); }

int Pcm::resume() { return call(SNDRV_PCM_IOCTL_RESUME, nullptr, "ioctl SNDRV_PCM_IOCTL_RESUME"); }

void Pcm::drop() { call(SNDRV_PCM_IOCTL_DROP, nullptr, "ioctl SNDRV_PCM_IOCTL_DROP"); }

void Pcm::pause(bool on) {
  // The kernel takes the flag as the argument itself, not behind a pointer.
  call(SNDRV_PCM_IOCTL_PAUSE, reinterpret_cast<void*>(static_cast<std::uintptr_t>(on ? 1 : 0)),
       "ioctl SNDRV_PCM_IOCTL_PAUSE");
}

PcmStatus Pcm::status() const {
  snd_pcm_status status{};
  call(SNDRV_PCM_IOCTL_STATUS, &status, "ioctl SNDRV_PCM_IOCTL_STATUS");
  return {static_cast<int>(status.state), status.avail, status.delay};
}

UniqueFd Pcm::duplicate() const {
  const Lock locked = lock();
  if (!fd_.valid()) {
    throw ClosedError();
  }
  return fd_.duplicate();
}

int Pcm::subdevice() const {
  snd_pcm_info info{};
  call(SNDRV_PCM_IOCTL_INFO, &info, "ioctl SNDRV_PCM_IOCTL_INFO");
  return static_cast<int>(info.subdevice);
}

std::uint64_t Pcm::timer_resolution(const std::string& timer_path) const {
  snd_pcm_info info{};
  call(SNDRV_PCM_IOCTL_INFO, &info, "ioctl SNDRV_PCM_IOCTL_INFO");
  return ginfo(timer_path, {.device_class = SNDRV_TIMER_CLASS_PCM,
                            .card = info.card,
                            .device = static_cast<int>(info.device),
                            .subdevice = static_cast<int>(info.subdevice) * 2 + info.stream})
      .resolution;
}

// With the substream locked; of struct snd_xferi or snd_xfern. EAGAIN, the normal case, is no exception.
template <typename Transfer>
std::uint64_t Pcm::transfer(unsigned long request, Transfer argument, const char* name) const {
  if (!fd_.valid()) {
    throw ClosedError();
  }
  if (::ioctl(fd_.get(), request, &argument) < 0) {
    if (errno == EAGAIN) {
      return 0;
    }
    throw SystemError(errno, name, path_);
  }
  return static_cast<std::uint64_t>(argument.result);
}

std::uint64_t Pcm::frames_in(std::size_t bytes) const noexcept {
  return sizes_.frame_bytes == 0 ? 0 : bytes / sizes_.frame_bytes;
}

const char* Pcm::write_call() const noexcept {
  return channels_ ? "ioctl SNDRV_PCM_IOCTL_WRITEN_FRAMES" : "ioctl SNDRV_PCM_IOCTL_WRITEI_FRAMES";
}

std::uint64_t Pcm::write(const void* data, std::size_t bytes) { return write(lock(), data, bytes); }

std::uint64_t Pcm::write(const Lock& /*locked*/, const void* data, std::size_t bytes) {
  const std::uint64_t frames = frames_in(bytes);
  if (!channels_) {
    return transfer(SNDRV_PCM_IOCTL_WRITEI_FRAMES, snd_xferi{0, const_cast<void*>(data), frames},
                    write_call());
  }
  // No call takes more than the buffer of the substream.
  const std::uint64_t most = std::min<std::uint64_t>(frames, channels_->frames());
  channels_->split(static_cast<const std::uint8_t*>(data), most);
  return transfer(SNDRV_PCM_IOCTL_WRITEN_FRAMES, snd_xfern{0, channels_->channels(), most}, write_call());
}

std::uint64_t Pcm::rewind(std::uint64_t frames) {
  snd_pcm_uframes_t count = frames;
  call(SNDRV_PCM_IOCTL_REWIND, &count, "ioctl SNDRV_PCM_IOCTL_REWIND");
  return count;
}

std::uint64_t Pcm::read(void* data, std::size_t bytes) {
  const Lock locked = lock();
  const std::uint64_t frames = frames_in(bytes);
  if (!channels_) {
    return transfer(SNDRV_PCM_IOCTL_READI_FRAMES, snd_xferi{0, data, frames},
                    "ioctl SNDRV_PCM_IOCTL_READI_FRAMES");
  }
  const std::uint64_t most = std::min<std::uint64_t>(frames, channels_->frames());
  const std::uint64_t taken =
      transfer(SNDRV_PCM_IOCTL_READN_FRAMES, snd_xfern{0, channels_->channels(), most},
               "ioctl SNDRV_PCM_IOCTL_READN_FRAMES");
  channels_->join(static_cast<std::uint8_t*>(data), taken);
  return taken;
}

}  // namespace alsa_utimer
