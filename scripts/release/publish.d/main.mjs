// The steps of scripts/release/publish: main.mjs check|pack|archive|seal|publish. None needs an installed package: the job that
// holds the right to publish runs no code of others.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Archive, listed } from './archive.mjs';
import { changelogFaults } from './changelog.mjs';
import { checkoutFaults, workflowFaults } from './refusals.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** @param {string[]} args */
const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const archive = new Archive(root, manifest);

const faultsOfCheckout = () => [
  ...checkoutFaults({ status: git('status', '--porcelain'), manifest }, process.env),
  ...changelogFaults(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), manifest.version),
];

/** Says what is wrong, if anything is, and fails then. */
function refuseFor(faults) {
  for (const fault of faults) console.error(`release: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
  return faults.length > 0;
}

function publish() {
  const npm = execFileSync('npm', ['--version'], { encoding: 'utf8' }).trim();
  const faults = workflowFaults(process.env, { version: manifest.version, npm });
  if (
    refuseFor(
      faults.length > 0 ? faults : [...faultsOfCheckout(), ...archive.faults(git('rev-parse', 'HEAD'))],
    )
  )
    return;
  // What npm installs unless told otherwise is a version for everybody.
  const tag = manifest.version.includes('-') ? ['--tag', 'next'] : [];
  const args = ['publish', archive.path, '--provenance', '--access', 'public', ...tag];
  execFileSync('npm', args, { cwd: root, stdio: 'inherit' });
}

/** @type {Record<string, () => void>} */
const steps = {
  check: () => void refuseFor(faultsOfCheckout()),
  pack: () => void process.stdout.write(listed(archive.pack())),
  archive: () => console.log(archive.path),
  seal() {
    archive.seal(git('rev-parse', 'HEAD'));
    console.error(
      `release: ${archive.path} works; \`npm run release\` would publish it in the release workflow`,
    );
  },
  publish,
};

steps[process.argv[2] ?? '']?.();
