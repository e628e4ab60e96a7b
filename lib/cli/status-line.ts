/** The last line of a terminal, which is overwritten; elsewhere a line like any other. */

const CLEAR = '\r\x1b[2K';

export class StatusLine {
  readonly #stream: NodeJS.WritableStream;
  readonly #terminal: boolean;
  #shown = false;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
    this.#terminal = (stream as Partial<NodeJS.WriteStream>).isTTY === true;
  }

  /** Shows a text in place of the one before. */
  show(text: string): void {
    if (!this.#terminal) {
      this.print(text);
      return;
    }
    const columns = (this.#stream as Partial<NodeJS.WriteStream>).columns ?? 80;
    this.#stream.write(`${CLEAR}${text.slice(0, columns - 1)}`);
    this.#shown = true;
  }

  /** Prints a line that stays. */
  print(text: string): void {
    this.#stream.write(`${this.#shown ? CLEAR : ''}${text}\n`);
    this.#shown = false;
  }
}
