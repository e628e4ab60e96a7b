// What the licence of the kernel asks for where its binary is passed on: what it is, and how to get its source.

/** @param {{arch: string, release: string, source: string, compiler: string}} kernel */
export function offer({ arch, release, source, compiler }) {
  const [name, version] = source.split(' ');
  return `The kernel in this folder (vmlinux.br, modules/) is Linux ${release} for
${arch}, built from Debian's source package

    ${name}, version ${version}

without a change, with the configuration in the file "config", by ${compiler}.
It is licensed under the GNU General Public License, version 2: licenses/COPYING,
licenses/GPL-2.0, licenses/Linux-syscall-note.

Its source is at Debian, as "apt-get source ${name}=${version}" gets it, and in
Debian's archive of all versions, which Debian calls "snapshot".
scripts/release/vm in the repository of alsa-utimer builds this folder from it:
the same source and compiler make the same bytes, which kernel.json has the
checksums of.

Besides, whoever publishes this package offers, for three years from its
publication, to give anybody a complete machine-readable copy of that source and of
the scripts that build it, on a medium customarily used for software interchange,
for no more than the cost of passing it on. Ask at the repository that package.json
names.

The program in the initramfs is alsa-utimer's own (guest/, MIT: LICENSE), linked
with the C library musl (licenses/musl).
`;
}
