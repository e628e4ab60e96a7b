// The examples of documentation comments, made into modules that run: the names that the package exports are imported, and what
// an example takes for granted (a loopback `loop`, a `datagram`) is there and closed afterwards.
import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import * as bridge from '../../lib/bridge/index.js';
import * as clock from '../../lib/clock/index.js';
import * as doctor from '../../lib/doctor/index.js';
import * as root from '../../lib/index.js';
import * as loopback from '../../lib/loopback/index.js';
import * as rtp from '../../lib/rtp/index.js';
import * as wav from '../../lib/wav/index.js';

export interface Example {
  /** 'lib/timer/id.ts:40', the line of its @example. */
  readonly name: string;
  readonly source: string;
}

/** Every @example of a file. */
export function examplesIn(file: string, text: string): Example[] {
  return [...text.matchAll(/\/\*\*(?:(?!\*\/)[\s\S])*\*\//g)].flatMap(({ 0: comment, index }) =>
    [...comment.matchAll(/@example\n((?:\s*\*(?!\/| @).*\n)+)/g)].map((match) => ({
      name: `${file}:${text.slice(0, index + match.index).split('\n').length}`,
      source: (match[1] ?? '').replaceAll(/^\s*\* ?/gm, '').trimEnd(),
    })),
  );
}

/** Those of all documentation comments of lib/. */
export function examplesOfComments(root: string): Example[] {
  return readdirSync(`${root}lib`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .flatMap((file) => examplesIn(`lib/${file}`, readFileSync(`${root}lib/${file}`, 'utf8')));
}

/** The documents: what people write, without the reference that is made from documentation comments. */
export function documents(root: string): string[] {
  const pages = readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md') && !file.startsWith('reference/'))
    .sort();
  return ['README.md', ...pages.map((file) => `docs/${file}`)];
}

export interface DocumentExample extends Example {
  readonly language: 'js' | 'ts';
}

/** Every program in a document. */
export function examplesOfDocument(file: string, text: string): DocumentExample[] {
  return [...text.matchAll(/```(js|ts)\n(.*?)```/gs)].map(([, language, source = ''], index) => ({
    name: `${file} ${index + 1}`,
    language: language as 'js' | 'ts',
    source,
  }));
}

/** What people would run as JavaScript. */
export function transpiled(source: string): string {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  return outputText;
}

const STREAM = "{ rate: 48_000, channels: 2, format: 'S16_LE', periodFrames: 480 }";

/** What examples take for granted, each before those that need it. `using`: closed when the example is over. */
const GRANTED: readonly (readonly [name: string, code: string])[] = [
  [
    'loop',
    `using loop = await ClockedLoopback.open(${STREAM});
    using heard = loop.openCapture();
    void (async () => { for await (const _ of heard); })();`,
  ],
  ['text', 'const text = SDP;'],
  ['timer', 'using timer = UserTimer.create({ resolutionNs: 10_000_000n });'],
  [
    'instance',
    `using instance = TimerInstance.open(timer);
    setImmediate(() => timer.close());`,
  ],
  ['payload', 'const payload = new Uint8Array(288);'],
  ['frames', 'const frames = new Uint8Array(192);'],
  [
    'datagram',
    `const datagram = serializeRtpPacket({ payloadType: 96, sequence: 1, timestamp: 48, ssrc: 7,
      payload: new Uint8Array(288) });`,
  ],
  ['packet', 'const packet = parseRtpPacket(datagram);'],
  [
    'socket',
    `const socket = new EventEmitter();
    setImmediate(() => socket.emit('message', datagram));`,
  ],
  // What would go on for ever is closed once it is waited for.
  [
    'once',
    `const once = async (emitter: events & { close(): unknown }, event: string) => {
      const happened = events.once(emitter, event);
      setImmediate(() => emitter.close());
      return happened;
    };`,
  ],
];

const ENTRIES = {
  'alsa-utimer': root,
  'alsa-utimer/loopback': loopback,
  'alsa-utimer/rtp': rtp,
  'alsa-utimer/bridge': bridge,
  'alsa-utimer/clock': clock,
  'alsa-utimer/doctor': doctor,
  'alsa-utimer/wav': wav,
};

const uses = (source: string, name: string) => new RegExp(`\\b${name}\\b`).test(source);
const declares = (source: string, name: string) =>
  new RegExp(`\\b(?:const|let|using) ${name}\\b|^import .*\\b${name}\\b`, 'm').test(source);

/** What an example may use of Node without a line that imports it. */
const NODE = {
  'node:events': ['EventEmitter'],
  'node:fs': ['createReadStream'],
  'node:stream/promises': ['pipeline'],
};

/** The example as a module. An expression that stands alone is compared with the value in the comment behind it. */
export function moduleOf({ source }: Example, sdp: string): string {
  let granted = '';
  for (const [name, code] of [...GRANTED].reverse()) {
    const needed = uses(`${source}\n${granted}`, name) && !declares(source, name);
    if (needed) granted = `${code}\n${granted}`;
  }
  const own = source.match(IMPORTS) ?? [];
  const body = compared(source.replaceAll(IMPORTS, ''));
  const exported = Object.entries(ENTRIES).map(([entry, names]) => [entry, Object.keys(names)] as const);
  const imports = [...exported, ...Object.entries(NODE)].map(([entry, names]) => {
    const wanted = names.filter((name) => uses(`${granted}\n${body}`, name) && !declares(source, name));
    return `import { ${wanted.join(', ')} } from '${entry}';`;
  });
  return `
import { deepStrictEqual } from 'node:assert';
import events from 'node:events';
${own.join('\n')}
${imports.join('\n')}
const SDP = ${JSON.stringify(sdp)};
{
${granted}
${body}
await new Promise(setImmediate);
}
`;
}

const IMPORTS = /^import .*;$/gm;

/** 'f(1); // 2', or with the comment on the next line, as deepStrictEqual(f(1), 2). */
function compared(source: string): string {
  return source.replaceAll(
    /^(?!console\.)([a-z]\w*\(.*\));(?: |\n)\/\/ (.*)$/gim,
    (_, call: string, value: string) => `deepStrictEqual(${call}, (${value}));`,
  );
}

const SHOWN = /console\.log\(/g;

/** The same program, which calls `reached(n)` for the n-th time that it says console.log, whenever it comes there. */
export function marked(javaScript: string): string {
  let index = 0;
  const program = javaScript.replaceAll(SHOWN, () => {
    index += 1;
    return `reached(${index - 1})(`;
  });
  return `const { reached } = globalThis;\n${program}`;
}

/** The lines that show something which never comes. A comment in the line before may say when it would: '// Where ...:'. */
export function neverShown({ source }: Example, reached: ReadonlySet<number>): string[] {
  return [...source.matchAll(SHOWN)]
    .filter((_, index) => !reached.has(index))
    .map(({ index }) => source.slice(0, index).split('\n'))
    .filter((before) => !/^\s*\/\/ Where .*:$/.test(before.at(-2) ?? ''))
    .map((before) => source.split('\n')[before.length - 1] as string);
}

/** Long numbers, of times, differ from run to run, and objects are printed in several lines. */
const masked = (text: string) => text.replaceAll(/\d{9,}/g, 'N').replaceAll(/\s+/g, ' ');

/** What the example says it prints, in comments behind console.log, and does not. A comment may begin with more. */
export function saysWhatItPrints({ source }: Example, printed: readonly string[]): string[] {
  return [...source.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)]
    .map(([, comment = '']) => comment)
    .filter((comment) => !printed.some((line) => masked(comment).endsWith(masked(line))));
}
