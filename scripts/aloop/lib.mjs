// What the scripts in this folder share: options, help, and errors as one line.
import { parse } from '../../dist/cli/command.js';
import { userTimerSource } from '../../dist/index.js';

/** Runs a script: prints what `body` returns, or what went wrong (exit status 1, or 2 for wrong usage). */
export async function main(usage, options, positionalCount, body) {
  let parsed;
  try {
    // As `utimer` does: what begins like -1.4.0 is a timer, and no option.
    parsed = parse(process.argv.slice(2), { ...options, help: { type: 'boolean' } });
    if (!parsed.values.help && parsed.positionals.length !== positionalCount) {
      throw new Error(
        positionalCount ? 'an argument is missing, or there are too many' : 'there are too many arguments',
      );
    }
  } catch (error) {
    console.error(`${error.message}\n${usage}`);
    process.exitCode = 2;
    return;
  }
  if (parsed.values.help) {
    console.log(usage);
    return;
  }
  try {
    console.log(await body(parsed.values, parsed.positionals));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

/** The timer_source for what a person wrote: an id, "jiffies", or the string itself. */
export function timerSource(text) {
  if (text === 'jiffies') return '';
  return /^\d{1,3}$/.test(text) ? userTimerSource(Number(text)) : text;
}

/** A card by number or id. */
export function cardName(text) {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : text;
}
