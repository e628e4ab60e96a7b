// The steps of scripts/release/publish: main.mjs check|pack|archives|seal|publish. None needs an installed package: the job that
// holds the right to publish runs no code of others.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Archive, listed } from './archive.mjs';
import { changelogFaults } from './changelog.mjs';
import { checkoutFaults, companionFaults, workflowFaults } from './refusals.mjs';
import { repositoryHere, withRepository } from './repository.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** @param {string[]} args */
const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

const read = (folder) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
const [manifest, machine] = [read('.'), read('vm')];
const origin = () => git('config', '--default', '', '--get', 'remote.origin.url');

/** The machine is there when the package that asks for it is. */
function archives() {
  const here = repositoryHere(process.env, origin());
  const machineArchive = new Archive(root, withRepository(machine, here, 'vm'), join(root, 'vm'));
  return [machineArchive, new Archive(root, withRepository(manifest, here, ''))];
}

const paths = () => archives().map(({ path }) => path);

const faultsOfCheckout = () => [
  ...checkoutFaults({ status: git('status', '--porcelain'), origin: origin(), manifest }, process.env),
  ...companionFaults(manifest, machine),
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
      faults.length > 0
        ? faults
        : [
            ...faultsOfCheckout(),
            ...archives().flatMap((archive) => archive.faults(git('rev-parse', 'HEAD'))),
          ],
    )
  )
    return;
  // What npm installs unless told otherwise is a version for everybody.
  const tag = manifest.version.includes('-') ? ['--tag', 'next'] : [];
  for (const path of paths()) {
    const args = ['publish', path, '--provenance', '--access', 'public', ...tag];
    execFileSync('npm', args, { cwd: root, stdio: 'inherit' });
  }
}

/** @type {Record<string, () => void>} */
const steps = {
  check: () => void refuseFor(faultsOfCheckout()),
  pack() {
    rmSync(join(root, 'build/release'), { recursive: true, force: true });
    for (const archive of archives()) process.stdout.write(listed(archive.pack()));
  },
  archives: () => console.log(paths().join('\n')),
  seal() {
    for (const archive of archives()) archive.seal(git('rev-parse', 'HEAD'));
    console.error(
      `release: ${paths().join(' and ')} work; \`npm run release\` would publish them in the release workflow`,
    );
  },
  publish,
};

steps[process.argv[2] ?? '']?.();
