// The documents as plain files: their links lead somewhere, and the site's sidebar leads to each of them.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { documents } from '../support/doc-examples.js';
import { complaintAbout, linksIn } from '../support/markdown-links.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pages = documents(root);

describe('The documents', () => {
  it('link to files and headings that exist', () => {
    const links = [...pages, 'CONTRIBUTING.md', 'CHANGELOG.md'].flatMap((file) => linksIn(root, file));
    expect(links.length).toBeGreaterThan(30);
    expect(links.map((link) => complaintAbout(root, link)).filter(Boolean)).toEqual([]);
  });

  it('name files and folders that exist', () => {
    const named = [...pages, 'CONTRIBUTING.md'].flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(PATH)].map(([, path = '']) => ({ file, path })),
    );
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter(({ path }) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('are all in the sidebar of the site', () => {
    const config = readFileSync(join(root, 'docs/.vitepress/config.ts'), 'utf8');
    const missing = pages.filter(
      (page) => page !== 'README.md' && page !== 'docs/index.md' && !config.includes(linkOf(page)),
    );
    expect(missing).toEqual([]);
  });
});

/** A path of the checkout as code. What is built, or stands for several, is none. */
const PATH = /(?<![\w/.-])`?((?:docs|examples|lib|native|scripts|test)\/[\w./-]*[\w])(?![\w*<[/])/g;

const linkOf = (page: string) => `link: '${page.slice('docs'.length, -'.md'.length)}'`;

describe('A link', () => {
  it.each([
    ['[a](gone.md)', 'page.md: there is no gone.md'],
    ['[a](#gone)', 'page.md: page.md has no #gone'],
    ['[a](#what-it-costs-its-price)', undefined],
    ['[a](#by-hand)', undefined],
    ['`[a](gone.md)` [b](https://example.org/gone.md)', undefined],
  ])('%s is judged', (text, complaint) => {
    const folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-links-'));
    try {
      writeFileSync(
        join(folder, 'page.md'),
        `## What it \`costs\`: its price\n<a id="by-hand"></a>\n${text}`,
      );
      const found = linksIn(folder, 'page.md').map((link) => complaintAbout(folder, link));
      expect(found[0]).toBe(complaint);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
