/** Streams of packets, at the seam. */
import type { NativeHandle, WatcherHandle } from './handle.js';

/** Where datagrams go, and from where. Addresses are literals without the name of an interface. */
export interface RouteNative {
  readonly address: string;
  readonly port: number;
  /** Index of the interface that an address of one link is on, or 0. */
  readonly scope: number;
  /** Null: every one of this machine. */
  readonly localAddress: string | null;
  readonly localScope: number;
  readonly localPort: number;
  readonly group: {
    /** IPv4: the address of the interface to send from. */
    readonly via: string | null;
    /** IPv6: its index; 0 is the choice of the kernel. */
    readonly interface: number;
    readonly ttl: number;
    readonly loop: boolean;
  } | null;
}

export interface PacketParametersNative {
  readonly payloadType: number;
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly packetFrames: number;
  /** Bytes of a frame of the payload. */
  readonly frameBytes: number;
  /** Most packets that wait. */
  readonly queuedPackets: number;
}

export interface PacketPolicyNative {
  readonly packetsPerEnd: number;
  /** How many wait before the first one is sent. */
  readonly firstPackets: number;
  /** How many a source may be behind, to be made up for. */
  readonly mostOwed: number;
  /** Timestamps are those of the media clock, which shows this at the origin of the schedule; null: they count frames. */
  readonly mediaOffset: number | null;
}

export interface PacketStatsNative {
  readonly sent: number;
  readonly dropped: number;
  readonly failed: number;
  /** In packets that are with the kernel, or that it refused. */
  readonly frames: number;
  readonly waitingFrames: number;
  /** The errno of the packet that was refused last, or 0. */
  readonly error: number;
}

/** An RTP stream with its socket. Bytes are of payload. A pacer sends while it is paced, and otherwise each call does. */
export interface PacketStreamHandle extends NativeHandle {
  /** Returns the packets that were made. Those that have no room are dropped. */
  write(bytes: Uint8Array): number;
  flush(): void;
  skip(frames: number): void;
  /** Sends what waits, as far as the kernel has room. */
  send(): void;
  /** Bytes that write() takes without dropping any, and without more than so many packets waiting. */
  room(packets: number): number;
  /** Whole packets that wait. */
  queued(): number;
  /** Of the next frame that is written. */
  timestamp(): number;
  stats(): PacketStatsNative;
  beginPacing(policy: PacketPolicyNative): void;
  /** What waits for its time goes. */
  endPacing(): void;
  /** From now on watchTaken() tells once so many packets, or all that wait, are on their way. */
  awaitTaken(packets: number): void;
  watchTaken(): WatcherHandle;
  /** Ready while the kernel has room. */
  watchRoom(): WatcherHandle;
}
