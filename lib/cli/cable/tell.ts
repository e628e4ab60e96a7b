/** Tells what happens, as lines of JSON or in words. */
import { json } from '../output/printing.js';
import type { Report } from '../output/report.js';

/** @param words undefined for what only programs are told */
export type Tell = (type: string, event: object, words: string | undefined) => void;

export function tellerOf(report: Report, asJson: boolean): Tell {
  return (type, event, words) => {
    if (asJson) report.event(json({ type, ...event }));
    else if (words !== undefined) report.event(words);
  };
}
