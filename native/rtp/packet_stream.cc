#include "rtp/packet_stream.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "alsa/system_error.h"

namespace alsa_utimer {
namespace {

// A stream that is behind sends so many packets in the time of one: more at once would overrun the receiver.
constexpr std::size_t kCatchUpSpeed = 4;

void put16(std::uint8_t* to, std::uint16_t value) noexcept {
  to[0] = static_cast<std::uint8_t>(value >> 8);
  to[1] = static_cast<std::uint8_t>(value);
}

void put32(std::uint8_t* to, std::uint32_t value) noexcept {
  put16(to, static_cast<std::uint16_t>(value >> 16));
  put16(to + 2, static_cast<std::uint16_t>(value));
}

}  // namespace

PacketStream::PacketStream(SendingSocket socket, const PacketParameters& parameters, std::size_t packets)
    : parameters_(parameters),
      packet_bytes_(std::size_t{parameters.packet_frames} * parameters.frame_bytes),
      slot_bytes_((sizeof(Head) + packet_bytes_ + alignof(Head) - 1) / alignof(Head) * alignof(Head)),
      queue_(slot_bytes_, packets),
      slot_(slot_bytes_),
      socket_(std::move(socket)),
      sequence_(parameters.sequence),
      timestamp_(parameters.timestamp) {}

std::size_t PacketStream::room(std::size_t most) {
  const std::size_t packets = std::min(queue_.room() / slot_bytes_, most - std::min(most, queue_.queued()));
  return packets == 0 ? 0 : packets * packet_bytes_ - pending_;
}

std::uint64_t PacketStream::write(const std::uint8_t* data, std::size_t length) {
  std::uint64_t packets = 0;
  while (length > 0) {
    const std::size_t part = std::min(length, packet_bytes_ - pending_);
    std::memcpy(slot_.data() + sizeof(Head) + pending_, data, part);
    data += part;
    length -= part;
    pending_ += part;
    if (pending_ == packet_bytes_) {
      make(packet_bytes_);
      ++packets;
    }
  }
  return packets;
}

void PacketStream::flush() noexcept {
  pending_ -= pending_ % parameters_.frame_bytes;
  if (pending_ > 0) {
    make(pending_);
  }
  const Lock lock(mutex_);
  begun_ = true;
}

void PacketStream::skip(std::uint32_t frames) {
  flush();
  skipped_frames_ += frames;
  written_frames_ += frames;
}

void PacketStream::make(std::size_t payload_bytes) {
  pending_ = 0;
  const auto frames = static_cast<std::uint32_t>(payload_bytes / parameters_.frame_bytes);
  written_frames_ += frames;
  if (!has_room()) {
    send();
  }
  if (!has_room()) {
    ++skipped_packets_;
    skipped_frames_ += frames;
    const Lock lock(mutex_);
    ++stats_.dropped;
    return;
  }
  const Head head{static_cast<std::uint32_t>(payload_bytes),
                  std::exchange(skipped_packets_, 0),
                  std::exchange(skipped_frames_, 0),
                  {}};
  std::memcpy(slot_.data(), &head, sizeof head);
  queue_.write(slot_.data(), slot_bytes_);
}

void PacketStream::send() noexcept {
  const Lock lock(mutex_);
  if (!closed_ && !policy_) {
    send_packets(queue_.queued(), std::nullopt);
  }
}

std::uint32_t PacketStream::timestamp() {
  const Lock lock(mutex_);
  return timestamp_ +
         static_cast<std::uint32_t>(written_frames_ - taken_frames_ + pending_ / parameters_.frame_bytes);
}

std::uint64_t PacketStream::waiting_frames() {
  const Lock lock(mutex_);
  return written_frames_ - taken_frames_ - skipped_frames_ + pending_ / parameters_.frame_bytes;
}

void PacketStream::begin_pacing(const PacketPolicy& policy) {
  const Lock lock(mutex_);
  if (closed_) {
    throw ClosedError();
  }
  policy_ = policy;
  owed_ = 0;
  begun_ = false;
}

void PacketStream::end_pacing() noexcept {
  const Lock lock(mutex_);
  policy_.reset();
  queue_.pop(queue_.queued());
  skipped_packets_ = 0;
  skipped_frames_ = 0;
  written_frames_ = taken_frames_;
}

PacketStats PacketStream::stats() {
  const Lock lock(mutex_);
  return stats_;
}

PacerTarget::Result PacketStream::move(std::uint64_t end, PacerTarget::Failure& failure) noexcept {
  const Lock lock(mutex_);
  if (closed_ || !policy_) {
    failure = {EBADF, SendingSocket::kSendCall};
    return PacerTarget::Result::kFailed;
  }
  const std::size_t queued = queue_.queued();
  const std::size_t each = policy_->packets_per_end;
  std::size_t most = each;
  std::optional<std::uint32_t> timestamp;
  if (policy_->media_offset) {
    const std::uint64_t first = (end - 1) * each * parameters_.packet_frames;
    timestamp = static_cast<std::uint32_t>(first + *policy_->media_offset);
  } else {
    owed_ = owed_ + each > policy_->most_owed ? each : owed_ + each;
    most = std::min<std::size_t>(owed_, kCatchUpSpeed * each);
  }
  if (!begun_ && queued < policy_->first_packets) {
    // A source that has yet to begin is not behind.
    owed_ = 0;
    return PacerTarget::Result::kIdle;
  }
  begun_ = true;
  if (queued == 0) {
    return PacerTarget::Result::kNothing;
  }
  const std::size_t taken = send_packets(std::min(most, queued), timestamp);
  owed_ -= std::min<std::uint64_t>(owed_, taken);
  return taken > 0 ? PacerTarget::Result::kMoved : PacerTarget::Result::kPostponed;
}

std::size_t PacketStream::send_packets(std::size_t most, std::optional<std::uint32_t> timestamp) noexcept {
  if (timestamp && most > 0) {
    timestamp_ = *timestamp - reinterpret_cast<const Head*>(queue_.front())->skipped_frames;
  }
  std::size_t taken = 0;
  while (taken < most) {
    const std::size_t batch = send_batch(most - taken);
    if (batch == 0) {
      break;
    }
    taken += batch;
  }
  return taken;
}

std::size_t PacketStream::send_batch(std::size_t most) noexcept {
  std::array<iovec, SendingSocket::kMost> datagrams;
  std::uint16_t sequence = sequence_;
  std::uint32_t timestamp = timestamp_;
  std::size_t count = 0;
  for (; count < std::min(most, datagrams.size()); ++count) {
    auto& head = *reinterpret_cast<Head*>(queue_.front(count));
    number(head, sequence, timestamp);
    datagrams[count] = {.iov_base = head.header, .iov_len = kHeaderBytes + head.payload_bytes};
  }
  const std::int64_t sent = socket_.send(datagrams.data(), count);
  if (sent == -EAGAIN) {
    return 0;
  }
  const std::size_t taken = sent < 0 ? 1 : static_cast<std::size_t>(sent);
  for (std::size_t i = 0; i < taken; ++i) {
    const Head& head = *reinterpret_cast<const Head*>(queue_.front(i));
    const std::uint32_t frames = frames_of(head);
    sequence_ = static_cast<std::uint16_t>(sequence_ + head.skipped_packets + 1);
    timestamp_ += head.skipped_frames + frames;
    taken_frames_ += head.skipped_frames + frames;
    stats_.frames += frames;
  }
  if (sent < 0) {
    ++stats_.failed;
    stats_.last_error = static_cast<int>(-sent);
  } else {
    stats_.sent += taken;
  }
  queue_.pop(taken);
  return taken;
}

void PacketStream::number(Head& head, std::uint16_t& sequence, std::uint32_t& timestamp) const noexcept {
  sequence = static_cast<std::uint16_t>(sequence + head.skipped_packets);
  timestamp += head.skipped_frames;
  head.header[0] = 0x80;  // version 2, without padding, extension and contributing sources
  head.header[1] = parameters_.payload_type;
  put16(head.header + 2, sequence);
  put32(head.header + 4, timestamp);
  put32(head.header + 8, parameters_.ssrc);
  ++sequence;
  timestamp += frames_of(head);
}

std::uint32_t PacketStream::frames_of(const Head& head) const noexcept {
  return head.payload_bytes / parameters_.frame_bytes;
}

void PacketStream::close() noexcept {
  {
    const Lock lock(mutex_);
    closed_ = true;
    socket_.close();
  }
  queue_.abandon();
}

bool PacketStream::closed() noexcept {
  const Lock lock(mutex_);
  return closed_;
}

}  // namespace alsa_utimer
