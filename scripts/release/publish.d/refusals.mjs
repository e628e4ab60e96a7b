// What keeps this checkout from being published, and this process from publishing it.
import { repositoryHere, webAddress } from './repository.mjs';

/** The first npm that exchanges a token of the workflow for one of the registry ("trusted publishing"). */
const TRUSTED_PUBLISHING = [11, 5, 1];

/**
 * @param {string} version
 * @param {readonly number[]} least
 */
function isAtLeast(version, least) {
  const parts = version.split(/[.-]/).map(Number);
  const different = least.findIndex((number, index) => parts[index] !== number);
  return different === -1 || parts[different] > least[different];
}

/**
 * Of a checkout.
 *
 * @param {{status: string, origin: string, manifest: {version: string, repository?: string | {url: string}}}} checkout `status` is
 *   what `git status --porcelain` prints, `origin` the address that git has of its repository, or nothing
 * @param {NodeJS.ProcessEnv} env
 * @returns {string[]} in sentences
 */
export function checkoutFaults({ status, origin, manifest }, env) {
  const faults = [];
  const changed = status.split('\n').filter(Boolean);
  if (changed.length > 0)
    faults.push(
      `The checkout has changes that no commit has: ${changed.map((line) => line.trim()).join(', ')}.`,
    );
  const named = webAddress(manifest.repository);
  const here = repositoryHere(env, origin);
  if (!named && !here) {
    faults.push(
      'Nothing says which repository this is: package.json has no "repository", git has no "origin" on the web, and this is no workflow.',
    );
  } else if (named && here && named !== here) {
    faults.push(
      `package.json has the repository ${named}, and this is ${here}: npm would refuse the provenance.`,
    );
  }
  return faults;
}

/**
 * Of a package that is published beside this one: both are of one version, and of one repository.
 *
 * @param {{version: string, repository?: string | {url: string}}} manifest
 * @param {{name: string, version: string, repository?: string | {url: string}}} companion
 * @returns {string[]} in sentences
 */
export function companionFaults(manifest, companion) {
  const faults = [];
  if (companion.version !== manifest.version)
    faults.push(
      `The version of ${companion.name} is ${companion.version}, and that of package.json ${manifest.version}.`,
    );
  if (webAddress(companion.repository) !== webAddress(manifest.repository))
    faults.push(`${companion.name} has another "repository" than package.json.`);
  return faults;
}

/**
 * Of a process: it must be a job of the release workflow, for the tag of the version.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {{version: string, npm: string}} versions of the package, and of npm
 * @returns {string[]} in sentences
 */
export function workflowFaults(env, { version, npm }) {
  if (env.GITHUB_ACTIONS !== 'true')
    return ['Only .github/workflows/release.yml publishes. Here, use `npm run release -- --dry-run`.'];
  const faults = [];
  if (!env.ACTIONS_ID_TOKEN_REQUEST_URL)
    faults.push('The job has no token that says who it is: it needs "permissions: { id-token: write }".');
  if (env.GITHUB_REF !== `refs/tags/v${version}`)
    faults.push(
      `The version is ${version}, so this must run for the tag v${version}, not for ${env.GITHUB_REF}.`,
    );
  if (!isAtLeast(npm, TRUSTED_PUBLISHING))
    faults.push(
      `npm ${npm} cannot publish without a secret: it takes ${TRUSTED_PUBLISHING.join('.')} or later.`,
    );
  return faults;
}
