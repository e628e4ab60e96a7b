// What CHANGELOG.md must say before a version is published: everything that has changed is listed under that version.

/**
 * The sections of a changelog, by their names: what stands in the brackets of "## [1.2.3] - 2026-01-31".
 *
 * @param {string} text
 * @returns {Map<string, {date: string | undefined, content: string}>}
 */
function sections(text) {
  const found = new Map();
  for (const section of text.split(/^## /m).slice(1)) {
    const [, name, date] = /^\[([^\]]+)\](?: - (\S+))?/.exec(section) ?? [];
    if (name !== undefined)
      found.set(name, { date, content: section.slice(section.indexOf('\n') + 1).trim() });
  }
  return found;
}

/**
 * @param {string} text of CHANGELOG.md
 * @param {string} version
 * @returns {string[]} what is wrong, in sentences
 */
export function changelogFaults(text, version) {
  const found = sections(text);
  const faults = [];
  const section = found.get(version);
  if (!section) faults.push(`CHANGELOG.md has no section [${version}], the version of package.json.`);
  else if (section.content === '') faults.push(`CHANGELOG.md says nothing under [${version}].`);
  else if (!/^\d{4}-\d\d-\d\d$/.test(section.date ?? ''))
    faults.push(`CHANGELOG.md has no date behind [${version}]: write "## [${version}] - YYYY-MM-DD".`);
  if (found.get('Unreleased')?.content)
    faults.push(`CHANGELOG.md still has entries under [Unreleased]: move them to [${version}].`);
  return faults;
}
