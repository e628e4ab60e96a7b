// What desktop.mjs compares, and the lines of the documentation that it follows.
import { readFileSync } from 'node:fs';

const page = readFileSync(new URL('../../../docs/guides/desktop.md', import.meta.url), 'utf8');

/** The first example of the guide in a language. @param {string} language */
export function exampleOfGuide(language) {
  const text = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(page)?.[1];
  if (text === undefined) throw new Error(`the guide has no example in ${language}`);
  return text;
}

/**
 * The frames of the longest part that both have.
 *
 * @param {Buffer} played
 * @param {Buffer} recorded
 * @param {number} frameBytes
 */
export function longestCommon(played, recorded, frameBytes) {
  const step = 1000 * frameBytes;
  const mark = 100 * frameBytes;
  let longest = 0;
  for (let at = 0; at + mark <= played.length; at += step) {
    const found = recorded.indexOf(played.subarray(at, at + mark));
    if (found === -1) continue;
    let end = 0;
    while (
      at + end < played.length &&
      found + end < recorded.length &&
      played[at + end] === recorded[found + end]
    )
      end += 1;
    longest = Math.max(longest, end);
  }
  return Math.floor(longest / frameBytes);
}
