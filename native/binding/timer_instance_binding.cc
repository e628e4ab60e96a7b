#include "binding/timer_instance_binding.h"

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "binding/arguments.h"
#include "binding/entries.h"
#include "binding/handle.h"
#include "binding/poll.h"
#include "binding/polled.h"
#include "binding/timer_records.h"

namespace alsa_utimer::binding {
namespace {

// Memory for records: a BigInt64Array with two elements for each, TimerRecord as it lies in memory.
struct RecordBuffer {
  TimerRecord* records;
  std::size_t count;
};

RecordBuffer read_record_buffer(const Napi::Value& value) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_bigint64_array) {
    throw expected(value.Env(), "records", "a BigInt64Array");
  }
  auto array = value.As<Napi::BigInt64Array>();
  return {reinterpret_cast<TimerRecord*>(array.Data()), array.ElementLength() / 2};
}

// Waits for an instance, and has it read when there is something.
class InstancePoll final : public Poll {
 public:
  InstancePoll(napi_env env, TimerInstance& instance)
      : Poll(env, instance.descriptor()), instance_(instance) {}
  ~InstancePoll() { close(); }

  // As batches for `slot`.
  void listen(std::shared_ptr<TimerRecords> records, std::int32_t slot) {
    start();
    records_ = std::move(records);
    slot_ = slot;
  }

 private:
  std::shared_ptr<Batch> take(bool failed) noexcept override {
    const bool begun = !records_->empty();
    switch (records_->take(instance_, slot_, failed)) {
      case TimerRecords::Result::kGoOn:
        break;
      case TimerRecords::Result::kRearm:
        restart();
        break;
      case TimerRecords::Result::kFinish:
        stop();
        break;
    }
    return begun || records_->empty() ? nullptr : records_;
  }

  void release() noexcept override { instance_.close(); }

  TimerInstance& instance_;
  std::shared_ptr<TimerRecords> records_;
  std::int32_t slot_ = -1;
};

using PolledInstance = Polled<TimerInstance, InstancePoll>;

napi_value select(PolledInstance& polled, const Napi::CallbackInfo& info) {
  const auto number = [&](std::size_t index, const char* name) {
    return read_integer<std::int32_t>(info[index], name);
  };
  const TimerAddress address{.device_class = number(0, "class"),
                             .card = number(2, "card"),
                             .device = number(3, "device"),
                             .subdevice = number(4, "subdevice")};
  return Napi::Number::New(info.Env(), polled.device().select(number(1, "slaveClass"), address));
}

napi_value set(PolledInstance& polled, const Napi::CallbackInfo& info) {
  const auto number = [&](std::size_t index, const char* name) {
    return read_integer<std::uint32_t>(info[index], name);
  };
  polled.device().set({.flags = number(0, "flags"),
                       .ticks = number(1, "ticks"),
                       .queue_size = number(2, "queueSize"),
                       .filter = number(3, "filter")});
  return nullptr;
}

template <void (TimerInstance::*Call)()>
napi_value without_arguments(PolledInstance& polled, const Napi::CallbackInfo&) {
  (polled.device().*Call)();
  return nullptr;
}

napi_value info_of(PolledInstance& polled, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const TimerInstanceInfo timer = polled.device().info();
  Napi::Object result = Napi::Object::New(env);
  result.Set("flags", timer.flags);
  result.Set("card", timer.card);
  result.Set("id", timer.id);
  result.Set("name", timer.name);
  result.Set("resolution", Napi::BigInt::New(env, timer.resolution));
  return result;
}

napi_value status_of(PolledInstance& polled, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const TimerInstanceStatus status = polled.device().status();
  Napi::Object result = Napi::Object::New(env);
  result.Set("timestamp", Napi::BigInt::New(env, status.timestamp));
  result.Set("resolution", status.resolution);
  result.Set("lost", status.lost);
  result.Set("overrun", status.overrun);
  result.Set("queue", status.queue);
  return result;
}

napi_value probe(PolledInstance& polled, const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), polled.device().probe());
}

napi_value read(PolledInstance& polled, const Napi::CallbackInfo& info) {
  const RecordBuffer buffer = read_record_buffer(info[0]);
  const std::int64_t count = polled.device().read(buffer.records, buffer.count);
  return Napi::Number::New(info.Env(), static_cast<double>(count));
}

napi_value listen(PolledInstance& polled, const Napi::CallbackInfo& info) {
  polled.poll().listen(unwrap_timer_records(info[0]), read_integer<std::int32_t>(info[1], "slot"));
  return nullptr;
}

napi_value unlisten(PolledInstance& polled, const Napi::CallbackInfo&) {
  polled.stop();
  return nullptr;
}

napi_value set_ref(PolledInstance& polled, const Napi::CallbackInfo& info) {
  polled.set_ref(read_boolean(info[0], "referenced"));
  return nullptr;
}

const HandleClass<PolledInstance>& instance_class() {
  using Instances = HandleClass<PolledInstance>;
  static const Instances kClass("TimerInstance", {0x0b93d2f64c7e4a58, 0xa6d1f02b8e5c4937},
                                {Instances::method<select>("select"), Instances::method<set>("set"),
                                 Instances::method<without_arguments<&TimerInstance::start>>("start"),
                                 Instances::method<without_arguments<&TimerInstance::stop>>("stop"),
                                 Instances::method<without_arguments<&TimerInstance::resume>>("continue"),
                                 Instances::method<without_arguments<&TimerInstance::pause>>("pause"),
                                 Instances::method<info_of>("info"), Instances::method<status_of>("status"),
                                 Instances::method<probe>("probe"), Instances::method<read>("read"),
                                 Instances::method<listen>("listen"), Instances::method<unlisten>("unlisten"),
                                 Instances::method<set_ref>("setRef")});
  return kClass;
}

napi_value open(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  std::string path = read_string(info[0], "path");
  const bool timestamped = read_boolean(info[1], "timestamped");
  return instance_class().make(env, std::make_shared<PolledInstance>(env, std::move(path), timestamped));
}

constexpr std::array kEntries{Entry{"openTimerInstance", entry<open>}};

}  // namespace

bool is_timer_instance(const Napi::Value& value) { return instance_class().is_handle(value); }

TimerInstance duplicate_timer_instance(const Napi::Value& value) {
  return instance_class().unwrap(value, "a handle of openTimerInstance")->device().duplicate();
}

Entries timer_instance_entries() { return kEntries; }

}  // namespace alsa_utimer::binding
