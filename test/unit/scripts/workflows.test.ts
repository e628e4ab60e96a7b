// The workflows of continuous integration and of releases: they parse, run nothing that can change under them, and ask for
// scripts that exist.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { root } from '../../support/script-machine.js';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, string>>;
}

interface Job {
  readonly 'runs-on'?: string;
  readonly uses?: string;
  readonly 'timeout-minutes'?: number;
  readonly needs?: readonly string[];
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps?: readonly Step[];
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const folder = join(root, '.github/workflows');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const workflow = (name: string) => parseDocument(read(name)).toJS() as Workflow;
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

describe.each(readdirSync(folder))('The workflow %s', (name) => {
  const jobs = Object.values(workflow(name).jobs);

  it('parses, and each of its jobs has steps and an end', () => {
    const { errors, warnings } = parseDocument(read(name));
    expect([...errors, ...warnings]).toEqual([]);
    for (const job of jobs.filter(({ uses }) => uses === undefined)) {
      expect(job.steps?.length).toBeGreaterThan(0);
      expect(job['timeout-minutes']).toBeDefined();
    }
  });

  it('takes each action by a commit, and says its version', () => {
    const used = [...read(name).matchAll(/\buses: (.*)$/gm)].map(([, words = '']) => words);
    expect(used.length).toBeGreaterThan(0);
    for (const words of used)
      expect(words).toMatch(/^(\.\/\S+\.yml|[\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/);
  });

  it('takes one commit of an action for one version', () => {
    const pins = [...read(name).matchAll(/uses: ([\w-]+\/[\w-]+)\S*@(\S+) # (\S+)/g)];
    expect(new Set(pins.map(([, action]) => action)).size).toBe(
      new Set(pins.map(([, ...pin]) => pin.join(' '))).size,
    );
  });

  it('runs scripts that exist', () => {
    const lines = jobs.flatMap(({ steps = [] }) => steps.flatMap(({ run }) => run?.split('\n') ?? []));
    for (const line of lines) {
      const [, script] = /^npm run (\S+)/.exec(line) ?? [];
      if (script) expect(Object.keys(manifest.scripts), line).toContain(script);
      for (const [path] of line.matchAll(/\b(scripts|test)\/[\w./-]+/g))
        expect(existsSync(join(root, path)), line).toBe(true);
    }
  });

  it('may read, and uses no secret', () => {
    expect(workflow(name).permissions).toEqual({ contents: 'read' });
    expect(read(name)).not.toContain('secrets');
  });
});

describe('Of the jobs of a release', () => {
  const { jobs } = workflow('release.yml');
  const trusted = Object.entries(jobs).filter(([, { permissions }]) => permissions?.['id-token'] === 'write');

  it('one may publish: behind all tests, and with nothing installed', () => {
    expect(trusted.map(([name]) => name)).toEqual(['publish']);
    const [[, job = {}] = []] = trusted;
    expect(job.needs).toEqual(Object.keys(jobs).filter((name) => name !== 'publish'));
    expect(job.steps?.flatMap(({ run }) => run ?? [])).toEqual(['npm run release']);
  });
});

describe('The cache of continuous integration', () => {
  const steps = workflow('ci.yml').jobs.kernel?.steps ?? [];
  const prepare = readFileSync(join(root, 'scripts/kernel/prepare'), 'utf8');

  it('is named by the machine, the kernel and every file that a kernel or its initramfs is named by', () => {
    const restore = steps.find(({ uses }) => uses?.startsWith('actions/cache/restore@'));
    const key = restore?.with?.key ?? '';
    expect(key).toContain('{{ runner.arch }}');
    expect(key).toContain('{{ matrix.kernel }}');
    const patterns = [...key.matchAll(/'([^']*)\/\*\*'/g)].map(([, folder = '']) => folder);
    const hashed = [...prepare.matchAll(/"\$(scripts|configs)"?(\/[\w./*-]+)/g)].map(
      ([, variable, path = '']) =>
        normalize(variable === 'scripts' ? `scripts${path}` : `scripts/kernel/config${path}`),
    );
    const recipe = hashed.filter((path) =>
      /\/(stock|small|source|initramfs)\.sh$|\.config$|guest/.test(path),
    );
    expect(recipe).toEqual(expect.arrayContaining(['scripts/kernel/lib/stock.sh', 'vm/guest/*']));
    for (const path of recipe)
      expect(
        patterns.some((folder) => path.startsWith(`${folder}/`)),
        path,
      ).toBe(true);
  });

  it('is saved before the tests run', () => {
    const save = steps.findIndex(({ uses }) => uses?.startsWith('actions/cache/save@'));
    const test = steps.findIndex(({ run }) => run?.startsWith('npm test'));
    expect(save).toBeGreaterThan(0);
    expect(test).toBeGreaterThan(save);
  });
});
