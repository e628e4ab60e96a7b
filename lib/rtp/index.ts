/** RTP as AES67 uses it: L16 and L24 audio over UDP. */
export {
  decodePayload,
  encodePayload,
  framesOfPtime,
  payloadFrameBytes,
  ptimeOfFrames,
  RTP_ENCODINGS,
  RTP_PCM_FORMATS,
  type RtpAudioFormat,
  type RtpEncoding,
  type RtpPcmFormat,
} from './format.js';
export type { PaceClock } from './pacer.js';
export {
  parseRtpPacket,
  type RtpPacket,
  type RtpPacketOptions,
  type RtpRejection,
  serializeRtpPacket,
} from './packet.js';
export {
  type FrameSink,
  type LossEvent,
  type LossFill,
  type PacketRejection,
  type Placement,
  Placer,
  type PlacerOptions,
  type PlacerStats,
  type StreamStart,
  type StreamStartEvent,
} from './placer.js';
export {
  RtpReceiver,
  type RtpReceiverEvents,
  type RtpReceiverOptions,
  type RtpReceiverStats,
} from './receiver.js';
export {
  type DescribeOptions,
  describeStream,
  type LoadSdpOptions,
  loadSdp,
  type MediaClock,
  type ParseSdpOptions,
  parseSdp,
  SdpError,
  type StreamParameters,
} from './sdp.js';
export {
  type PaceOptions,
  RtpSender,
  type RtpSenderOptions,
  type RtpSenderStats,
} from './sender.js';
