/**
 * RTP as AES67 uses it: L16 and L24 audio over UDP.
 *
 * @module alsa-utimer/rtp
 */

export {
  payloadFrameBytes,
  RTP_ENCODINGS,
  RTP_PCM_FORMATS,
  type RtpAudioFormat,
  type RtpEncoding,
  type RtpPcmFormat,
} from './format.js';
export type { ContradictionEvent } from './jitter-buffer/contradictions.js';
export type {
  DiscontinuityEvent,
  LossEvent,
  PacketRejection,
  Placement,
  StreamStart,
  StreamStartEvent,
} from './jitter-buffer/events.js';
export { JitterBuffer } from './jitter-buffer/jitter-buffer.js';
export type { FrameSink, JitterBufferOptions, LossFill } from './jitter-buffer/options.js';
export type { JitterBufferStats } from './jitter-buffer/stats.js';
export {
  parseRtpPacket,
  type RtpPacket,
  type RtpPacketOptions,
  type RtpRejection,
  serializeRtpPacket,
} from './packet.js';
export { framesOfPtime, packetFramesFor, ptimeOfFrames } from './packet-time.js';
export type { PayloadEncoding } from './payload-types.js';
export type { ClockEvent, PlayoutStats } from './playout/events.js';
export type { PlayoutOptions } from './playout/options.js';
export { RtpReceiver } from './receiver.js';
export type { RtpReceiverEvents, RtpReceiverStats } from './receiver-events.js';
export type { RtpReceiverOptions } from './receiver-options.js';
export { describeRefusal, type RefusalEvent, type RefusalOption, type RefusalReason } from './refusals.js';
export { decodePayload, encodePayload } from './sample-converter.js';
export { type DescribeOptions, describeStream } from './sdp/describe.js';
export { SdpError } from './sdp/error.js';
export { type LoadSdpOptions, loadSdp } from './sdp/load.js';
export type { MediaClock } from './sdp/media-clock.js';
export { type ParseSdpOptions, parseSdp, type StreamParameters } from './sdp/parse.js';
export type { SourceFilter } from './sdp/source-filter.js';
export { RtpSender } from './sender.js';
export type { PaceOptions, RtpSenderOptions, SenderDescription } from './sender-options.js';
export type { RtpSenderStats } from './sender-stats.js';
