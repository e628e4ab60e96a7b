/**
 * The lines of session descriptions (RFC 8866, section 5), and what they are lines of. White space is read as senders write it:
 * before and behind lines, around `=`, in any number.
 */
import { SdpError } from './error.js';

export interface Line {
  /** The letter before `=`. */
  readonly type: string;
  /** What is behind it. */
  readonly value: string;
  /** The line as it stands, for messages. */
  readonly text: string;
}

/** A line m=, and those that belong to it. */
export interface Media {
  readonly head: Line;
  readonly lines: readonly Line[];
  /** The lines before the first m= of its description. */
  readonly session: readonly Line[];
  /** All of its description. */
  readonly siblings: readonly Media[];
}

/**
 * The media of all descriptions in a text, in their order. Each line v=0 begins a description; what is before the first one, an
 * answer's header for instance, belongs to none.
 *
 * @throws SdpError where there is no description
 */
export function mediaOf(text: string): Media[] {
  const all: Media[] = [];
  let session: Line[] | undefined;
  let siblings: Media[] = [];
  let level: Line[] = [];
  for (const raw of text.split(/\r\n|\r|\n/)) {
    // The mark of byte order is white space to trim().
    const [, type = '', value = ''] = /^([a-z])\s*=\s*(.*)$/.exec(raw.trim()) ?? [];
    const line = { type, value, text: raw.trim() };
    if (type === 'v' && value === '0') {
      session = [];
      siblings = [];
      level = session;
    }
    if (session === undefined || type === '') continue;
    if (type === 'm') {
      level = [];
      const media = { head: line, lines: level, session, siblings };
      siblings.push(media);
      all.push(media);
    } else level.push(line);
  }
  if (session === undefined) throw new SdpError(whyNone(text));
  return all;
}

function whyNone(text: string): string {
  return /v=0\s*[\r\n]/.test(text)
    ? 'this is no session description, but has one in it: an announcement of SAP for instance (RFC 2974), of which only ' +
        'what follows its header is read here. Save it from the line v=0 on'
    : 'this is not a session description: it has no line v=0';
}

/** The values of an attribute, a=NAME:VALUE, of these lines; '' where there is only its name. */
export function attributes(lines: readonly Line[], name: string): { value: string; text: string }[] {
  return lines.flatMap(({ type, value, text }) => {
    const [, given, rest = ''] = type === 'a' ? (/^([^:\s]+)\s*(?::\s*(.*))?$/.exec(value) ?? []) : [];
    return given?.toLowerCase() === name ? [{ value: rest, text }] : [];
  });
}

/** The same for media: those of its own lines, or where it has none those of the session. */
export function inherited({ lines, session }: Media, name: string): { value: string; text: string }[] {
  const own = attributes(lines, name);
  return own.length > 0 ? own : attributes(session, name);
}
