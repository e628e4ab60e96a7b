#include "binding/timer_records.h"

#include <array>
#include <utility>

#include "binding/arguments.h"
#include "binding/callback.h"
#include "binding/entries.h"
#include "binding/handle.h"

namespace alsa_utimer::binding {
namespace {

const HandleClass<TimerRecords>& records_class() {
  static const HandleClass<TimerRecords> kClass("TimerRecords", {0x5d0c7a61b3f84e29, 0x8c41e7d09a2b5f36}, {});
  return kClass;
}

napi_value create(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsArrayBuffer()) {
    throw expected(env, "memory", "an ArrayBuffer");
  }
  const auto capacity = read_integer<std::uint32_t>(info[1], "capacity");
  const auto callback = read_function(info[2], "callback").As<Napi::Function>();
  return records_class().make(
      env, std::make_shared<TimerRecords>(info[0].As<Napi::ArrayBuffer>(), capacity, callback));
}

constexpr std::array kEntries{Entry{"createTimerRecords", entry<create>}};

}  // namespace

TimerRecords::TimerRecords(Napi::ArrayBuffer memory, std::size_t capacity, Napi::Function callback)
    : Batch(memory.Env()), capacity_(capacity) {
  if (napi_create_reference(env(), memory, 1, &memory_) != napi_ok ||
      napi_create_reference(env(), callback, 1, &callback_) != napi_ok) {
    throw Napi::Error::New(env());
  }
}

TimerRecords::Result TimerRecords::take(TimerInstance& instance, std::int32_t slot, bool failed) noexcept {
  if (note_count_ == 0 && !find_memory()) {
    return Result::kFinish;
  }
  // Whole queues only: a read of less than there is would hide that a queue was full.
  if (note_count_ == note_capacity_ || capacity_ - record_count_ < TimerInstance::kMaxRecords) {
    return failed ? Result::kRearm : Result::kGoOn;
  }
  const std::int64_t count = instance.read(records_ + record_count_, TimerInstance::kMaxRecords);
  if (count == 0 && !failed) {
    return Result::kGoOn;
  }
  notes_[note_count_++] = {slot, static_cast<std::int32_t>(count)};
  if (count <= 0) {
    return Result::kFinish;
  }
  record_count_ += static_cast<std::size_t>(count);
  return failed ? Result::kRearm : Result::kGoOn;
}

void TimerRecords::deliver() noexcept {
  const std::size_t count = std::exchange(note_count_, 0);
  record_count_ = 0;
  napi_value callback = nullptr;
  napi_value batches = nullptr;
  if (napi_get_reference_value(env(), callback_, &callback) == napi_ok &&
      napi_create_uint32(env(), static_cast<std::uint32_t>(count), &batches) == napi_ok) {
    call_javascript(callback, {batches});
  }
}

// Once a turn of the event loop: the memory may have been transferred away.
bool TimerRecords::find_memory() noexcept {
  napi_value memory = nullptr;
  void* data = nullptr;
  std::size_t length = 0;
  const std::size_t records = capacity_ * sizeof(TimerRecord);
  if (napi_get_reference_value(env(), memory_, &memory) != napi_ok ||
      napi_get_arraybuffer_info(env(), memory, &data, &length) != napi_ok ||
      capacity_ < TimerInstance::kMaxRecords || length < records + sizeof(Note)) {
    return false;
  }
  records_ = static_cast<TimerRecord*>(data);
  notes_ = reinterpret_cast<Note*>(records_ + capacity_);
  note_capacity_ = (length - records) / sizeof(Note);
  return true;
}

std::shared_ptr<TimerRecords> unwrap_timer_records(const Napi::Value& value) {
  return records_class().unwrap(value, "what createTimerRecords returned");
}

Entries timer_records_entries() { return kEntries; }

}  // namespace alsa_utimer::binding
