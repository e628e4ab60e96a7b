#include "binding/played_cable_binding.h"

#include <array>
#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <utility>

#include "binding/arguments.h"
#include "binding/entries.h"
#include "binding/handle.h"
#include "binding/period_pump_binding.h"
#include "clock/gettime_reader.h"

namespace alsa_utimer::binding {
namespace {

// As much as a ring may have, so that one that is wrong is an error of its own.
constexpr std::size_t kMaxRingBytes = std::size_t{1} << 28;
// Of media positions: JavaScript counts them in doubles.
constexpr std::uint64_t kMaxPosition = std::uint64_t{1} << 53;

Napi::Number number(Napi::Env env, std::int64_t value) {
  return Napi::Number::New(env, static_cast<double>(value));
}

// Of a cable the bytes of a frame, which its pump does not tell.
struct Playing {
  std::shared_ptr<PlayedCable> cable;
  std::size_t frame_bytes;
  MediaRing::Written written;

  void close() noexcept { cable->close(); }
  [[nodiscard]] bool closed() noexcept { return cable->closed(); }
};

// One call a packet. Returns whether all went well, so that there is nothing to be asked for.
napi_value write(Playing& playing, const Napi::CallbackInfo& info) {
  const auto timestamp = read_integer<std::uint32_t>(info[0], "timestamp");
  const Bytes bytes = read_bytes(info[1], "bytes");
  const auto before = read_integer<std::uint32_t>(info[2], "before");
  if (before > static_cast<std::uint32_t>(MediaRing::Before::kNone)) {
    throw expected(info.Env(), "before", "0..2");
  }
  check_open(playing);
  if (bytes.length % playing.frame_bytes != 0) {
    throw expected(info.Env(), "bytes", "whole frames");
  }
  const std::size_t frames = bytes.length / playing.frame_bytes;
  std::int64_t now = 0;
  gettime(CLOCK_MONOTONIC, now);
  MediaRing& ring = playing.cable->ring();
  playing.written = ring.write(timestamp, bytes.data, frames, static_cast<MediaRing::Before>(before), now);
  return Napi::Boolean::New(info.Env(), playing.written.placed == frames && !ring.has_losses());
}

napi_value outcome(Playing& playing, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const MediaRing::Written& written = playing.written;
  Napi::Object result = Napi::Object::New(env);
  result.Set("position", number(env, written.position));
  result.Set("next", number(env, written.next));
  result.Set("placed", number(env, static_cast<std::int64_t>(written.placed)));
  result.Set("late", number(env, static_cast<std::int64_t>(written.late)));
  result.Set("refused", written.refused);
  return result;
}

napi_value rest(Playing& playing, const Napi::CallbackInfo&) {
  playing.cable->ring().rest();
  return nullptr;
}

napi_value take_losses(Playing& playing, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Array result = Napi::Array::New(env);
  std::uint32_t length = 0;
  for (const MediaRing::Loss& loss : playing.cable->ring().take_losses()) {
    result.Set(length++, number(env, loss.position));
    result.Set(length++, number(env, loss.frames));
  }
  return result;
}

napi_value stats(Playing& playing, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const MediaRing::Stats stats = playing.cable->ring().stats();
  Napi::Object result = Napi::Object::New(env);
  result.Set("lost", static_cast<double>(stats.lost));
  result.Set("gaps", static_cast<double>(stats.gaps));
  result.Set("waiting", static_cast<double>(stats.waiting));
  result.Set("next", number(env, stats.next));
  const auto number_or_null = [env](const std::optional<std::int64_t>& value) {
    return value ? Napi::Value(number(env, *value)) : env.Null();
  };
  result.Set("end", number_or_null(stats.end));
  result.Set("marginNs", number_or_null(stats.margin_ns));
  return result;
}

const HandleClass<Playing>& played_cable_class() {
  using Cables = HandleClass<Playing>;
  static const Cables kClass(
      "PlayedCable", {0x0e95c4b17fa8d362, 0x8b36d1f40a5c79e2},
      {Cables::method<write>("write"), Cables::method<outcome>("outcome"), Cables::method<rest>("rest"),
       Cables::method<take_losses>("takeLosses"), Cables::method<stats>("stats")});
  return kClass;
}

napi_value create(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::shared_ptr<PeriodPump> pump = unwrap_period_pump(info[0]);
  const Napi::Object wanted = read_object(info[1], "parameters");
  const std::size_t frame_bytes = read_positive(wanted, "frameBytes");
  const bool silent = read_boolean(wanted.Get("silent"), "silent");
  const std::uint64_t next = read_uint64(wanted.Get("next"), "next");
  if (pump->period_bytes() % frame_bytes != 0) {
    throw expected(env, "frameBytes", "those of the cable");
  }
  if (next > kMaxPosition) {
    throw expected(env, "next", "a bigint of 0..2^53");
  }
  const MediaRing::Shape shape{
      .rate = read_positive(wanted, "rate"),
      .frame_bytes = frame_bytes,
      .period_frames = pump->period_bytes() / frame_bytes,
      .periods = read_integer<std::uint32_t>(wanted.Get("periods"), "periods"),
      .silence = pump->silence(),
      .repeat_frames = read_integer<std::uint32_t>(wanted.Get("repeatFrames"), "repeatFrames"),
      .late_frames = read_integer<std::uint32_t>(wanted.Get("lateFrames"), "lateFrames")};
  const std::size_t most = kMaxRingBytes / pump->period_bytes();
  if (shape.periods < 2 || shape.periods > most || shape.repeat_frames > kMaxRingBytes / frame_bytes) {
    throw expected(env, "periods", "2 or more, of 256 MiB at most");
  }
  auto cable = std::make_shared<PlayedCable>(pump, shape, silent, static_cast<std::int64_t>(next));
  return played_cable_class().make(
      env, std::make_shared<Playing>(Playing{std::move(cable), frame_bytes, MediaRing::Written{}}));
}

constexpr std::array kEntries{Entry{"createPlayedCable", entry<create>}};

}  // namespace

std::shared_ptr<PlayedCable> unwrap_played_cable(const Napi::Value& value) {
  return played_cable_class().unwrap(value, "a handle of createPlayedCable")->cable;
}

bool is_played_cable(const Napi::Value& value) { return played_cable_class().is_handle(value); }

Entries played_cable_entries() { return kEntries; }

}  // namespace alsa_utimer::binding
