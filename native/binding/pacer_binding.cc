#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "binding/arguments.h"
#include "binding/arrivals_binding.h"
#include "binding/clock_binding.h"
#include "binding/entries.h"
#include "binding/handle.h"
#include "binding/paced_cable_binding.h"
#include "binding/paced_capture_binding.h"
#include "binding/packet_stream_binding.h"
#include "binding/played_cable_binding.h"
#include "binding/timer_instance_binding.h"
#include "binding/utimer_binding.h"
#include "binding/watcher_binding.h"
#include "clock/pacer.h"
#include "clock/utimer_target.h"

namespace alsa_utimer::binding {
namespace {

// What a schedule reckons with.
constexpr std::int32_t kMaxPpb = 500'000'000;
constexpr std::int64_t kLeastPeriod = 100'000;
constexpr std::int64_t kLongestPeriod = 3'600'000'000'000;

std::int32_t read_ppb(const Napi::Value& value) {
  const auto ppb = read_integer<std::int32_t>(value, "ppb");
  if (ppb < -kMaxPpb || ppb > kMaxPpb) {
    throw expected(value.Env(), "ppb", "-500000000..500000000");
  }
  return ppb;
}

Napi::BigInt big(Napi::Env env, std::uint64_t number) { return Napi::BigInt::New(env, number); }

napi_value set_ppb(Pacing& pacing, const Napi::CallbackInfo& info) {
  pacing.set_ppb(read_ppb(info[0]));
  return nullptr;
}

napi_value tick(Pacing& pacing, const Napi::CallbackInfo& info) {
  pacing.tick(read_integer<std::uint32_t>(info[0], "ends"));
  return nullptr;
}

napi_value tell_ticks(Pacing& pacing, const Napi::CallbackInfo& info) {
  pacing.tell_ticks(read_boolean(info[0], "wanted"), read_uint64(info[1], "told"));
  return nullptr;
}

Napi::Object lateness_of(Napi::Env env, const Lateness& lateness) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("count", static_cast<double>(lateness.count()));
  result.Set("min", static_cast<double>(lateness.min()));
  result.Set("mean", static_cast<double>(lateness.mean()));
  result.Set("max", static_cast<double>(lateness.max()));
  Napi::Array buckets = Napi::Array::New(env);
  std::uint32_t length = 0;
  for (std::size_t i = 0; i < Lateness::kBuckets; ++i) {
    if (const std::uint64_t count = lateness.counts()[i]; count > 0) {
      buckets.Set(length++, static_cast<double>(Lateness::least(i)));
      buckets.Set(length++, static_cast<double>(count));
    }
  }
  result.Set("buckets", buckets);
  return result;
}

napi_value object_of(Napi::Env env, const PacingStats& stats) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("ticks", big(env, stats.ticks));
  result.Set("caughtUp", big(env, stats.caught_up));
  result.Set("missed", big(env, stats.missed));
  result.Set("underruns", big(env, stats.underruns));
  result.Set("lateness", lateness_of(env, stats.lateness));
  result.Set("ppb", stats.ppb);
  result.Set("state", static_cast<double>(stats.state));
  result.Set("stateChanges", static_cast<double>(stats.state_changes));
  result.Set("steps", static_cast<double>(stats.steps));
  result.Set("stepNs", Napi::BigInt::New(env, stats.last_step.step_ns));
  result.Set("frequencyPpb", stats.frequency_ppb);
  result.Set("readingDelayNs", static_cast<double>(stats.reading_delay_ns));
  result.Set("phaseErrorNs", static_cast<double>(stats.phase_error_ns));
  result.Set("clockError", stats.clock_error);
  result.Set("ended", stats.ended);
  result.Set("error", stats.failure.error);
  result.Set("call", stats.failure.call);
  return result;
}

napi_value stats(Pacing& pacing, const Napi::CallbackInfo& info) {
  return object_of(info.Env(), pacing.stats());
}

napi_value news(Pacing& pacing, const Napi::CallbackInfo& info) {
  return object_of(info.Env(), pacing.news());
}

const HandleClass<Pacing>& pacing_class() {
  using Pacings = HandleClass<Pacing>;
  static const Pacings kClass("Pacing", {0x5e3c1a9d47b80f26, 0x8d1f64a2c97e5b30},
                              {Pacings::method<set_ppb>("setPpb"), Pacings::method<tick>("tick"),
                               Pacings::method<tell_ticks>("tellTicks"), Pacings::method<stats>("stats"),
                               Pacings::method<news>("news")});
  return kClass;
}

std::unique_ptr<PacerTarget> read_target(const Napi::Value& value) {
  if (value.IsNull()) {
    return std::make_unique<NoTarget>();
  }
  if (is_packet_stream(value)) {
    return std::make_unique<SharedTarget<PacketStream>>(unwrap_packet_stream(value));
  }
  if (is_paced_cable(value)) {
    return std::make_unique<SharedTarget<PacedCable>>(unwrap_paced_cable(value));
  }
  if (is_paced_capture(value)) {
    return std::make_unique<SharedTarget<PacedCapture>>(unwrap_paced_capture(value));
  }
  if (is_played_cable(value)) {
    return std::make_unique<SharedTarget<PlayedCable>>(unwrap_played_cable(value));
  }
  return std::make_unique<UtimerTarget>(unwrap_utimer(value));
}

std::optional<std::int64_t> read_origin(const Napi::Value& value) {
  if (value.IsNull()) {
    return std::nullopt;
  }
  const std::uint64_t origin = read_uint64(value, "origin");
  if (origin > std::uint64_t{1} << 62) {
    throw expected(value.Env(), "origin", "null or a bigint of 0..2^62 nanoseconds");
  }
  return static_cast<std::int64_t>(origin);
}

std::shared_ptr<TimeScale> read_scale(Pacer& pacer, const Napi::Value& clock) {
  if (is_arrivals(clock)) {
    return std::make_shared<ArrivalScale>(unwrap_arrivals(clock));
  }
  return pacer.scale_of(clock.IsNull() ? nullptr : unwrap_clock(clock));
}

std::unique_ptr<TickSource> read_source(const Napi::Value& value) {
  if (is_timer_instance(value)) {
    return std::make_unique<InstanceSource>(duplicate_timer_instance(value));
  }
  return std::make_unique<DescriptorSource>(read_integer<std::int32_t>(value, "source"));
}

Napi::Object handle_of(Napi::Env env, const std::shared_ptr<Pacing>& pacing) {
  Napi::Object handle = pacing_class().make(env, pacing);
  handle.Set("number", pacing->number());
  return handle;
}

// What needs no schedule.
PacingParameters read_policy(const Napi::Object& wanted) {
  PacingParameters parameters{};
  parameters.skip = read_boolean(wanted.Get("skip"), "skip");
  parameters.max_burst = read_positive(wanted, "maxBurst");
  return parameters;
}

napi_value follow(Pacer& pacer, const Napi::CallbackInfo& info) {
  std::unique_ptr<PacerTarget> target = read_target(info[0]);
  const PacingParameters parameters = read_policy(read_object(info[2], "parameters"));
  return handle_of(info.Env(), pacer.start(std::move(target), pacer.scale_of(nullptr), parameters,
                                           info[1].IsNull() ? nullptr : read_source(info[1])));
}

napi_value start(Pacer& pacer, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  std::unique_ptr<PacerTarget> target = read_target(info[0]);
  const Napi::Object wanted = read_object(info[1], "parameters");
  PacingParameters parameters = read_policy(wanted);
  parameters.rate = read_positive(wanted, "rate");
  parameters.frames = read_positive(wanted, "periodFrames");
  parameters.origin = read_origin(wanted.Get("origin"));
  parameters.ppb = read_ppb(wanted.Get("ppb"));
  const std::int64_t period = Schedule(parameters.rate, parameters.frames, 0).period_ns();
  if (period < kLeastPeriod || period > kLongestPeriod) {
    throw expected(env, "periodFrames", "of 100 us..1 h");
  }
  return handle_of(env, pacer.start(std::move(target), read_scale(pacer, info[2]), parameters));
}

napi_value watch_news(Pacer& pacer, const Napi::CallbackInfo& info) {
  return make_watcher(info.Env(), pacer.board().news_event());
}

napi_value take_news(Pacer& pacer, const Napi::CallbackInfo& info) {
  Napi::Array numbers = Napi::Array::New(info.Env());
  std::uint32_t length = 0;
  for (const std::uint32_t number : pacer.board().take_news()) {
    numbers.Set(length++, number);
  }
  return numbers;
}

const HandleClass<Pacer>& pacer_class() {
  using Pacers = HandleClass<Pacer>;
  static const Pacers kClass(
      "Pacer", {0x13b9d07e5a2c4f68, 0xa6e0427f9b1dc835},
      {Pacers::method<start>("start"), Pacers::method<follow>("follow"),
       Pacers::method<watch_news>("watchNews"), Pacers::method<take_news>("takeNews")});
  return kClass;
}

napi_value create(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Napi::Object wanted = read_object(info[0], "scheduling");
  const SchedulingParameters scheduling{
      .priority = read_integer<std::uint32_t>(wanted.Get("priority"), "priority"),
      .cpu = read_integer<std::int32_t>(wanted.Get("cpu"), "cpu"),
      .lock_memory = read_boolean(wanted.Get("lockMemory"), "lockMemory")};
  const auto pacer = std::make_shared<Pacer>(scheduling);
  Napi::Object handle = pacer_class().make(env, pacer);
  Napi::Object refusals = Napi::Object::New(env);
  refusals.Set("priority", pacer->refusals().priority);
  refusals.Set("cpu", pacer->refusals().cpu);
  refusals.Set("memory", pacer->refusals().memory);
  handle.Set("refusals", refusals);
  return handle;
}

// A pacing without a thread, that only ticks when it is told to.
napi_value create_follower(const Napi::CallbackInfo& info) {
  std::unique_ptr<PacerTarget> target = read_target(info[0]);
  const PacingParameters parameters = read_policy(read_object(info[1], "parameters"));
  return handle_of(info.Env(), std::make_shared<Pacing>(0, nullptr, std::move(target),
                                                        std::make_shared<MonotonicScale>(), parameters));
}

constexpr std::array kEntries{Entry{"createFollower", entry<create_follower>},
                              Entry{"createPacer", entry<create>}};

}  // namespace

Entries pacer_entries() { return kEntries; }

}  // namespace alsa_utimer::binding
