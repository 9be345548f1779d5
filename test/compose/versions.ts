/** The images that docker-compose.yml and the Dockerfile name, read from them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(`${root}/${path}`, 'utf8');

export interface Service {
  image: string;
  ports?: string[];
  profiles?: string[];
  read_only?: boolean;
  [key: string]: unknown;
}

export const composeText = read('docker-compose.yml');
export const composeFile = parse(composeText, { merge: true }) as { services: Record<string, Service> };

/** An image that can be replaced by a variable: its default is `name:tag@digest`, or `name:tag` for our own. */
export interface ImageChoice {
  variable: string;
  /** `name:tag`, what a stand-in is called. */
  name: string;
  /** Null for an image that is built here. */
  digest: string | null;
}

const imageChoice = (variable: string, reference: string): ImageChoice => {
  const [name = '', digest = null] = reference.split('@');
  return { variable, name, digest };
};

const inCompose = [...composeText.matchAll(/image: \$\{(\w+):-([^}]+)\}/g)];
const inDockerfile = [...read('Dockerfile').matchAll(/^ARG (\w+)=(\S+)$/gm)];

/** Of docker-compose.yml. */
export const serviceImages = inCompose.map(([, variable = '', reference = '']) =>
  imageChoice(variable, reference),
);

/** What the Dockerfile builds on. */
export const buildImages = inDockerfile.map(([, variable = '', reference = '']) =>
  imageChoice(variable, reference),
);

/** @throws Error when neither file has it. */
export const imageOf = (variable: string): ImageChoice => {
  const found = [...serviceImages, ...buildImages].find((image) => image.variable === variable);
  if (found === undefined) throw new Error(`no image of that name: ${variable}`);
  return found;
};

export const tagOf = ({ name }: ImageChoice): string => name.slice(name.lastIndexOf(':') + 1);
