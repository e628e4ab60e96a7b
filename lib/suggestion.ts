/** What somebody may have meant by a word that is not known. */

/** The known word that is nearest: one that begins with it, or differs by few letters. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const begun = word.length < 3 ? [] : known.filter((name) => name.startsWith(word));
  if (begun.length === 1) return begun[0];
  const most = Math.max(1, Math.floor(word.length / 3));
  let found: string | undefined;
  let least = most + 1;
  for (const name of known) {
    const distance = editDistance(word, name);
    if (distance < least && distance < name.length) [found, least] = [name, distance];
  }
  return found;
}

/** "; did you mean '--json'?", or nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  const found = nearest(word, known);
  return found === undefined ? '' : `; did you mean '${found}'?`;
}

/** Letters to insert, delete or replace, and neighbours to swap, until one word is the other (optimal string alignment). */
export function editDistance(one: string, other: string): number {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number) => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= other.length; j += 1) {
      const isSame = one[i - 1] === other[j - 1];
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      row.push(
        Math.min(
          at(i - 1, j) + 1,
          at(i, j - 1) + 1,
          at(i - 1, j - 1) + (isSame ? 0 : 1),
          isSwapped ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(one.length, other.length);
}
