// The types of the public interface, as the compiled declarations give them: what programs may write, what they get, and what
// the compiler refuses. The compiler decides (`npm run types`); running this shows only that it can be read.
import type { Readable } from 'node:stream';
import type {
  AlsaError,
  HasTimerId,
  ListedTimer,
  listTimers,
  Pcm,
  PcmFormat,
  PcmOptions,
  PcmState,
  pcmTimerId,
  periodResolution,
  TimerEvent,
  TimerId,
  TimerInstance,
  TimerInstanceOptions,
  timerChannel,
  UserTimer,
  UserTimerOptions,
  WaitOptions,
} from 'alsa-utimer';
import type { Bridge, BridgeEvents, BridgeMessage, BridgeOptions } from 'alsa-utimer/bridge';
import type {
  ClockMessages,
  clockChannel,
  Follower,
  Pacer,
  Pacing,
  PacingEvents,
  PacingOptions,
  TickSource,
} from 'alsa-utimer/clock';
import type {
  ClockedLoopback,
  ClockedLoopbackEvents,
  ClockedLoopbackOptions,
  ClockedLoopbackSyncOptions,
  ListenerEvent,
  ListenerMismatch,
  LoopbackCapture,
  LoopbackCaptureEvents,
  LoopbackCaptureOptions,
  LoopbackCard,
  LoopbackChannelName,
  LoopbackMessages,
  loopbackChannel,
  WriterState,
} from 'alsa-utimer/loopback';
import type {
  FrameSink,
  loadSdp,
  parseSdp,
  RtpReceiver,
  RtpReceiverEvents,
  RtpReceiverOptions,
  RtpSender,
  StreamParameters,
} from 'alsa-utimer/rtp';
import type { WavReader, WavWriter, WavWriterFormat, WavWriterOptions } from 'alsa-utimer/wav';
import { describe, expectTypeOf, it } from 'vitest';

type Stream = { rate: 48_000; channels: 2; format: 'S16_LE'; periodFrames: 480 };
type Network = { encoding: 'L24'; rate: 48_000; channels: 2 };
type TickEvent = Extract<TimerEvent, { type: 'tick' }>;
type EndEvent = Extract<TimerEvent, { type: 'end' }>;

describe('A userspace-driven timer', () => {
  it('is created by resolution, or by rate and period, with an id or without', () => {
    expectTypeOf<typeof UserTimer.create>().toEqualTypeOf<(options: UserTimerOptions) => UserTimer>();
    expectTypeOf<{ resolutionNs: bigint }>().toExtend<UserTimerOptions>();
    expectTypeOf<{ rate: number; periodFrames: number; id: number }>().toExtend<UserTimerOptions>();
    expectTypeOf<{ resolutionNs: number }>().not.toExtend<UserTimerOptions>();
    expectTypeOf<{ rate: number }>().not.toExtend<UserTimerOptions>();
    expectTypeOf<{ resolutionNs: bigint; id: undefined }>().not.toExtend<UserTimerOptions>();
  });

  it('is a timer that may be listened to, and is closed at the end of a block', () => {
    expectTypeOf<UserTimer>().toExtend<HasTimerId & Disposable>();
    expectTypeOf<UserTimer['trigger']>().toEqualTypeOf<() => void>();
    expectTypeOf<UserTimer['resolutionNs']>().toEqualTypeOf<bigint>();
    expectTypeOf<typeof UserTimer.isSupported>().returns.toEqualTypeOf<boolean>();
  });

  it('cannot be made by new, nor its properties set', () => {
    expectTypeOf<typeof UserTimer>().not.toExtend<new (...arguments_: never[]) => unknown>();
    expectTypeOf<{ -readonly [Key in 'id']: UserTimer[Key] }>().toEqualTypeOf<{ id: number }>();
    expectTypeOf<Pick<UserTimer, 'id'>>().toEqualTypeOf<{ readonly id: number }>();
  });
});

describe('A listener of a timer', () => {
  it('opens timers and the names of timers', () => {
    expectTypeOf<typeof TimerInstance.open>().parameter(0).toEqualTypeOf<TimerId | HasTimerId>();
    expectTypeOf<typeof pcmTimerId>().returns.toEqualTypeOf<TimerId>();
    expectTypeOf<{ events: ['tick', 'master-start'] }>().toExtend<TimerInstanceOptions>();
    expectTypeOf<{ events: ['tock'] }>().not.toExtend<TimerInstanceOptions>();
    expectTypeOf<{ events: ['early'] }>().not.toExtend<TimerInstanceOptions>();
  });

  it('gives events that are told apart by their type', () => {
    expectTypeOf<TickEvent['count']>().toEqualTypeOf<number>();
    expectTypeOf<TickEvent['timestampNs']>().toEqualTypeOf<bigint>();
    expectTypeOf<EndEvent>().not.toHaveProperty('timestampNs');
    expectTypeOf<TimerInstance>().toExtend<AsyncIterable<TimerEvent> & Disposable>();
    expectTypeOf<ReturnType<TimerInstance['read']>>().toEqualTypeOf<TimerEvent[]>();
  });

  it('is one of the clients in the list of timers', () => {
    expectTypeOf<typeof listTimers>().returns.items.toExtend<ListedTimer>();
    expectTypeOf<ListedTimer['resolutionNs']>().toEqualTypeOf<bigint>();
  });
});

describe('A substream', () => {
  it("has ALSA's names for formats and states", () => {
    expectTypeOf<'S16_LE' | 'S24_3LE' | 'FLOAT_BE'>().toExtend<PcmFormat>();
    expectTypeOf<'S16'>().not.toExtend<PcmFormat>();
    expectTypeOf<PcmFormat>().not.toEqualTypeOf<string>();
    expectTypeOf<'running' | 'xrun' | 'suspended'>().toExtend<PcmState>();
  });

  it('is opened by numbers and a direction', () => {
    expectTypeOf<Stream & { card: 0; device: 0; direction: 'playback' }>().toExtend<PcmOptions>();
    expectTypeOf<Stream & { card: 0; device: 0 }>().not.toExtend<PcmOptions>();
    expectTypeOf<
      Stream & { card: 'Loopback'; device: 0; direction: 'playback' }
    >().not.toExtend<PcmOptions>();
    expectTypeOf<Pcm>().toExtend<Disposable>();
  });

  it('can be waited for, as a capture can, with a signal', () => {
    expectTypeOf<Pcm['ready']>().toEqualTypeOf<(options?: WaitOptions) => Promise<void>>();
    expectTypeOf<LoopbackCapture['ready']>().toEqualTypeOf<Pcm['ready']>();
    expectTypeOf<{ signal: AbortSignal }>().toExtend<WaitOptions>();
    expectTypeOf<AbortSignal>().not.toExtend<Required<WaitOptions>>();
  });

  it('has a period whose length is exact', () => {
    expectTypeOf<typeof periodResolution>().toEqualTypeOf<(rate: number, periodFrames: number) => bigint>();
  });
});

describe('A pacer', () => {
  it('paces timers, or nothing, by the parameters of a stream', () => {
    expectTypeOf<typeof Pacer.open>().returns.toEqualTypeOf<Pacer>();
    expectTypeOf<(pacer: Pacer, timer: UserTimer, options: PacingOptions) => Pacing>().toEqualTypeOf(
      (pacer: Pacer, timer: UserTimer, options: PacingOptions) => pacer.start(timer, options),
    );
    expectTypeOf<{ rate: 48_000; periodFrames: 480 }>().toExtend<PacingOptions>();
    expectTypeOf<{
      rate: 48_000;
      periodFrames: 480;
      start: bigint;
      late: 'skip';
    }>().toExtend<PacingOptions>();
    expectTypeOf<{ rate: 48_000; periodFrames: 480; start: number }>().not.toExtend<PacingOptions>();
    expectTypeOf<Pacer & Pacing>().toExtend<Disposable>();
  });

  it('follows timers, descriptors and streams', () => {
    expectTypeOf<TimerInstance | { fd: number } | Readable>().toExtend<TickSource>();
    expectTypeOf<UserTimer>().not.toExtend<TickSource>();
    expectTypeOf<Follower['advance']>().toEqualTypeOf<(frames: number) => number>();
  });

  it('counts in bigints, and tells events by name', () => {
    expectTypeOf<ReturnType<Pacing['stats']>['ticks']>().toEqualTypeOf<bigint>();
    expectTypeOf<PacingEvents['tick']>().toEqualTypeOf<[event: { readonly count: number }]>();
    expectTypeOf<ReturnType<typeof clockChannel<'pacing:late'>>>().toEqualTypeOf<'alsa-utimer:pacing:late'>();
    expectTypeOf<ClockMessages['pacing:late']['event']>().toEqualTypeOf<PacingEvents['late'][0]>();
  });
});

describe('A clocked cable', () => {
  it('is opened by the parameters of its stream', () => {
    expectTypeOf<Stream>().toExtend<ClockedLoopbackOptions>();
    expectTypeOf<
      Stream & { card: LoopbackCard; idle: 'silence'; graceMs: number }
    >().toExtend<ClockedLoopbackOptions>();
    expectTypeOf<Stream & { timer: UserTimer }>().toExtend<ClockedLoopbackOptions>();
    expectTypeOf<Stream & { substream: 'free' }>().toExtend<ClockedLoopbackOptions>();
    expectTypeOf<Stream & { substream: 'any' }>().not.toExtend<ClockedLoopbackOptions>();
    expectTypeOf<ClockedLoopback['substream']>().toEqualTypeOf<number>();
    expectTypeOf<Stream & { idle: 'hold' }>().not.toExtend<ClockedLoopbackOptions>();
    expectTypeOf<Omit<Stream, 'rate'>>().not.toExtend<ClockedLoopbackOptions>();
  });

  it('is opened by a promise, which a signal may end, or at once', () => {
    expectTypeOf<typeof ClockedLoopback.open>().toEqualTypeOf<
      (options: ClockedLoopbackOptions) => Promise<ClockedLoopback>
    >();
    expectTypeOf<Stream & { signal: AbortSignal }>().toExtend<ClockedLoopbackOptions>();
    expectTypeOf<typeof ClockedLoopback.openSync>().toEqualTypeOf<
      (options: ClockedLoopbackSyncOptions) => ClockedLoopback
    >();
    expectTypeOf<ClockedLoopbackSyncOptions>().not.toHaveProperty('signal');
  });

  it('takes bytes, at once or by a promise or a stream', () => {
    expectTypeOf<ClockedLoopback['write']>().toEqualTypeOf<(bytes: Uint8Array) => void>();
    expectTypeOf<ClockedLoopback['send']>().returns.toEqualTypeOf<Promise<void>>();
    expectTypeOf<ReturnType<ClockedLoopback['toWeb']>>().toEqualTypeOf<WritableStream<Uint8Array>>();
    expectTypeOf<ClockedLoopback>().toExtend<FrameSink & Disposable>();
  });

  it('gives handlers the events of its map', () => {
    // Never called: the compiler reads it.
    (loop: ClockedLoopback) => {
      loop.on('listener', (event) => expectTypeOf(event).toEqualTypeOf<ListenerEvent>());
      loop.once('mismatch', (event) => expectTypeOf(event).toEqualTypeOf<ListenerMismatch>());
    };
    expectTypeOf<keyof ClockedLoopbackEvents>().toEqualTypeOf<'listener' | 'mismatch' | 'error'>();
    expectTypeOf<ClockedLoopbackEvents['mismatch'][0]['message']>().toEqualTypeOf<string>();
    expectTypeOf<ClockedLoopbackEvents['error'][0]>().toBeUnknown();
  });
});

describe('Channels of node:diagnostics_channel', () => {
  it('have names, and messages by these', () => {
    expectTypeOf<
      typeof loopbackChannel<'loopback:open'>
    >().returns.toEqualTypeOf<'alsa-utimer:loopback:open'>();
    expectTypeOf<typeof timerChannel<'timer:close'>>().returns.toEqualTypeOf<'alsa-utimer:timer:close'>();
    expectTypeOf<LoopbackChannelName>().toEqualTypeOf<keyof LoopbackMessages>();
    expectTypeOf<LoopbackMessages['loopback:listener']['event']>().toEqualTypeOf<ListenerEvent>();
    expectTypeOf<LoopbackMessages['capture:writer']['state']>().toEqualTypeOf<WriterState>();
  });
});

describe('A capture', () => {
  it('is an iterable of buffers', () => {
    expectTypeOf<Stream & { onInterruption: 'restart' }>().toExtend<LoopbackCaptureOptions>();
    expectTypeOf<
      Stream & { onInterruption: 'restart'; periodFrames: '480' }
    >().not.toExtend<LoopbackCaptureOptions>();
    expectTypeOf<LoopbackCapture>().toExtend<AsyncIterable<Buffer> & Disposable>();
    expectTypeOf<LoopbackCaptureEvents['writer'][0]>().toEqualTypeOf<WriterState>();
  });
});

describe('RTP', () => {
  it('has descriptions that a receiver takes as they are', () => {
    expectTypeOf<typeof parseSdp>().returns.toEqualTypeOf<StreamParameters>();
    expectTypeOf<typeof loadSdp>().returns.resolves.toEqualTypeOf<StreamParameters>();
    expectTypeOf<
      StreamParameters & { format: 'S32_LE'; sink: ClockedLoopback }
    >().toExtend<RtpReceiverOptions>();
    expectTypeOf<{ encoding: 'L8' }>().not.toExtend<Pick<RtpReceiverOptions, 'encoding'>>();
  });

  it('gives events with their fields', () => {
    expectTypeOf<RtpReceiverEvents['stream'][0]['ssrc']>().toEqualTypeOf<number>();
    expectTypeOf<RtpReceiverEvents['silence']>().toEqualTypeOf<[]>();
    expectTypeOf<RtpReceiver>().toExtend<Disposable & AsyncDisposable>();
    expectTypeOf<RtpSender>().toExtend<Disposable & AsyncDisposable>();
  });
});

describe('A bridge', () => {
  it('is opened by a description, and has an error event with an Error', () => {
    expectTypeOf<Network & { payloadType: 96; address: '127.0.0.1'; port: 0 }>().toExtend<BridgeOptions>();
    expectTypeOf<typeof Bridge.open>().returns.resolves.toEqualTypeOf<Bridge>();
    expectTypeOf<BridgeEvents['error'][0]>().toEqualTypeOf<Error>();
    expectTypeOf<BridgeEvents['loss'][0]['frames']>().toEqualTypeOf<number>();
    expectTypeOf<BridgeMessage['bridge']>().toEqualTypeOf<Bridge>();
    expectTypeOf<Bridge>().toExtend<AsyncDisposable>();
    expectTypeOf<Bridge>().not.toExtend<Disposable>();
  });
});

describe('An error', () => {
  it('has a code, and says what to do where that is known', () => {
    expectTypeOf<AlsaError>().toExtend<Error>();
    expectTypeOf<AlsaError['code']>().toEqualTypeOf<string>();
    expectTypeOf<AlsaError['hint']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<AlsaError['help']>().toEqualTypeOf<string | undefined>();
  });
});

describe('WAV files', () => {
  it('have the parameters of a cable', () => {
    expectTypeOf<WavReader['parameters']>().toExtend<Pick<PcmOptions, 'format' | 'rate' | 'channels'>>();
    expectTypeOf<ReturnType<WavReader['frames']>>().toExtend<AsyncIterable<Uint8Array>>();
    expectTypeOf<WavWriter>().toExtend<AsyncDisposable>();
    expectTypeOf<{ format: 'S16_LE'; rate: 48_000; channels: 2 }>().toExtend<WavWriterOptions>();
    expectTypeOf<'S16_BE'>().not.toExtend<WavWriterFormat>();
  });
});
