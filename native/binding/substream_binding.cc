#include "binding/substream_binding.h"

#include <memory>
#include <optional>
#include <string>

#include "alsa/substream.h"
#include "alsa/system_error.h"
#include "binding/arguments.h"
#include "binding/handle.h"

namespace alsa_utimer::binding {
namespace {

constexpr napi_type_tag kTag{0x6c2b8e14d7a5403f, 0x95d10fb36e7c82a4};

// A substream whose files are read until it is closed.
class Reader {
 public:
  explicit Reader(const std::string& folder) : substream_(folder) {}

  [[nodiscard]] Substream& substream() {
    if (closed_) {
      throw ClosedError();
    }
    return substream_;
  }

  void close() noexcept {
    closed_ = true;
    substream_.close();
  }
  [[nodiscard]] bool closed() const noexcept { return closed_; }

 private:
  Substream substream_;
  bool closed_ = false;
};

using SubstreamHandle = Handle<Reader>;

napi_value status(Reader& reader, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::optional<SubstreamStatus> status = reader.substream().status();
  if (!status) {
    return env.Null();
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("state", status->state);
  result.Set("owner", status->owner);
  result.Set("avail", static_cast<double>(status->avail));
  return result;
}

napi_value parameters(Reader& reader, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::optional<SubstreamParameters> parameters = reader.substream().parameters();
  if (!parameters) {
    return env.Null();
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("access", parameters->access);
  result.Set("format", parameters->format);
  result.Set("channels", parameters->channels);
  result.Set("rate", parameters->rate);
  result.Set("periodFrames", static_cast<double>(parameters->period_frames));
  result.Set("bufferFrames", static_cast<double>(parameters->buffer_frames));
  return result;
}

napi_value close(Reader& reader, const Napi::CallbackInfo&) {
  reader.close();
  return nullptr;
}

napi_value closed(Reader& reader, const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), reader.closed());
}

napi_value open(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto reader = std::make_shared<Reader>(read_string(info[0], "folder"));
  Napi::Object handle = SubstreamHandle::make(env, reader, kTag);
  SubstreamHandle::add<status>(env, handle, "status", reader);
  SubstreamHandle::add<parameters>(env, handle, "parameters", reader);
  SubstreamHandle::add<close>(env, handle, "close", reader);
  SubstreamHandle::add<closed>(env, handle, "closed", reader);
  return handle;
}

}  // namespace

void register_substream(Napi::Env env, Napi::Object exports) {
  exports.Set("openSubstream", make_function<open>(env, "openSubstream"));
}

}  // namespace alsa_utimer::binding
