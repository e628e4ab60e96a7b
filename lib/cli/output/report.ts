/** What a command tells while it runs. Memory is bounded, however long nobody reads it. */
import type { Writable } from 'node:stream';
import { json } from './printing.js';
import { StatusLine } from './status-line.js';

export class Report {
  readonly #stream: Writable;
  readonly #asJson: boolean;
  readonly #status: StatusLine;
  #counters: ((status: StatusLine) => void) | undefined;
  #dropped = 0;
  #waiting = false;

  constructor(stream: Writable, asJson: boolean) {
    this.#stream = stream;
    this.#asJson = asJson;
    this.#status = new StatusLine(stream);
  }

  /** Tells something that happened. While whoever reads is behind, it is dropped and counted. */
  event(line: string): void {
    if (this.#isBehind()) this.#dropped += 1;
    else this.#status.print(line);
  }

  /** Tells counters. While whoever reads is behind, they wait, and newer ones replace them. */
  counters(tell: (status: StatusLine) => void): void {
    if (this.#isBehind()) this.#counters = tell;
    else tell(this.#status);
  }

  /** Tells what belongs to the end, whoever is behind. */
  end(tell: (status: StatusLine) => void): void {
    this.#tellDropped();
    this.#counters = undefined;
    tell(this.#status);
  }

  /** Makes room for what others print. */
  clear(): void {
    this.#status.clear();
  }

  #isBehind(): boolean {
    if (!this.#stream.writableNeedDrain) return false;
    if (!this.#waiting) {
      this.#waiting = true;
      this.#stream.once('drain', () => this.#catchUp());
    }
    return true;
  }

  #catchUp(): void {
    this.#waiting = false;
    this.#tellDropped();
    const tell = this.#counters;
    this.#counters = undefined;
    tell?.(this.#status);
  }

  #tellDropped(): void {
    const events = this.#dropped;
    if (events === 0) return;
    this.#dropped = 0;
    this.#status.print(
      this.#asJson ? json({ type: 'dropped', events }) : `not told, since nobody read it: ${events} events`,
    );
  }
}
