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

  /** Shows words in place of those before: as many as there is room for, the most important ones first. */
  show(words: readonly string[]): void {
    if (!this.#terminal) {
      this.print(words.join(', '));
      return;
    }
    // A line that fills the last column would be two, of which only one is overwritten.
    const room = ((this.#stream as Partial<NodeJS.WriteStream>).columns || 80) - 1;
    let text = words[0]?.slice(0, room) ?? '';
    for (const word of words.slice(1)) {
      if (text.length + 2 + word.length > room) break;
      text += `, ${word}`;
    }
    this.#stream.write(CLEAR + text);
    this.#shown = true;
  }

  /** Prints a line that stays. */
  print(text: string): void {
    this.clear();
    this.#stream.write(`${text}\n`);
  }

  /** Makes room for what others print. */
  clear(): void {
    if (this.#shown) this.#stream.write(CLEAR);
    this.#shown = false;
  }
}
