// Where the packages come from: the repository that their release is built in, which npm compares with the provenance. Whoever
// releases a fork does not have to write it anywhere.

/** @typedef {string | {type?: string, url: string, directory?: string}} Repository as package.json has it */

/**
 * A repository as an address of the web, whatever way package.json or git has it.
 *
 * @param {Repository | undefined} repository
 * @returns {string | undefined} nothing for a folder of this machine
 */
export function webAddress(repository) {
  const written = typeof repository === 'string' ? repository : repository?.url;
  const url = written
    ?.trim()
    .replace(/^git\+/, '')
    .replace(/^(?:ssh:\/\/)?git@([^:/]+)[:/](?!\/)/, 'https://$1/')
    .replace(/\/$/, '')
    .replace(/\.git$/, '');
  return url?.startsWith('https://') ? url : undefined;
}

/**
 * The repository that this checkout is of: in a workflow the workflow's own.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} origin the address that git has of it, or nothing
 * @returns {string | undefined}
 */
export function repositoryHere(env, origin) {
  if (env.GITHUB_REPOSITORY) return `${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}`;
  return webAddress(origin);
}

/**
 * The package.json that is published: what the one of the checkout leaves open about the repository is filled in.
 *
 * @template {{repository?: Repository}} Manifest
 * @param {Manifest} manifest
 * @param {string | undefined} here the repository that this checkout is of
 * @param {string} folder of the package in it; '' for the root
 * @returns {Manifest}
 */
export function withRepository(manifest, here, folder) {
  const address = webAddress(manifest.repository) ?? here;
  if (!address) return manifest;
  const directory = folder === '' ? {} : { directory: folder };
  const page = folder === '' ? '' : `/tree/HEAD/${folder}`;
  return {
    repository: { type: 'git', url: `git+${address}.git`, ...directory },
    homepage: `${address}${page}#readme`,
    bugs: `${address}/issues`,
    ...manifest,
  };
}
