/** What bash has learned after 4.2, which is the newest that long-lived clusters can be relied on to have. */
const NEWER: [string, RegExp][] = [
  ['wait -n, -f, -p (4.3 to 5.1)', /\bwait\s+-[a-z]*[nfp]/],
  [
    'EPOCHREALTIME, EPOCHSECONDS, SRANDOM, BASH_ARGV0 (5.0, 5.1)',
    /\b(EPOCH(REALTIME|SECONDS)|SRANDOM|BASH_ARGV0)\b/,
  ],
  ['${name@Q} (4.4)', /\$\{!?\w+(\[[^\]]*\])?@[A-Za-z]\}/],
  ['name references (4.3)', /\b(declare|local|typeset|unset)\s+-[A-Za-z]*n/],
  ['local - (4.4), declare -I (5.1)', /\blocal\s+-(\s|$|;)|\b(declare|local)\s+-[A-Za-z]*I/],
  ['negative subscripts (4.3)', /\w\[\s*-\s*\d+\s*\]/],
  ['mapfile -d (4.4)', /\b(mapfile|readarray)\b[^;|&\n]*\s-[a-zA-Z]*d/],
  ['printf %(...)T, whose argument 4.2 wants (4.3)', /%[-0-9]*\(/],
  [
    'shell options (4.3 to 5.2)',
    /\b(inherit_errexit|localvar_\w+|assoc_expand_once|globasciiranges|patsub_replacement)\b/,
  ],
  ['-v of an array element, -R (4.3)', /\[\[?[^\n]*\s(-v\s+\w+\[|-R\s)/],
  ['${ command; } and ${| command; } (5.3)', /\$\{[ |\t\n]/],
  ['read -E (5.3)', /\bread\s+(-\w+\s+(\S+\s+)?)*-\w*E/],
  // Before 4.4 "${array[@]}" of an empty array is an error then.
  ['set -u with arrays (4.4)', /\bset\s+(-o\s+nounset|-[a-z]*u)/],
];

/** Names of the newer features that a script uses; comments don't count. */
export const newerThanBash42 = (script: string): string[] => {
  const code = script.replace(/(^|\s)#.*$/gm, '$1');
  return NEWER.filter(([, pattern]) => pattern.test(code)).map(([name]) => name);
};
