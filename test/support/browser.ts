// Pages in a headless browser that reaches this machine only.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
};

/** A folder as a site of its own. */
export class Site implements AsyncDisposable {
  /** What was asked for, and is not there. */
  readonly missing: string[] = [];
  readonly #server: Server;

  private constructor(folder: string) {
    this.#server = createServer(({ url = '/' }, response) => {
      const { pathname } = new URL(url, 'http://localhost');
      const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
      try {
        const body = readFileSync(join(folder, path));
        response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream').end(body);
      } catch {
        this.missing.push(path);
        response.writeHead(404).end();
      }
    });
  }

  static async open(folder: string): Promise<Site> {
    const site = new Site(folder);
    await new Promise<void>((resolve) => site.#server.listen(0, '127.0.0.1', resolve));
    return site;
  }

  address(path: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

// A profile of its own, and nothing that browsers ask the network for by themselves.
const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
  ...['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1', '--hide-scrollbars'],
];

async function chromium(...args: string[]): Promise<string> {
  const profile = mkdtempSync(join(tmpdir(), 'alsa-utimer-browser-'));
  try {
    // Time in the page passes as fast as its work is done, so nothing here waits.
    const { stdout } = await run(
      'chromium',
      [...FLAGS, `--user-data-dir=${profile}`, '--virtual-time-budget=20000', ...args],
      { maxBuffer: 1 << 26 },
    );
    return stdout;
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The page as its scripts have left it, as HTML. */
export function domOf(address: string): Promise<string> {
  return chromium('--dump-dom', address);
}

/** Writes a picture of the page to `path`. */
export async function screenshot(address: string, path: string, width = 1280, height = 1000): Promise<void> {
  await chromium(`--screenshot=${path}`, `--window-size=${width},${height}`, address);
}
