// A stream of RTP packets to one address (RFC 3550): frames in, packets out, at once or as a pacer says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "clock/pacer_target.h"
#include "clock/period_queue.h"
#include "clock/priority_mutex.h"
#include "net/sending_socket.h"

namespace alsa_utimer {

struct PacketParameters {
  std::uint8_t payload_type;
  std::uint32_t ssrc;
  std::uint16_t sequence;   // of the first packet
  std::uint32_t timestamp;  // of the first frame
  std::uint32_t packet_frames;
  std::uint32_t frame_bytes;  // of the payload
};

struct PacketPolicy {
  std::uint32_t packets_per_end;
  // How many wait before the first one is sent; what ends with flush() is sent in any case.
  std::uint32_t first_packets;
  // How many may be owed to a source that falls behind; beyond that the time is counted anew.
  std::uint32_t most_owed;
  // Timestamps are those of the media clock, whose frame 0 was at the origin of the schedule, and which shows
  // this there. Nothing: they count frames.
  std::optional<std::uint32_t> media_offset;
};

struct PacketStats {
  std::uint64_t sent = 0;
  std::uint64_t dropped = 0;  // for want of room
  std::uint64_t failed = 0;   // refused by the kernel
  std::uint64_t frames = 0;   // in packets
  int last_error = 0;
};

// One thread writes. The thread of a pacer sends while it is paced; otherwise the one that writes does.
class PacketStream {
 public:
  // Room for so many packets that wait. Throws SystemError.
  PacketStream(SendingSocket socket, const PacketParameters& parameters, std::size_t packets);

  // For the one that writes. Lengths are of payload.

  // Bytes that write() takes without dropping any, and without more than `most` packets waiting.
  [[nodiscard]] std::size_t room(std::size_t most);
  // Whole packets that wait.
  [[nodiscard]] std::size_t queued() { return queue_.queued(); }
  [[nodiscard]] PeriodQueue& queue() noexcept { return queue_; }
  // Returns the packets that were made. Of those that have no room their place in the stream stays.
  std::uint64_t write(const std::uint8_t* data, std::size_t length);
  // Makes a shorter packet of the frames that wait for the rest of theirs; a part of a frame goes.
  void flush() noexcept;
  // The next frames are that much later.
  void skip(std::uint32_t frames);
  // Sends what waits, as far as the kernel has room, unless a pacer does.
  void send() noexcept;
  // Of the next frame that is written.
  [[nodiscard]] std::uint32_t timestamp();
  [[nodiscard]] std::uint64_t waiting_frames();

  void begin_pacing(const PacketPolicy& policy);
  // What waits for its time goes.
  void end_pacing() noexcept;

  // From any thread.

  [[nodiscard]] PacketStats stats();
  // At the end of a period, as PacerTarget::move().
  PacerTarget::Result move(std::uint64_t end, PacerTarget::Failure& failure) noexcept;
  // Writable once the kernel has room. A duplicate.
  [[nodiscard]] UniqueFd room_event() const { return socket_.duplicate(); }
  void close() noexcept;
  [[nodiscard]] bool closed() noexcept;

 private:
  using Lock = std::lock_guard<PriorityMutex>;

  static constexpr std::size_t kHeaderBytes = 12;
  // In front of the payload of a packet that waits. What was left out before it counts when it is sent.
  struct Head {
    std::uint32_t payload_bytes;
    std::uint32_t skipped_packets;
    std::uint32_t skipped_frames;
    std::uint8_t header[kHeaderBytes];
  };
  static_assert(sizeof(Head) == 3 * 4 + kHeaderBytes, "the payload follows the header at once");

  void make(std::size_t payload_bytes);
  [[nodiscard]] bool has_room() { return queue_.room() >= slot_bytes_; }
  // The rest with the mutex locked.
  // Of the packets that wait up to `most`, the first one with this timestamp where there is one. Returns how
  // many wait no more.
  std::size_t send_packets(std::size_t most, std::optional<std::uint32_t> timestamp) noexcept;
  [[nodiscard]] std::size_t send_batch(std::size_t most) noexcept;
  // Writes its header, from what comes next in the stream.
  void number(Head& head, std::uint16_t& sequence, std::uint32_t& timestamp) const noexcept;
  [[nodiscard]] std::uint32_t frames_of(const Head& head) const noexcept;

  const PacketParameters parameters_;
  const std::size_t packet_bytes_;
  const std::size_t slot_bytes_;
  PeriodQueue queue_;

  // Of the one that writes.
  std::vector<std::uint8_t> slot_;  // the packet that is begun, with its head
  std::size_t pending_ = 0;         // bytes of its payload
  std::uint32_t skipped_packets_ = 0;
  std::uint32_t skipped_frames_ = 0;
  std::uint64_t written_frames_ = 0;  // and left out

  PriorityMutex mutex_;  // guards all below
  SendingSocket socket_;
  bool closed_ = false;
  std::optional<PacketPolicy> policy_;  // while it is paced
  std::uint64_t owed_ = 0;              // packets whose time has come
  bool begun_ = false;                  // since begin_pacing()
  std::uint16_t sequence_;              // of the next packet
  std::uint32_t timestamp_;             // of its first frame
  std::uint64_t taken_frames_ = 0;      // and left out
  PacketStats stats_;
};

}  // namespace alsa_utimer
