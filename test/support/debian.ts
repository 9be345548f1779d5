/**
 * Debian's packages that tests need: installed as root on Debian, where it is a failure that they cannot be had. Elsewhere
 * what needs them is left out, with words.
 */
import { accessSync, constants, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const script = fileURLToPath(new URL('../slurm/install.sh', import.meta.url));

/** Why none can be installed here; null where they can. */
export const whyNoPackages = (): string | null => {
  if (process.getuid?.() !== 0) return 'it needs root';
  try {
    accessSync('/usr/bin/apt-get', constants.X_OK);
    const release = readFileSync('/etc/os-release', 'utf8');
    return /^(ID|ID_LIKE)=.*debian/m.test(release) ? null : "it needs Debian's packages";
  } catch {
    return "it needs Debian's packages";
  }
};

/** At once where they are there already; none named: those of SLURM. Throws what apt says. */
export const installPackages = async (packages: readonly string[] = []): Promise<void> => {
  await execa(script, packages, { stdin: 'ignore', stdout: 2, stderr: 2 });
};
