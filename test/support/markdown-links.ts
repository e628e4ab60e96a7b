// The links of Markdown documents, as a reader of the plain files follows them.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** What a document links to, by a path from the root, without what is on the network. */
export interface Link {
  readonly from: string;
  readonly path: string;
  readonly anchor: string | undefined;
}

const withoutCode = (text: string) => text.replaceAll(/```.*?```/gs, '').replaceAll(/`[^`\n]*`/g, '');

/** The links of a document, a file by its path from the root. */
export function linksIn(root: string, from: string): Link[] {
  const text = withoutCode(readFileSync(join(root, from), 'utf8'));
  return [...text.matchAll(/\]\(([^)\s]+)\)|\bsrc="([^"]+)"/g)].flatMap(([, link, image]) => {
    const target = link ?? image ?? '';
    if (/^[a-z]+:/.test(target)) return [];
    const [path = '', anchor] = target.split('#');
    return [{ from, path: path === '' ? from : normalize(join(dirname(from), path)), anchor }];
  });
}

/** The anchors of a document: those of its headings, as GitHub names them, and those set by hand. */
export function anchorsIn(root: string, file: string): Set<string> {
  const text = readFileSync(join(root, file), 'utf8').replaceAll(/```.*?```/gs, '');
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => slugOf(heading));
  const set = [...text.matchAll(/<a id="([^"]+)"><\/a>/g)].map(([, id = '']) => id);
  return new Set([...headings, ...set]);
}

const slugOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

/** What is wrong with a link, or undefined. */
export function complaintAbout(root: string, { from, path, anchor }: Link): string | undefined {
  if (!existsSync(join(root, path))) return `${from}: there is no ${path}`;
  if (anchor !== undefined && !anchorsIn(root, path).has(anchor)) {
    return `${from}: ${path} has no #${anchor}`;
  }
  return undefined;
}
