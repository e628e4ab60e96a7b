#include "clock/media_ring.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <mutex>
#include <utility>

namespace alsa_utimer {
namespace {

using Lock = std::lock_guard<PriorityMutex>;

// Beyond, losses that nobody asks for are counted only.
constexpr std::size_t kMostLosses = 256;
// So many times a second at least a loss is told that goes on.
constexpr std::uint32_t kTolds = 10;

}  // namespace

MediaRing::MediaRing(const Shape& shape, std::int64_t next)
    : shape_(shape),
      capacity_(shape.period_frames * shape.periods),
      bytes_(capacity_ * shape.frame_bytes),
      present_(capacity_),
      fill_(shape.frame_bytes, shape.silence, shape.repeat_frames),
      next_(next) {}

std::int64_t MediaRing::end_of(std::int64_t position) const noexcept {
  const auto frames = static_cast<std::int64_t>(shape_.period_frames);
  return (position < 0 ? (position + 1) / frames - 1 : position / frames) + 1;
}

std::size_t MediaRing::slot(std::int64_t position) const noexcept {
  return static_cast<std::size_t>(position) % capacity_;
}

void MediaRing::rest() {
  const Lock lock(mutex_);
  resting_ = true;
}

MediaRing::Written MediaRing::write(std::uint32_t timestamp, const std::uint8_t* data, std::size_t frames,
                                    Before before, std::int64_t now) {
  const Lock lock(mutex_);
  Written written;
  written.next = next_;
  written.position = next_ + static_cast<std::int32_t>(timestamp - static_cast<std::uint32_t>(next_));
  const auto count = static_cast<std::int64_t>(frames);
  const auto room = static_cast<std::int64_t>(capacity_ - shape_.period_frames);
  if (written.position + count > next_ + room ||
      next_ - written.position > static_cast<std::int64_t>(shape_.late_frames)) {
    written.refused = true;
    return written;
  }
  if (before == Before::kNone) {
    newest_.reset();
    margin_ = {};
  }
  note_margin(written.position, now);
  written.late = static_cast<std::size_t>(std::clamp<std::int64_t>(next_ - written.position, 0, count));
  written.placed = place(written.position + static_cast<std::int64_t>(written.late),
                         data + written.late * shape_.frame_bytes, frames - written.late);
  stats_.waiting += written.placed;
  fill_.set_packet(frames);
  account(written, frames, before);
  return written;
}

std::size_t MediaRing::place(std::int64_t position, const std::uint8_t* data, std::size_t frames) {
  if (frames == 0) {
    return 0;
  }
  const std::size_t at = slot(position);
  const std::size_t part = std::min(frames, capacity_ - at);
  return place_at(at, data, part) + place_at(0, data + part * shape_.frame_bytes, frames - part);
}

std::size_t MediaRing::place_at(std::size_t at, const std::uint8_t* data, std::size_t frames) {
  std::size_t placed = 0;
  const auto all = present_.begin() + static_cast<std::ptrdiff_t>(at);
  const auto end = all + static_cast<std::ptrdiff_t>(frames);
  for (auto from = std::find(all, end, 0); from != end;) {
    const auto to = std::find(from, end, 1);
    const auto offset = static_cast<std::size_t>(from - all);
    const auto run = static_cast<std::size_t>(to - from);
    std::memcpy(bytes_.data() + (at + offset) * shape_.frame_bytes, data + offset * shape_.frame_bytes,
                run * shape_.frame_bytes);
    std::fill(from, to, std::uint8_t{1});
    placed += run;
    from = std::find(to, end, 0);
  }
  return placed;
}

// What is lost between two packets is known with the second one, as far as its time has come.
void MediaRing::account(const Written& written, std::size_t frames, Before before) {
  const std::int64_t end = written.position + static_cast<std::int64_t>(frames);
  if (written.placed > 0) {
    resting_ = false;
  }
  if (!newest_) {
    if (written.placed == 0) {
      return;
    }
    first_ = written.position + static_cast<std::int64_t>(written.late);
    newest_ = first_;
  }
  if (end <= *newest_) {
    return;
  }
  if (before == Before::kLeftOut && written.position > *newest_) {
    // Its time may have come: it was silence then, as it is now.
    const std::int64_t from = std::max(*newest_, next_);
    if (from < written.position) {
      const std::vector<std::uint8_t> silence(
          static_cast<std::size_t>(written.position - from) * shape_.frame_bytes, shape_.silence);
      stats_.waiting += place(from, silence.data(), silence.size() / shape_.frame_bytes);
    }
    newest_ = written.position;
  }
  const std::int64_t last = std::exchange(newest_, end).value();
  lose(last, std::min(end, next_));
}

void MediaRing::note_margin(std::int64_t position, std::int64_t now) noexcept {
  if (moved_end_ == 0) {
    return;
  }
  const auto frames =
      static_cast<double>((end_of(position) - moved_end_) * static_cast<std::int64_t>(shape_.period_frames));
  const auto due = moved_at_ + static_cast<std::int64_t>(frames * 1e9 / shape_.rate);
  margin_.add(due - now, now);
}

MediaRing::Period MediaRing::take(std::uint64_t end, std::int64_t now) {
  const Lock lock(mutex_);
  const auto frames = static_cast<std::int64_t>(shape_.period_frames);
  const std::int64_t start = (static_cast<std::int64_t>(end) - 1) * frames;
  if (start != next_) {
    jump(start);
  }
  moved_end_ = static_cast<std::int64_t>(end);
  moved_at_ = now;
  const std::size_t at = slot(start);
  std::uint8_t* const bytes = bytes_.data() + at * shape_.frame_bytes;
  bool sounds = false;
  const auto all = present_.begin() + static_cast<std::ptrdiff_t>(at);
  const auto last = all + frames;
  for (auto from = all; from != last;) {
    const auto to = std::find(from, last, *from ^ 1);
    std::uint8_t* const run = bytes + static_cast<std::size_t>(from - all) * shape_.frame_bytes;
    const auto length = static_cast<std::size_t>(to - from);
    if (*from != 0) {
      fill_.hear(run, length);
      stats_.waiting -= length;
      sounds = true;
    } else {
      lose(start + (from - all), start + (to - all));
      sounds = fill_.fill(run, length) || sounds;
    }
    from = to;
  }
  std::fill(all, last, std::uint8_t{0});
  next_ = start + frames;
  const bool begun = newest_ && next_ > first_;
  return {bytes, sounds, begun && (!resting_ || start < *newest_)};
}

void MediaRing::jump(std::int64_t to) {
  if (to > next_) {
    lose(next_, to);
    forget(next_, to - next_);
  } else {
    forget(to, next_ - to);
    newest_.reset();
  }
  next_ = to;
}

void MediaRing::forget(std::int64_t from, std::int64_t frames) {
  const std::size_t count = std::min(static_cast<std::size_t>(frames), capacity_);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint8_t& present = present_[slot(from + static_cast<std::int64_t>(i))];
    stats_.waiting -= present;
    present = 0;
  }
}

void MediaRing::lose(std::int64_t from, std::int64_t to) {
  if (!newest_) {
    return;
  }
  from = std::max(from, first_);
  to = std::min(to, *newest_);
  if (to <= from) {
    return;
  }
  stats_.lost += static_cast<std::uint64_t>(to - from);
  const bool goes_on = from == lost_until_;
  stats_.gaps += goes_on ? 0 : 1;
  if (goes_on && !losses_.empty()) {
    losses_.back().frames += to - from;
  } else if (losses_.size() < kMostLosses) {
    losses_.push_back({from, to - from});
  }
  lost_until_ = to;
}

// The last one may go on with the period that is taken next, or with the next packet that is late.
std::size_t MediaRing::known_losses() const noexcept {
  if (losses_.empty() || !is_running() || losses_.back().frames >= shape_.rate / kTolds) {
    return losses_.size();
  }
  const bool late = lost_until_ == *newest_;
  const bool missing = lost_until_ == next_ && *newest_ > next_ && present_[slot(next_)] == 0;
  return losses_.size() - (late || missing ? 1 : 0);
}

bool MediaRing::has_losses() {
  const Lock lock(mutex_);
  return known_losses() > 0;
}

std::vector<MediaRing::Loss> MediaRing::take_losses() {
  const Lock lock(mutex_);
  const auto end = losses_.begin() + static_cast<std::ptrdiff_t>(known_losses());
  std::vector<Loss> known(losses_.begin(), end);
  losses_.erase(losses_.begin(), end);
  return known;
}

MediaRing::Stats MediaRing::stats() {
  const Lock lock(mutex_);
  Stats stats = stats_;
  stats.next = next_;
  stats.end = newest_;
  stats.margin_ns = margin_.value();
  return stats;
}

}  // namespace alsa_utimer
