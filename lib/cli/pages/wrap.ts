/** Text in lines of a terminal. */

export const WIDTH = 80;

/** Lines of at most `width` columns, broken between words. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** A paragraph, each line behind `indent` columns; its first one behind `label`, where there is room for that. */
export function paragraph(text: string, indent = 0, label = ''): string {
  const margin = ' '.repeat(indent);
  const lines = wrap(text, WIDTH - indent).map((line) => margin + line);
  if (label.length + 2 > indent && label !== '') return [label, ...lines].join('\n');
  return label.padEnd(indent) + lines.join('\n').slice(indent);
}

export type LabelledText = readonly [label: string, text: string];

/** The widest label that has its text beside it. */
const WIDEST = 24;

/** Where the texts begin that stand beside these labels. */
export function textColumn(rows: readonly LabelledText[]): number {
  return 4 + Math.max(0, ...rows.map(([label]) => label.length).filter((length) => length <= WIDEST));
}

/** Labels and what they mean, side by side. */
export function columns(rows: readonly LabelledText[], column = textColumn(rows)): string {
  return rows.map(([label, text]) => paragraph(text, column, `  ${label}`)).join('\n');
}
