#include "binding/pcm_binding.h"

#include <array>
#include <memory>

#include "alsa/system_error.h"
#include "binding/arguments.h"
#include "binding/entries.h"
#include "binding/handle.h"

namespace alsa_utimer::binding {
namespace {

napi_value configure(Pcm& pcm, const Napi::CallbackInfo& info) {
  const Napi::Object wanted = read_object(info[0], "parameters");
  const auto number = [&](const char* name) { return read_integer<std::uint32_t>(wanted.Get(name), name); };
  const PcmSizes sizes =
      pcm.configure({.access = number("access"),
                     .format = number("format"),
                     .channels = number("channels"),
                     .rate = number("rate"),
                     .period_frames = number("periodFrames"),
                     .buffer_frames = number("bufferFrames"),
                     .fill_with_silence = read_boolean(wanted.Get("fillWithSilence"), "fillWithSilence")});
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("frameBytes", sizes.frame_bytes);
  result.Set("periodFrames", sizes.period_frames);
  result.Set("bufferFrames", sizes.buffer_frames);
  return result;
}

napi_value prepare(Pcm& pcm, const Napi::CallbackInfo&) {
  pcm.prepare();
  return nullptr;
}

napi_value start(Pcm& pcm, const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), pcm.start());
}

napi_value drop(Pcm& pcm, const Napi::CallbackInfo&) {
  pcm.drop();
  return nullptr;
}

napi_value pause(Pcm& pcm, const Napi::CallbackInfo& info) {
  pcm.pause(read_boolean(info[0], "on"));
  return nullptr;
}

napi_value status(Pcm& pcm, const Napi::CallbackInfo& info) {
  const PcmStatus status = pcm.status();
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("state", status.state);
  result.Set("avail", static_cast<double>(status.avail));
  result.Set("delay", static_cast<double>(status.delay));
  return result;
}

napi_value timer_resolution(Pcm& pcm, const Napi::CallbackInfo& info) {
  return Napi::BigInt::New(info.Env(), pcm.timer_resolution(read_string(info[0], "timerPath")));
}

napi_value subdevice(Pcm& pcm, const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), pcm.subdevice());
}

// Whole frames; the size of a frame is known once the substream is configured.
Bytes read_frames(const Pcm& pcm, const Napi::Value& value) {
  const Bytes bytes = read_bytes(value, "bytes");
  check_open(pcm);
  if (pcm.frame_bytes() == 0 || bytes.length % pcm.frame_bytes() != 0) {
    throw expected(value.Env(), "bytes", "a whole number of frames of a configured substream");
  }
  return bytes;
}

napi_value write(Pcm& pcm, const Napi::CallbackInfo& info) {
  const Bytes bytes = read_frames(pcm, info[0]);
  return Napi::Number::New(info.Env(), static_cast<double>(pcm.write(bytes.data, bytes.length)));
}

napi_value read(Pcm& pcm, const Napi::CallbackInfo& info) {
  const Bytes bytes = read_frames(pcm, info[0]);
  return Napi::Number::New(info.Env(), static_cast<double>(pcm.read(bytes.data, bytes.length)));
}

const HandleClass<Pcm>& pcm_class() {
  using Pcms = HandleClass<Pcm>;
  static const Pcms kClass(
      "Pcm", {0x1f6c1d1b7e0b4bd3, 0x8a57d24f5e9c7b02},
      {Pcms::method<configure>("configure"), Pcms::method<prepare>("prepare"), Pcms::method<start>("start"),
       Pcms::method<drop>("drop"), Pcms::method<pause>("pause"), Pcms::method<status>("status"),
       Pcms::method<subdevice>("subdevice"), Pcms::method<timer_resolution>("timerResolution"),
       Pcms::method<write>("write"), Pcms::method<read>("read")});
  return kClass;
}

napi_value open(const Napi::CallbackInfo& info) {
  const std::string path = read_string(info[0], "path");
  const bool playback = read_boolean(info[1], "playback");
  const std::string control_path = read_string(info[2], "controlPath");
  const int wanted = read_integer<std::int32_t>(info[3], "subdevice");
  // The preference lives as long as the control descriptor, which is closed when this function returns.
  const UniqueFd preference = wanted < 0 ? UniqueFd() : Pcm::prefer_subdevice(control_path, wanted);
  return pcm_class().make(info.Env(), std::make_shared<Pcm>(path, playback));
}

constexpr std::array kEntries{Entry{"openPcm", entry<open>}};

}  // namespace

std::shared_ptr<Pcm> unwrap_pcm(const Napi::Value& value) {
  return pcm_class().unwrap(value, "a handle of openPcm");
}

Entries pcm_entries() { return kEntries; }

}  // namespace alsa_utimer::binding
