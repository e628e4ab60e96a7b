// Where the packages come from: the repository that their release is built in, which npm compares with the provenance. Whoever
// releases a fork does not have to write it anywhere.

/** @typedef {string | {type?: string, url: string, directory?: string}} Repository as package.json has it */

/**
 * A repository as an address of the web, whatever way package.json or git has it. A clone may have a user in its address, with a
 * password or a token, and the port of another protocol: neither is anybody else's.
 *
 * @param {Repository | undefined} repository
 * @returns {string | undefined} nothing for a folder of this machine
 */
export function webAddress(repository) {
  const written = typeof repository === 'string' ? repository : repository?.url;
  const url = written
    ?.trim()
    .replace(/^git\+/, '')
    .replace(/^[^@:/]+@([^:/]+):(?!\/)/, 'ssh://$1/');
  if (!url || !URL.canParse(url)) return undefined;
  const { protocol, host, hostname, pathname } = new URL(url);
  const name = pathname.replace(/\/+$/, '').replace(/\.git$/, '');
  if (protocol === 'https:') return `https://${host}${name}`;
  return protocol === 'ssh:' ? `https://${hostname}${name}` : undefined;
}

/**
 * The repository that this checkout is of: in a workflow the workflow's own.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} origin the address that git has of it, or nothing
 * @returns {string | undefined}
 */
export function repositoryHere({ GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name }, origin) {
  return webAddress(server && name ? `${server}/${name}` : origin);
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
  const filled = {
    repository: { type: 'git', url: `git+${address}.git`, ...directory },
    homepage: `${address}${page}#readme`,
    bugs: `${address}/issues`,
  };
  // Behind what the manifest begins with, its name and its version.
  return { ...manifest, ...filled, ...manifest };
}
