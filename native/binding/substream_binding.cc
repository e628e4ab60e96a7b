#include <array>
#include <memory>
#include <optional>
#include <string>

#include "alsa/substream.h"
#include "alsa/system_error.h"
#include "binding/arguments.h"
#include "binding/entries.h"
#include "binding/handle.h"

namespace alsa_utimer::binding {
namespace {

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
  result.Set("queued", static_cast<double>(status->queued));
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

const HandleClass<Reader>& substream_class() {
  using Substreams = HandleClass<Reader>;
  static const Substreams kClass(
      "Substream", {0x6c2b8e14d7a5403f, 0x95d10fb36e7c82a4},
      {Substreams::method<status>("status"), Substreams::method<parameters>("parameters")});
  return kClass;
}

napi_value open(const Napi::CallbackInfo& info) {
  return substream_class().make(info.Env(), std::make_shared<Reader>(read_string(info[0], "folder")));
}

constexpr std::array kEntries{Entry{"openSubstream", entry<open>}};

}  // namespace

Entries substream_entries() { return kEntries; }

}  // namespace alsa_utimer::binding
