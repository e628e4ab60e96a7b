// The documentation as a site: it builds from this checkout alone, no link of it is dead, and a browser shows it.
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { domOf, Site, screenshot } from '../support/browser.js';
import { readPng } from '../support/png.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = join(root, 'build/docs');
const pictures = join(root, 'build/docs-pictures');

let files: string[];
const text = (file: string) => readFileSync(join(folder, file), 'utf8');

beforeAll(async () => {
  await promisify(execFile)(join(root, 'scripts/docs'), { cwd: root, maxBuffer: 1 << 26 });
  files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  mkdirSync(pictures, { recursive: true });
});

describe('The site', () => {
  it('has a page for each document, and for each exported name', () => {
    const expected = [
      ...['index', 'start', 'recipes', 'symptoms', 'architecture', 'glossary', 'kernels', 'kernel-findings'],
      ...['guides/cables', 'guides/timers', 'guides/rtp', 'guides/bridge', 'contributing/guest'],
      ...[
        'reference/alsa-utimer/classes/UserTimer',
        'reference/alsa-utimer/loopback/classes/ClockedLoopback',
      ],
      ...['reference/alsa-utimer/rtp/functions/parseSdp', 'reference/alsa-utimer/bridge/classes/Bridge'],
    ];
    expect(files).toEqual(expect.arrayContaining(expected.map((page) => `${page}.html`)));
  });

  it('asks other hosts for nothing', () => {
    const asked = files.flatMap((file) => {
      if (file.endsWith('.html'))
        return text(file).match(/<(?:script|link|img|iframe)\b[^>]*"https?:[^>]*>/g) ?? [];
      return file.endsWith('.css') ? (text(file).match(/(?:url\(|@import )["']?https?:[^)]*/g) ?? []) : [];
    });
    expect(asked).toEqual([]);
  });

  it('has no dead link', () => {
    const pages = files.filter((file) => file.endsWith('.html') && file !== '404.html');
    const anchors = new Map(
      pages.map((page) => [page, new Set([...text(page).matchAll(/\bid="([^"]*)"/g)].map(([, id]) => id))]),
    );
    const links = pages.flatMap((page) =>
      [...text(page).matchAll(/<a\b[^>]*\bhref="([^"]*)"/g)].map(([, href = '']) => ({ page, href })),
    );
    const dead = links.filter(({ page, href }) => {
      if (/^[a-z]+:/.test(href)) return false;
      const [path = '', anchor] = href.split('#');
      const absolute = path.startsWith('/') ? path.slice(1) : posix.join(dirname(page), path);
      const target =
        path === '' ? page : absolute.endsWith('/') || absolute === '' ? `${absolute}index.html` : absolute;
      if (!anchors.has(target)) return !files.includes(target);
      return anchor !== undefined && anchor !== '' && !anchors.get(target)?.has(decodeURIComponent(anchor));
    });
    expect(links.length).toBeGreaterThan(1_000);
    expect(dead).toEqual([]);
  });
});

describe('A browser', () => {
  it.each([
    ['start', 'Five minutes from nothing to a recording', 'Write into a cable'],
    ['guides/cables', 'can go wrong', 'Who opens first'],
    ['architecture', 'The period pump collects bytes', 'Threads'],
    ['symptoms', 'error.help', 'Codes of this library'],
    ['reference/alsa-utimer/loopback/classes/ClockedLoopback', 'periodBytes', 'Properties'],
  ])('shows the page %s', async (page, sentence, heading) => {
    await using site = await Site.open(folder);
    const address = site.address(`/${page}.html`);
    const dom = await domOf(address);
    expect(dom).toContain(sentence);
    // The outline beside the page is made by its scripts, of the headings that they find in it.
    const [outline = ''] =
      /<div class="VPDocAsideOutline[^"]*".*?<\/nav>|<nav[^>]*VPDocAsideOutline.*?<\/nav>/s.exec(dom) ?? [];
    expect(outline).toContain(heading);

    const picture = join(pictures, `${page.replaceAll('/', '-')}.png`);
    await screenshot(address, picture);
    const { width, height, colours, drawn } = readPng(readFileSync(picture));
    expect([width, height]).toEqual([1280, 1000]);
    expect(colours).toBeGreaterThan(100);
    expect(drawn).toBeGreaterThan(0.05);
    expect(site.missing.filter((path) => path !== '/favicon.ico')).toEqual([]);
  });

  it('shows nothing of a page that is empty', async () => {
    const picture = join(pictures, 'empty.png');
    await screenshot('data:text/html,', picture);
    expect(readPng(readFileSync(picture))).toMatchObject({ colours: 1, drawn: 0 });
  });

  it('that is narrow as a telephone shows it, too', async () => {
    await using site = await Site.open(folder);
    const picture = join(pictures, 'narrow.png');
    await screenshot(site.address('/start.html'), picture, 500, 900);
    expect(readPng(readFileSync(picture)).drawn).toBeGreaterThan(0.05);
  });
});
