// What keeps a release from being published.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Machine, root } from '../../support/script-machine.js';

const part = (name: string) =>
  import(new URL(`../../../scripts/release/publish.d/${name}`, import.meta.url).href);
const { changelogFaults } = await part('changelog.mjs');
const { checkoutFaults, companionFaults, workflowFaults } = await part('refusals.mjs');
const { repositoryHere, webAddress, withRepository } = await part('repository.mjs');
const { Archive, contentsIn, listed } = await part('archive.mjs');

const HEAD = '# Changelog\n\nAll of it.\n\n';

describe('A changelog', () => {
  it('is complete with a dated section of the version, and nothing left under Unreleased', () => {
    const text = `${HEAD}## [Unreleased]\n\n## [1.2.3] - 2026-11-30\n\n### Added\n\n- A thing.\n\n## [1.2.2] - 2026-01-01\n`;
    expect(changelogFaults(text, '1.2.3')).toEqual([]);
    expect(changelogFaults(text.replace('## [Unreleased]\n\n', ''), '1.2.3')).toEqual([]);
  });

  it.each([
    ['has no section', '## [1.2.2] - 2026-01-01\n\n- A thing.\n', ['has no section [1.2.3]']],
    [
      'has an empty section',
      '## [1.2.3] - 2026-01-01\n\n## [1.2.2]\n- A thing.\n',
      ['says nothing under [1.2.3]'],
    ],
    ['has no date', '## [1.2.3]\n\n- A thing.\n', ['has no date behind [1.2.3]']],
    [
      'has entries that no version has',
      '## [Unreleased]\n\n- A thing.\n\n## [1.2.3] - 2026-01-01\n\n- Another.\n',
      ['under [Unreleased]'],
    ],
  ])('is refused where it %s', (_, text, said) => {
    expect(changelogFaults(HEAD + text, '1.2.3')).toEqual(
      said.map((words) => expect.stringContaining(words)),
    );
  });
});

describe('The repository', () => {
  it.each([
    ['https://example.org/some/name', 'https://example.org/some/name'],
    ['https://example.org/some/name.git\n', 'https://example.org/some/name'],
    ['git+https://example.org/some/name.git', 'https://example.org/some/name'],
    ['git@example.org:some/name.git', 'https://example.org/some/name'],
    ['ssh://git@example.org/some/name', 'https://example.org/some/name'],
    ['git+ssh://git@example.org/some/name.git', 'https://example.org/some/name'],
    ['https://somebody:token@example.org/some/name.git', 'https://example.org/some/name'],
    ['https://token@example.org:8443/group/part/name/', 'https://example.org:8443/group/part/name'],
    ['ssh://git@example.org:22/some/name.git', 'https://example.org/some/name'],
    ['ssh://somebody@example.org/some/name', 'https://example.org/some/name'],
    ['somebody@example.org:some/name.git', 'https://example.org/some/name'],
    ['https://example.org/some/my name.git#main', 'https://example.org/some/my%20name'],
    ['git@example.org:/srv/name.git', undefined],
    ['http://token@example.org/some/name', undefined],
    [{ type: 'git', url: 'git+https://example.org/some/name.git' }, 'https://example.org/some/name'],
    ['/srv/name.git', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%o has the address %s', (written, address) => {
    expect(webAddress(written)).toBe(address);
  });

  it('is that of the workflow, and elsewhere what git says', () => {
    const env = { GITHUB_SERVER_URL: 'https://example.org', GITHUB_REPOSITORY: 'some/name' };
    expect(repositoryHere(env, 'git@example.org:other/name.git')).toBe('https://example.org/some/name');
    expect(repositoryHere({}, 'git@example.org:other/name.git')).toBe('https://example.org/other/name');
    expect(repositoryHere({ GITHUB_REPOSITORY: 'some/name' }, '')).toBeUndefined();
  });

  it('is filled in where package.json leaves it open', () => {
    const here = 'https://example.org/some/name';
    expect(withRepository({ name: 'a' }, here, '')).toEqual({
      name: 'a',
      repository: { type: 'git', url: `git+${here}.git` },
      homepage: `${here}#readme`,
      bugs: `${here}/issues`,
    });
    expect(withRepository({ name: 'a', bugs: 'https://bugs.example' }, here, 'vm')).toEqual({
      name: 'a',
      repository: { type: 'git', url: `git+${here}.git`, directory: 'vm' },
      homepage: `${here}/tree/HEAD/vm#readme`,
      bugs: 'https://bugs.example',
    });
    const named = { repository: 'https://example.org/other/name' };
    expect(withRepository(named, here, '')).toMatchObject({
      ...named,
      bugs: 'https://example.org/other/name/issues',
    });
    expect(withRepository({ name: 'a' }, undefined, '')).toEqual({ name: 'a' });
  });
});

describe('A checkout', () => {
  const repository = { url: 'git+https://example.org/somebody/alsa-utimer.git' };
  const manifest = { version: '1.2.3', repository };
  const unnamed = { version: '1.2.3' };
  const other = 'https://example.org/other/alsa-utimer';
  const env = { GITHUB_SERVER_URL: 'https://example.org', GITHUB_REPOSITORY: 'somebody/alsa-utimer' };

  it.each([
    ['that it names, in its workflow', { status: '', origin: '', manifest }, env],
    ['that it names', { status: '', origin: '', manifest }, {}],
    ['of the workflow', { status: '', origin: '', manifest: unnamed }, env],
    ['that git knows', { status: '', origin: 'git@example.org:a/b.git', manifest: unnamed }, {}],
  ])('is released as its commit is, from the repository %s', (_, checkout, variables) => {
    expect(checkoutFaults(checkout, variables)).toEqual([]);
  });

  it.each([
    [
      'has changes',
      { status: ' M lib/index.ts\n?? more\n', origin: '', manifest },
      'M lib/index.ts, ?? more',
    ],
    [
      'is of a repository that nothing names',
      { status: '', origin: '/srv/name.git', manifest: unnamed },
      'which repository',
    ],
    [
      'names another repository than git',
      { status: '', origin: 'git@example.org:somebody/alsa-utimer.git', manifest: { repository: other } },
      `${other}, and this is https://example.org/somebody/alsa-utimer`,
    ],
  ])('is refused where it %s', (_, checkout, words) => {
    expect(checkoutFaults(checkout, {})).toEqual([expect.stringContaining(words)]);
  });

  it('is refused where it names another repository than that of the workflow', () => {
    expect(checkoutFaults({ status: '', origin: '', manifest: { repository: other } }, env)).toEqual([
      expect.stringContaining(`${other}, and this is https://example.org/somebody/alsa-utimer`),
    ]);
  });
});

describe('A package that is published beside', () => {
  const repository = 'https://example.org/somebody/alsa-utimer';
  const manifest = { version: '1.2.3', repository };

  it('is of the same version and repository', () => {
    expect(
      companionFaults(manifest, {
        name: 'vm',
        version: '1.2.3',
        repository: { url: `git+${repository}.git` },
      }),
    ).toEqual([]);
    expect(companionFaults(manifest, { name: 'vm', version: '1.2.4' })).toEqual([
      'The version of vm is 1.2.4, and that of package.json 1.2.3.',
      'vm has another "repository" than package.json.',
    ]);
  });
});

describe('A process', () => {
  const env = {
    GITHUB_ACTIONS: 'true',
    GITHUB_REF: 'refs/tags/v1.2.3',
    ACTIONS_ID_TOKEN_REQUEST_URL: 'https://example.org/token',
  };
  const versions = { version: '1.2.3', npm: '11.5.1' };

  it('publishes as a job of the release workflow, for the tag of the version', () => {
    expect(workflowFaults(env, versions)).toEqual([]);
    expect(workflowFaults(env, { ...versions, npm: '12.0.0' })).toEqual([]);
  });

  it.each([
    ['elsewhere', {}, versions, 'npm run release -- --dry-run'],
    ['without a token', { ...env, ACTIONS_ID_TOKEN_REQUEST_URL: undefined }, versions, 'id-token: write'],
    [
      'for a branch',
      { ...env, GITHUB_REF: 'refs/heads/main' },
      versions,
      'for the tag v1.2.3, not for refs/heads/main',
    ],
    ['for another tag', { ...env, GITHUB_REF: 'refs/tags/v1.2.4' }, versions, 'for the tag v1.2.3'],
    ['with an old npm', env, { ...versions, npm: '11.5.0' }, '11.5.1 or later'],
    ['with an older npm', env, { ...versions, npm: '10.9.9' }, '11.5.1 or later'],
  ])('does not publish %s', (_, where, of, words) => {
    expect(workflowFaults(where, of)).toEqual([expect.stringContaining(words)]);
  });
});

describe('An archive', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alsa-utimer-release-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const archive = new Archive(folder, { name: 'alsa-utimer', version: '1.2.3' });

  it('is published as it was tried, for the commit that it was made of', () => {
    expect(archive.faults('abc')).toEqual([expect.stringContaining('--dry-run')]);
    mkdirSync(join(archive.path, '..'), { recursive: true });
    writeFileSync(archive.path, 'packed');
    archive.seal('abc');
    expect(archive.faults('abc')).toEqual([]);
    expect(archive.faults('def')).toEqual([expect.stringContaining('of the commit abc, and this is def')]);
    writeFileSync(archive.path, 'packed anew');
    expect(archive.faults('abc')).toEqual([expect.stringContaining('not what the dry run has tried')]);
  });

  it('has the package.json that is published, and the checkout keeps its own', () => {
    const source = mkdtempSync(join(tmpdir(), 'alsa-utimer-release-'));
    try {
      const own = { name: 'alsa-utimer', version: '1.2.3', files: ['dist'], scripts: { prepack: 'false' } };
      writeFileSync(join(source, 'package.json'), JSON.stringify(own));
      writeFileSync(join(source, 'not-packed'), '');
      mkdirSync(join(source, 'dist'));
      writeFileSync(join(source, 'dist/main.js'), '#!/usr/bin/env node\n', { mode: 0o755 });
      const published = { ...own, homepage: 'https://example.org' };
      const { files } = new Archive(folder, published, source).pack();
      expect(files.map(({ path }: { path: string }) => path)).toEqual(['dist/main.js', 'package.json']);
      const unpacked = (...args: string[]) =>
        execFileSync('tar', ['--extract', '--to-stdout', '--file', archive.path, ...args], {
          encoding: 'utf8',
        });
      expect(JSON.parse(unpacked('package/package.json'))).toEqual(published);
      expect(execFileSync('tar', ['tvf', archive.path], { encoding: 'utf8' })).toMatch(
        /^-rwxr-xr-x .*dist\/main\.js$/m,
      );
      expect(JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))).toEqual(own);
    } finally {
      rmSync(source, { recursive: true });
    }
  });

  it('is what npm says that it has packed, in the form of npm 11 and of npm 12', () => {
    const contents = { filename: 'a.tgz', files: [] };
    expect(contentsIn(JSON.stringify([contents]))).toEqual(contents);
    expect(contentsIn(JSON.stringify({ a: contents }))).toEqual(contents);
  });

  it('is shown by its files, the greatest first', () => {
    const files = [
      { path: 'README.md', size: 12 },
      { path: 'dist/index.js', size: 3456 },
    ];
    expect(listed({ filename: 'a.tgz', size: 99, unpackedSize: 3468, files })).toBe(
      '     3456  dist/index.js\n       12  README.md\na.tgz: 2 files of 3468 bytes, 99 bytes packed\n',
    );
  });
});

describe('scripts/release/prebuild', () => {
  it('leaves no binary of another machine to be packed', async () => {
    const machine = new Machine();
    try {
      const checkout = machine.checkout('checkout');
      const put = (path: string, text = 'exit 0') => {
        mkdirSync(join(checkout, path, '..'), { recursive: true });
        writeFileSync(join(checkout, path), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
      };
      for (const path of [
        'scripts/setup',
        'scripts/release/man-page',
        'prebuilds/linux-arm/alsa_utimer.node',
      ])
        put(path);
      put('scripts/release/musl', 'echo /musl');
      for (const processor of ['x64', 'arm64']) {
        put(`build-dev/portable/${processor}/alsa_utimer.node`);
        put(`build-dev/callers/${processor}/raw`);
      }
      for (const name of ['make', 'nproc']) machine.stub(name);
      machine.stub('install', 'echo "$3" >"$4"');
      const { status, stderr } = await machine.run(join(checkout, 'scripts/release/prebuild'));
      expect([status, stderr]).toEqual([0, '']);
      const folders = ['linux-arm64', 'linux-x64'];
      expect(readdirSync(join(checkout, 'prebuilds')).sort()).toEqual(folders);
      for (const folder of folders) {
        expect(readdirSync(join(checkout, 'prebuilds', folder)).sort()).toEqual([
          'alsa_utimer.node',
          'raw',
          'raw.copyright',
        ]);
      }
    } finally {
      machine.remove();
    }
  });
});

describe('scripts/release/publish', () => {
  it('publishes nothing from a machine of a person', async () => {
    const machine = new Machine();
    try {
      machine.stub('npm', 'if [ "$1" = --version ]; then echo 11.5.1; else echo "STARTED npm $*" >&2; fi');
      const { status, stdout, stderr } = await machine.run(join(root, 'scripts/release/publish'));
      expect([status, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^release: Only \.github\/workflows\/release\.yml publishes\. .*\n$/);
    } finally {
      machine.remove();
    }
  });
});
