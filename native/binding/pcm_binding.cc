#include "binding/pcm_binding.h"

#include <memory>

#include "binding/arguments.h"
#include "binding/handle.h"

namespace alsa_utimer::binding {
namespace {

using PcmHandle = Handle<Pcm>;

constexpr napi_type_tag kTag{0x1f6c1d1b7e0b4bd3, 0x8a57d24f5e9c7b02};

napi_value configure(Pcm& pcm, const Napi::CallbackInfo& info) {
  const Napi::Object wanted = read_object(info[0], "parameters");
  const auto number = [&](const char* name) { return read_integer<std::uint32_t>(wanted.Get(name), name); };
  pcm.configure({.access = number("access"),
                 .format = number("format"),
                 .channels = number("channels"),
                 .rate = number("rate"),
                 .period_frames = number("periodFrames"),
                 .buffer_frames = number("bufferFrames"),
                 .frame_bytes = number("frameBytes"),
                 .fill_with_silence = read_boolean(wanted.Get("fillWithSilence"), "fillWithSilence")});
  return nullptr;
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
  if (pcm.closed()) {
    throw ClosedError();
  }
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

napi_value close(Pcm& pcm, const Napi::CallbackInfo&) {
  pcm.close();
  return nullptr;
}

napi_value closed(Pcm& pcm, const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), pcm.closed());
}

napi_value open(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string path = read_string(info[0], "path");
  const bool playback = read_boolean(info[1], "playback");
  const std::string control_path = read_string(info[2], "controlPath");
  const int wanted = read_integer<std::int32_t>(info[3], "subdevice");
  // The preference lives as long as the control descriptor, which is closed when this function returns.
  const UniqueFd preference = wanted < 0 ? UniqueFd() : Pcm::prefer_subdevice(control_path, wanted);
  const auto pcm = std::make_shared<Pcm>(path, playback);
  Napi::Object handle = PcmHandle::make(env, pcm, kTag);
  PcmHandle::add<configure>(env, handle, "configure", pcm);
  PcmHandle::add<prepare>(env, handle, "prepare", pcm);
  PcmHandle::add<start>(env, handle, "start", pcm);
  PcmHandle::add<drop>(env, handle, "drop", pcm);
  PcmHandle::add<pause>(env, handle, "pause", pcm);
  PcmHandle::add<status>(env, handle, "status", pcm);
  PcmHandle::add<subdevice>(env, handle, "subdevice", pcm);
  PcmHandle::add<timer_resolution>(env, handle, "timerResolution", pcm);
  PcmHandle::add<write>(env, handle, "write", pcm);
  PcmHandle::add<read>(env, handle, "read", pcm);
  PcmHandle::add<close>(env, handle, "close", pcm);
  PcmHandle::add<closed>(env, handle, "closed", pcm);
  return handle;
}

}  // namespace

Pcm& unwrap_pcm(const Napi::Value& value) { return PcmHandle::unwrap(value, kTag, "a handle of openPcm"); }

void register_pcm(Napi::Env env, Napi::Object exports) {
  exports.Set("openPcm", make_function<open>(env, "openPcm"));
}

}  // namespace alsa_utimer::binding
