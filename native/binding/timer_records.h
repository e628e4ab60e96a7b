// Where the records of all timer instances that are ready in a turn of an event loop come together, so
// that one call brings them to JavaScript: createTimerRecords(memory, capacity, callback).
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "alsa/timer_instance.h"
#include "binding/batch.h"

namespace alsa_utimer::binding {

// The memory is an ArrayBuffer: room for `capacity` records, and then two Int32 for each batch.
class TimerRecords final : public Batch {
 public:
  TimerRecords(Napi::ArrayBuffer memory, std::size_t capacity, Napi::Function callback);

  enum class Result {
    kGoOn,
    kRearm,   // the descriptor is in an error, but there may be more to read
    kFinish,  // nothing more is to be had
  };
  // Reads `instance` and notes a batch for `slot`: how many records, a negated errno, or 0 where the
  // descriptor is in an error and nothing was left. Without room it does nothing: the instance is ready in
  // the next turn, too.
  Result take(TimerInstance& instance, std::int32_t slot, bool failed) noexcept;

  [[nodiscard]] bool empty() const noexcept { return note_count_ == 0; }

  // Calls back with the number of batches.
  void deliver() noexcept override;

 private:
  struct Note {
    std::int32_t slot;
    std::int32_t count;
  };

  bool find_memory() noexcept;

  std::size_t capacity_;
  // They go with the environment.
  napi_ref memory_ = nullptr;
  napi_ref callback_ = nullptr;
  // Valid in the turn in which they were found.
  TimerRecord* records_ = nullptr;
  Note* notes_ = nullptr;
  std::size_t note_capacity_ = 0;
  std::size_t record_count_ = 0;
  std::size_t note_count_ = 0;
};

// Throws a TypeError for anything but what createTimerRecords returned.
std::shared_ptr<TimerRecords> unwrap_timer_records(const Napi::Value& value);

}  // namespace alsa_utimer::binding
