import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { searchAttributes, startDevArguments } from '../../src/server/start-dev.js';
import { RETENTION_DAYS } from '../../src/server/tunables.js';
import { buildImages, composeFile, composeText, imageOf, root, serviceImages, tagOf } from './versions.js';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const json = (path: string): object => JSON.parse(read(path)) as object;

// The fixture is as it was published; of its dialect's address Ajv knows the older spelling.
const schema = {
  ...json('test/fixtures/compose-spec/compose-spec.json'),
  $schema: 'http://json-schema.org/draft-07/schema#',
};
const validate = new Ajv({ allErrors: true, strict: false, validateFormats: false }).compile(schema);

const services = Object.entries(composeFile.services);

describe('docker-compose.yml', () => {
  it('is what the compose specification says', () => {
    validate(composeFile);
    expect(validate.errors).toBe(null);
    expect(validate({ services: { one: { imag: 'x' } } })).toBe(false);
  });

  it('names every image by tag and digest, but for the one that is built here', () => {
    expect(serviceImages.length).toBeGreaterThanOrEqual(services.length - 2);
    for (const [name, { image }] of services)
      expect([name, image]).toEqual([name, expect.stringMatching(/^\$\{/)]);
    for (const { name, digest } of [...serviceImages, ...buildImages]) {
      expect(name).toMatch(/:[\w.-]*\d[\w.-]*$|:\w+-slim$/);
      if (!name.startsWith('fractal-temporal:'))
        expect([name, digest]).toEqual([name, expect.stringMatching(/^sha256:[0-9a-f]{64}$/)]);
    }
    const { version } = json('package.json') as { version: string };
    expect(imageOf('FRACTAL_TEMPORAL_IMAGE').name).toBe(`fractal-temporal:${version}`);
  });

  it('publishes nothing but on 127.0.0.1, unless asked', () => {
    const published = services.flatMap(([, { ports = [] }]) => ports);
    expect(published.length).toBeGreaterThan(0);
    for (const port of published)
      expect(port).toMatch(/^\$\{BIND_ADDRESS:-127\.0\.0\.1\}:\$\{\w+_PORT:-\d+\}:\d+$/);
  });

  it('has no password of its own, and says what makes one', () => {
    const variables = [...composeText.matchAll(/\$\{(\w+)([^}]*)\}/g)].map(([, name = '', rest = '']) => ({
      name,
      rest,
    }));
    const secret = variables.filter(({ name }) => /PASSWORD|SECRET|TOKEN/.test(name));
    expect(secret.length).toBeGreaterThan(2);
    for (const { rest } of secret) expect(rest).toMatch(/^:\?.*npm run compose:env/);
    // The target of the data's mount repeats its source, which has been asked for.
    const bare = variables.filter(({ rest }) => rest === '').map(({ name }) => name);
    expect(bare).toEqual(['FRACTAL_DATA']);
  });

  it('confines our containers', () => {
    const ours = services.filter(([, { image }]) => image.includes('FRACTAL_TEMPORAL_IMAGE'));
    expect(ours.length).toBeGreaterThan(1);
    for (const [, service] of ours) {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
    }
  });

  it('runs one version of the server, its tools and the stand-ins of its tests', () => {
    const version = tagOf(imageOf('TEMPORAL_SERVER_IMAGE'));
    expect(tagOf(imageOf('TEMPORAL_ADMIN_TOOLS_IMAGE'))).toBe(version);
    expect(read('test/compose/stand-ins/server/go.mod')).toContain(`go.temporal.io/server v${version} `);
    const ui = tagOf(imageOf('TEMPORAL_UI_IMAGE'));
    expect(read('test/compose/stand-ins/ui/go.mod')).toContain(`github.com/temporalio/ui-server/v2 v${ui} `);
  });
});

describe('what the containers are given', () => {
  it('registers our search attributes, no others', () => {
    const asked = [...read('deploy/temporal/namespace.sh').matchAll(/--name (\w+) --type (\w+)/g)];
    expect(Object.fromEntries(asked.map(([, name = '', type = '']) => [name, type]))).toEqual(
      searchAttributes,
    );
  });

  it('keeps runs as long as the embedded server does', () => {
    expect(composeText).toContain(`TEMPORAL_RETENTION:-${RETENTION_DAYS}d`);
  });

  it('sets what the embedded server sets', () => {
    const dynamic = parse(read('deploy/temporal/dynamicconfig/docker.yaml')) as Record<
      string,
      { value: unknown }[]
    >;
    const embedded = startDevArguments({ port: 1, uiPort: 2, dbFile: null, namespace: 'default' });
    const values = embedded.filter((_, index) => embedded[index - 1] === '--dynamic-config-value');
    expect(values.length).toBeGreaterThan(0);
    expect(Object.entries(dynamic).map(([key, [entry]]) => `${key}=${JSON.stringify(entry?.value)}`)).toEqual(
      values,
    );
  });

  it('passes shellcheck', () => {
    const shellcheck = process.env['FRACTAL_TEST_SHELLCHECK'] ?? 'shellcheck';
    const scripts = [
      'deploy/temporal/schema.sh',
      'deploy/temporal/namespace.sh',
      'test/compose/stand-ins/postgres-entrypoint.sh',
    ];
    expect(
      execFileSync(
        shellcheck,
        scripts.map((path) => join(root, path)),
        { encoding: 'utf8' },
      ),
    ).toBe('');
  });
});
