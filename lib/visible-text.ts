/**
 * Text that others wrote (processes, drivers, files, the network), as it may be shown in a terminal or a log. Whoever reads
 * such text makes it visible at once, so that nobody behind has to.
 */

/** Control characters, what separates lines, what changes the direction of writing, and halves of surrogate pairs. */
const INVISIBLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/gu;
/** The same without those that text of several lines is made of. */
const INVISIBLE_IN_LINES = /(?![\t\n\r])[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/gu;

/** A name, or other text of one line: characters that would not be seen become escapes, as '\n' and '\x1b'. */
export function visibleText(text: string): string {
  return text.replace(INVISIBLE, escaped);
}

/** The same for text of several lines, which keeps its tabs and ends of lines. */
export function visibleLines(text: string): string {
  return text.replace(INVISIBLE_IN_LINES, escaped);
}

const SHORT = new Map([
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\r', '\\r'],
]);

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  const hex = (digits: number) => code.toString(16).padStart(digits, '0');
  return SHORT.get(character) ?? (code < 0x100 ? `\\x${hex(2)}` : `\\u${hex(4)}`);
}
