#include "binding/timer_instance_binding.h"

#include <memory>
#include <string>
#include <utility>

#include "alsa/timer_instance.h"
#include "binding/arguments.h"
#include "binding/handle.h"
#include "binding/poll.h"
#include "binding/timer_records.h"

namespace alsa_utimer::binding {
namespace {

constexpr napi_type_tag kTag{0x0b93d2f64c7e4a58, 0xa6d1f02b8e5c4937};

// Room for records: a BigInt64Array with two elements for each, TimerRecord as it lies in memory.
struct Room {
  TimerRecord* records;
  std::size_t count;
};

Room read_room(const Napi::Value& value) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_bigint64_array) {
    throw expected(value.Env(), "records", "a BigInt64Array");
  }
  auto array = value.As<Napi::BigInt64Array>();
  return {reinterpret_cast<TimerRecord*>(array.Data()), array.ElementLength() / 2};
}

// Waits for an instance, and has it read when there is something.
class Delivery final : public Poll {
 public:
  Delivery(napi_env env, TimerInstance& instance) : Poll(env, instance.descriptor()), instance_(instance) {}
  ~Delivery() { close(); }

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

// An instance with its place in the event loop, which it takes when it is first listened to.
class Listener {
 public:
  Listener(napi_env env, std::string path, bool timestamped)
      : env_(env), instance_(std::move(path), timestamped) {}

  [[nodiscard]] TimerInstance& instance() noexcept { return instance_; }

  void listen(std::shared_ptr<TimerRecords> records, std::int32_t slot) {
    if (instance_.closed()) {
      throw ClosedError();
    }
    if (delivery_ == nullptr) {
      delivery_ = std::make_unique<Delivery>(env_, instance_);
      set_ref(referenced_);
    }
    delivery_->listen(std::move(records), slot);
  }

  void unlisten() noexcept {
    if (delivery_ != nullptr) {
      delivery_->stop();
    }
  }

  void set_ref(bool referenced) noexcept {
    referenced_ = referenced;
    if (delivery_ != nullptr) {
      delivery_->set_ref(referenced);
    }
  }

  void close() noexcept {
    // Closed, not destroyed: this may be called from what it delivers.
    if (delivery_ != nullptr) {
      delivery_->close();
    } else {
      instance_.close();
    }
  }

 private:
  napi_env env_;
  TimerInstance instance_;
  std::unique_ptr<Delivery> delivery_;  // goes first: it polls the instance's descriptor
  bool referenced_ = true;
};

using InstanceHandle = Handle<Listener>;

napi_value select(Listener& listener, const Napi::CallbackInfo& info) {
  const auto number = [&](std::size_t index, const char* name) {
    return read_integer<std::int32_t>(info[index], name);
  };
  const TimerAddress address{.device_class = number(0, "class"),
                             .card = number(2, "card"),
                             .device = number(3, "device"),
                             .subdevice = number(4, "subdevice")};
  return Napi::Number::New(info.Env(), listener.instance().select(number(1, "slaveClass"), address));
}

napi_value set(Listener& listener, const Napi::CallbackInfo& info) {
  const auto number = [&](std::size_t index, const char* name) {
    return read_integer<std::uint32_t>(info[index], name);
  };
  listener.instance().set({.flags = number(0, "flags"),
                           .ticks = number(1, "ticks"),
                           .queue_size = number(2, "queueSize"),
                           .filter = number(3, "filter")});
  return nullptr;
}

template <void (TimerInstance::*Call)()>
napi_value plainly(Listener& listener, const Napi::CallbackInfo&) {
  (listener.instance().*Call)();
  return nullptr;
}

napi_value info_of(Listener& listener, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const TimerInstanceInfo timer = listener.instance().info();
  Napi::Object result = Napi::Object::New(env);
  result.Set("flags", timer.flags);
  result.Set("card", timer.card);
  result.Set("id", timer.id);
  result.Set("name", timer.name);
  result.Set("resolution", Napi::BigInt::New(env, timer.resolution));
  return result;
}

napi_value status_of(Listener& listener, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const TimerInstanceStatus status = listener.instance().status();
  Napi::Object result = Napi::Object::New(env);
  result.Set("timestamp", Napi::BigInt::New(env, status.timestamp));
  result.Set("resolution", status.resolution);
  result.Set("lost", status.lost);
  result.Set("overrun", status.overrun);
  result.Set("queue", status.queue);
  return result;
}

napi_value probe(Listener& listener, const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), listener.instance().probe());
}

napi_value read(Listener& listener, const Napi::CallbackInfo& info) {
  const Room room = read_room(info[0]);
  const std::int64_t count = listener.instance().read(room.records, room.count);
  return Napi::Number::New(info.Env(), static_cast<double>(count));
}

napi_value listen(Listener& listener, const Napi::CallbackInfo& info) {
  listener.listen(unwrap_timer_records(info[0]), read_integer<std::int32_t>(info[1], "slot"));
  return nullptr;
}

napi_value unlisten(Listener& listener, const Napi::CallbackInfo&) {
  listener.unlisten();
  return nullptr;
}

napi_value set_ref(Listener& listener, const Napi::CallbackInfo& info) {
  listener.set_ref(read_boolean(info[0], "referenced"));
  return nullptr;
}

napi_value close(Listener& listener, const Napi::CallbackInfo&) {
  listener.close();
  return nullptr;
}

napi_value closed(Listener& listener, const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), listener.instance().closed());
}

napi_value open(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  std::string path = read_string(info[0], "path");
  const bool timestamped = read_boolean(info[1], "timestamped");
  const auto listener = std::make_shared<Listener>(env, std::move(path), timestamped);
  Napi::Object handle = InstanceHandle::make(env, listener, kTag);
  InstanceHandle::add<select>(env, handle, "select", listener);
  InstanceHandle::add<set>(env, handle, "set", listener);
  InstanceHandle::add<plainly<&TimerInstance::start>>(env, handle, "start", listener);
  InstanceHandle::add<plainly<&TimerInstance::stop>>(env, handle, "stop", listener);
  InstanceHandle::add<plainly<&TimerInstance::resume>>(env, handle, "continue", listener);
  InstanceHandle::add<plainly<&TimerInstance::pause>>(env, handle, "pause", listener);
  InstanceHandle::add<info_of>(env, handle, "info", listener);
  InstanceHandle::add<status_of>(env, handle, "status", listener);
  InstanceHandle::add<probe>(env, handle, "probe", listener);
  InstanceHandle::add<read>(env, handle, "read", listener);
  InstanceHandle::add<listen>(env, handle, "listen", listener);
  InstanceHandle::add<unlisten>(env, handle, "unlisten", listener);
  InstanceHandle::add<set_ref>(env, handle, "setRef", listener);
  InstanceHandle::add<close>(env, handle, "close", listener);
  InstanceHandle::add<closed>(env, handle, "closed", listener);
  return handle;
}

}  // namespace

void register_timer_instance(Napi::Env env, Napi::Object exports) {
  exports.Set("openTimerInstance", make_function<open>(env, "openTimerInstance"));
}

}  // namespace alsa_utimer::binding
