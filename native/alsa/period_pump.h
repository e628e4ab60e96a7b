// Moves whole periods through a cable of snd-aloop: for each, SNDRV_PCM_IOCTL_WRITEI_FRAMES or _WRITEN_FRAMES
// on the playback side and SNDRV_TIMER_IOCTL_TRIGGER on the timer that clocks the cable. When the trigger
// returns, the period is at the other side. A trigger with less than a period queued would move old audio, so
// nothing but the pump may trigger its timer, and both calls are made under one lock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "alsa/idle_silence.h"
#include "alsa/pcm.h"
#include "alsa/stream_errors.h"
#include "alsa/system_error.h"
#include "alsa/unique_fd.h"
#include "alsa/utimer.h"

namespace alsa_utimer {

struct PumpParameters {
  std::uint8_t silence;  // the byte that silence is made of
  bool measure;          // keep the histogram of trigger costs
  std::string listener;  // /proc/asound/card<N>/pcm<D>c/sub<S> of the other side
};

struct PumpStats {
  // Bucket k counts the triggers that took 2^k..2^(k+1)-1 ns.
  static constexpr std::size_t kBuckets = 32;

  std::uint64_t periods;           // periods of written frames that were moved
  std::uint64_t inserted_periods;  // periods of silence that were moved while none were written
  std::uint64_t consumed_bytes;    // bytes that the last write took
  std::uint64_t xruns;             // xruns and suspends that were recovered from
  IdleSilence::Failure inserting;  // what ended the inserting of silence
  std::array<std::uint64_t, kBuckets> trigger_costs;
};

// The thread that moves silence has ended by itself: stats().inserting says why.
class SilenceEndedError : public std::exception {
 public:
  [[nodiscard]] const char* what() const noexcept override { return "silence has ended"; }
};

class PeriodPump {
 public:
  // `pcm` is a configured playback substream, which gives the sizes; `timer` the timer of its cable.
  PeriodPump(std::shared_ptr<Pcm> pcm, std::shared_ptr<Utimer> timer, const PumpParameters& parameters);
  PeriodPump(const PeriodPump&) = delete;
  PeriodPump& operator=(const PeriodPump&) = delete;
  ~PeriodPump() { close(); }

  // Moves every period that `data` completes, and keeps the rest for the next write. When it throws,
  // consumed_bytes of `data` have been taken, and nothing of a period that was not moved is queued. An xrun
  // or a suspend is recovered from. Throws SystemError, NotStartedError, StalledError, ClosedError; once
  // SilenceEndedError, before it takes anything.
  void write(const std::uint8_t* data, std::size_t length);

  // Completes a begun period with silence and moves it. Returns the bytes of silence. Throws as write() does.
  std::size_t pad();

  // The stream was prepared and is to be started with the next period; `forget` drops a begun one.
  void restart(bool forget);

  // Drops what a source that broke off has left of a frame, so that the next one begins with a whole frame.
  void drop_partial_frame();

  // From now on a thread moves a period of silence each `period` ns while nothing is written, see
  // SilenceSchedule::begin(). 0 for `period` stops it. It goes on through xruns, suspends and times when
  // somebody else runs on the timer; what else goes wrong ends it. Then write() throws SilenceEndedError, or
  // this does where it begins anew first.
  void keep_alive(std::uint64_t period, std::uint64_t grace);
  // Until resume_silence() the thread moves nothing: whoever writes has frames and waits for something else.
  void pause_silence() { silence_.pause(); }
  // `unread`: whole periods that the listener has yet to read.
  void resume_silence(std::uint64_t unread) { silence_.resume(unread); }
  // Readable once the thread has ended by itself: stats().inserting says why. A duplicate.
  [[nodiscard]] UniqueFd failure_event();

  // For another thread than the one that writes: moves this period at once, or one of silence where it is
  // null.
  [[nodiscard]] IdleSilence::Move move_now(const std::uint8_t* period, IdleSilence::Failure& failure);
  // The bytes of a period that is not complete, which are no longer here then. Throws ClosedError.
  [[nodiscard]] std::vector<std::uint8_t> take_begun();
  // The other way round: less than a period, where none has begun here since.
  void put_back_begun(const std::uint8_t* data, std::size_t length) noexcept;

  // Bytes of a period that is not complete.
  [[nodiscard]] std::size_t pending_bytes();
  [[nodiscard]] std::size_t period_bytes() const noexcept { return period_bytes_; }
  [[nodiscard]] std::uint8_t silence() const noexcept { return parameters_.silence; }
  [[nodiscard]] PumpStats stats();

  // Ends the thread. The substream and the timer stay as they are.
  void close() noexcept;
  [[nodiscard]] bool closed();

 private:
  // Nobody else uses the substream and the timer while this exists.
  struct CableLock {
    Pcm::Lock pcm;
    Utimer::Lock timer;
  };

  void check_open() const;
  void check_silence();
  [[nodiscard]] CableLock lock_cable() const { return {pcm_->lock(), timer_->lock()}; }
  void consume(const CableLock& cable, const std::uint8_t* data, std::size_t length);
  void move_written(const CableLock& cable, const std::uint8_t* period);
  IdleSilence::Move move_silence(IdleSilence::Failure& failure);
  IdleSilence::Move try_move(const std::uint8_t* period, std::uint64_t& moved, IdleSilence::Failure& failure);
  void move(const CableLock& cable, const std::uint8_t* period);
  void queue(const CableLock& cable, const std::uint8_t* period);
  void unqueue(std::uint64_t frames);
  void start();
  void trigger(const CableLock& cable);
  bool recover(const CableLock& cable, int error);

  const std::shared_ptr<Utimer> timer_;  // goes after the substream that it clocks
  const std::shared_ptr<Pcm> pcm_;
  const PumpParameters parameters_;
  const std::uint32_t frame_bytes_;
  const std::uint32_t period_frames_;
  const std::size_t period_bytes_;
  const std::vector<std::uint8_t> silent_period_;

  std::mutex mutex_;  // all below
  bool closed_ = false;
  bool started_ = false;
  std::vector<std::uint8_t> begun_period_;  // the first pending_ bytes are valid
  std::size_t pending_ = 0;
  PumpStats stats_{};
  IdleSilence silence_;  // goes first: its thread uses all above
};

}  // namespace alsa_utimer
