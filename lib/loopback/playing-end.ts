/** PlayingEnd: the other end of a cable, as the reader that clocks it sees it: who plays, who cannot be captured, and who is told of that. */
import { SubstreamReader } from '../pcm/substream.js';
import { loopbackChannels } from './channels.js';
import type { ClockedCapture } from './clocked-capture.js';
import type { EventWatch } from './event-watch.js';
import { type Player, PlayerEnd } from './player.js';
import { PlayerMismatches } from './player-mismatch.js';
import type { WriterState, WriterWatch, WriterWatchHandlers } from './writer.js';
import { WritingEnd } from './writing-end.js';

type Place = Pick<ClockedCapture, 'card' | 'device' | 'substream' | 'parameters' | 'playerName'>;

export class PlayingEnd {
  readonly #capture: ClockedCapture;
  /** What it reads from, which is the capture's to close where it is forgotten: this holds the capture. */
  readonly reader: SubstreamReader;
  readonly #player: PlayerEnd;
  readonly #writing: WritingEnd;
  readonly #mismatches: PlayerMismatches;

  /** @param place of the capture */
  constructor(capture: ClockedCapture, place: Place) {
    const { card, device, substream, parameters, playerName } = place;
    this.#capture = capture;
    this.reader = new SubstreamReader({
      ...{ card: card.number, device: 1 - device, substream },
      direction: 'playback',
    });
    this.#player = new PlayerEnd(this.reader, parameters.periodFrames);
    this.#mismatches = new PlayerMismatches(playerName, parameters);
    const { isObserved } = loopbackChannels;
    this.#writing = new WritingEnd(capture, place, {
      isObserved: () => isObserved('clocked-capture:player') || isObserved('clocked-capture:mismatch'),
      changed: (state) => this.#changed(state),
      failed: (error, isHandled) => {
        loopbackChannels.publish('clocked-capture:error', { capture, error });
        // Somebody who only observes is no reason for an 'error' that nobody handles.
        if (isHandled) capture.emit('error', error);
      },
    });
  }

  /** What events need. start() throws what WriterWatch throws. */
  get events(): EventWatch<WriterWatch> {
    return this.#writing.events;
  }

  /** Tells subscribers of channels, where there are any: what they watch need not be handled. */
  begin(): void {
    this.#writing.begin();
  }

  /** Who plays now, as the controls of the card say it, and throw. */
  state(): WriterState {
    return this.#writing.state();
  }

  /** Whether somebody plays, and what he has. */
  look(): Player {
    return this.#player.look();
  }

  /** For an iteration, which warns of mismatches that nobody handles. */
  watch(handlers: WriterWatchHandlers): WriterWatch {
    return this.#writing.watch({
      ...handlers,
      told: (state) => {
        // Beside a watch for events, that tells of it.
        if (!this.events.running) this.#judge(state);
        handlers.told(state);
      },
    });
  }

  close(): void {
    this.#writing.close();
    this.#player.close();
  }

  #changed(state: WriterState): void {
    const capture = this.#capture;
    loopbackChannels.publish('clocked-capture:player', { capture, state });
    capture.emit('player', state);
    this.#judge(state);
  }

  #judge(state: WriterState): void {
    const mismatch = this.#mismatches.of(state);
    if (!mismatch) return;
    const capture = this.#capture;
    loopbackChannels.publish('clocked-capture:mismatch', { capture, mismatch });
    const isHandled = capture.emit('mismatch', mismatch);
    // Somebody who only observes wants no warning.
    if (!isHandled && (this.events.isHandled || !this.events.running)) this.#mismatches.warn(mismatch);
  }
}
